"""The editor's own word on a trait: kept beside what was extracted, and wins over it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Override, Profile, Trait
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from models.errors import BadInput

_SWITCH_ON = (
    "Switch such items on for this reader first: s on the Profile screen, or "
    "`profile build READER --sensitive`."
)


def accept_trait(data_dir: Path, reader_id: str, trait_id: str, reason: str = "") -> Profile:
    """Agree with a trait as the sources have it now; later readings do not move it any more.

    Raises:
        BadInput: no such trait, or nothing about it is known.
    """

    def accepted(trait: Trait) -> Override:
        plain = replace(trait, override=None)
        if not plain.is_known:
            raise BadInput(
                f"{trait.id} is unknown: there is nothing to accept.", "Set a score of your own."
            )
        value = plain.effective_value
        return Override(plain.effective_score, reason, _now(), "accepted", value)

    return _override(data_dir, reader_id, trait_id, "Accept a trait", accepted)


def set_trait(
    data_dir: Path,
    reader_id: str,
    trait_id: str,
    score: float | None,
    reason: str = "",
    value: str | None = None,
) -> Profile:
    """Set the editor's own score beside the extracted one; of a stated fact, its value instead.

    Args:
        score: -1 to 1; None for a fact (demographics).
        value: the fact, such as `Lisbon`; None for any other trait.

    Raises:
        BadInput: no such trait, one that is switched off, or not what this trait takes.
    """

    def own_word(trait: Trait) -> Override:
        if trait.status == "off":
            raise BadInput(f"{trait.id} is a sensitive item, and off.", _SWITCH_ON)
        if trait.framework == "demographics":
            return Override(1.0, reason, _now(), "set", _fact(trait_id, score, value))
        return Override(_score(trait_id, score, value), reason, _now())

    return _override(data_dir, reader_id, trait_id, "Override a trait", own_word)


def mark_unknown(data_dir: Path, reader_id: str, trait_id: str, reason: str = "") -> Profile:
    """Say that a trait is not known, whatever the sources tell: no card and no pair uses it.

    Raises:
        BadInput: no such trait.
    """

    def nothing(_: Trait) -> Override:
        return Override(0.0, reason, _now(), "unknown")

    return _override(data_dir, reader_id, trait_id, "Mark a trait unknown", nothing)


def clear_override(data_dir: Path, reader_id: str, trait_id: str) -> Profile:
    """Take the editor's word away, of whichever kind; what was extracted holds again.

    Raises:
        BadInput: no such trait.
    """

    def taken_away(_: Trait) -> None:
        return None

    return _override(data_dir, reader_id, trait_id, "Take an override away", taken_away)


def _override(
    data_dir: Path,
    reader_id: str,
    trait_id: str,
    title: str,
    word_on: Callable[[Trait], Override | None],
) -> Profile:
    with opened(data_dir) as db:
        with change(db, title):
            trait = profile_rows.find_trait(db, reader_id, trait_id)
            profile_rows.set_override(db, reader_id, trait_id, word_on(trait))
        return profile_rows.built(db, reader_id)


def _score(trait_id: str, score: float | None, value: str | None) -> float:
    if value is not None:
        raise BadInput(
            f"{trait_id} has a score, no value: {value!r} cannot be set.",
            "Give a number from -1 to 1.",
        )
    if score is None or not -1 <= score <= 1:
        told = "is missing" if score is None else f"lies between -1 and 1, not at {score}"
        raise BadInput(f"A score {told}.", "-1 is the low end of the scale, 1 the high end.")
    return score


def _fact(trait_id: str, score: float | None, value: str | None) -> str:
    if score is not None or value is None or not value.strip():
        raise BadInput(
            f"{trait_id} is a fact: it has a value, no score.",
            "Give the value in a few words: `profile set READER TRAIT --value Lisbon`.",
        )
    return " ".join(value.split())


def _now() -> datetime:
    return datetime.now(UTC)
