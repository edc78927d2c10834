"""Two readers side by side: where they stand apart, trait by trait."""

from dataclasses import dataclass
from pathlib import Path

from engine.domain import Framework, Trait
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened

WHOLE_SCALE = 2.0


@dataclass(frozen=True)
class Difference:
    """One trait of two readers, as it counts after the editor's word."""

    trait_id: str
    framework: Framework
    a: Trait | None
    """None where the profile has no such trait."""
    b: Trait | None
    gap: float | None
    """0 to 2, between the two scores; of a fact 0 for the same value, else 2. None where only one
    of the two is known."""


def compare(data_dir: Path, reader_id: str, other_id: str) -> tuple[Difference, ...]:
    """What is known of either of two readers: the widest gaps first, then what one alone has.

    Raises:
        BadInput: no such reader, or one has no profile.
    """
    with opened(data_dir) as db:
        one, other = (
            profile_rows.built(db, reader_rows.find(db, name).id) for name in (reader_id, other_id)
        )
    ids = dict.fromkeys(trait.id for profile in (one, other) for trait in profile.traits)
    pairs = ((one.trait(trait_id), other.trait(trait_id)) for trait_id in ids)
    found = [difference for a, b in pairs if (difference := _difference(a, b))]
    return tuple(sorted(found, key=lambda d: (d.gap is None, -(d.gap or 0.0))))


def _difference(a: Trait | None, b: Trait | None) -> Difference | None:
    known = [trait for trait in (a, b) if trait is not None and trait.is_known]
    if not known:
        return None
    gap = _gap(*known) if len(known) == 2 else None
    return Difference(known[0].id, known[0].framework, a, b, gap)


def _gap(a: Trait, b: Trait) -> float:
    if a.framework == "demographics":
        same = (a.effective_value or "").casefold() == (b.effective_value or "").casefold()
        return 0.0 if same else WHOLE_SCALE
    return abs(a.effective_score - b.effective_score)
