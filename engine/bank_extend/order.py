"""What somebody wants written: of which kind, for what, how many of each, by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from engine.bank_extend.candidate import GRADES, Grade, Kind, Target
from engine.frameworks import VALUE_FRAMEWORKS, all_dimensions, all_statements
from models.errors import BadInput

WRITTEN_FOR = {"statements": "dimension", "scenes": "statement", "questions": "facet"}


@dataclass(frozen=True)
class Order:
    """A call of `bank extend`; the same call again goes on with it."""

    kind: Kind
    provider: str
    targets: tuple[Target, ...]
    count: int = 1
    """How many there should be for each target in the end, those of earlier calls counted."""


def ordered(
    kind: Kind,
    provider: str,
    wanted: Sequence[str] = (),
    grades: Sequence[Grade] = (),
    count: int = 1,
) -> Order:
    """An order, checked.

    Args:
        wanted: ids of what is written for, or beginnings of them: `schwartz.face` means the three
            statements of that value. None means all.
        grades: of scenes; none means all three.

    Raises:
        BadInput: an id means nothing, or a grade is asked of what has none.
    """
    if grades and kind != "scenes":
        raise BadInput(f"Only scenes have a grade, {kind} have none.", "Leave --grade out.")
    if count < 1:
        raise BadInput(f"{count} is no number of {kind} to write.", "Ask for 1 or more.")
    known = _known(kind)
    ids = [one for name in wanted for one in _meant(kind, name, known)] if wanted else known
    targets = [
        Target(kind, one, grade)
        for one in dict.fromkeys(ids)
        for grade in (grades or GRADES if kind == "scenes" else (None,))
    ]
    return Order(kind, provider, tuple(targets), count)


def _known(kind: Kind) -> list[str]:
    if kind == "scenes":
        return list(all_statements())
    scales = all_dimensions().values()
    if kind == "questions":
        return [scale.id for scale in scales if scale.parent]
    return [scale.id for scale in scales if scale.framework in VALUE_FRAMEWORKS]


def _meant(kind: Kind, name: str, known: Sequence[str]) -> list[str]:
    found = [one for one in known if one == name or one.startswith(f"{name}.")]
    if not found:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise BadInput(
            f"No {WRITTEN_FOR[kind]} {name!r} to write {kind} for.",
            f"{hint}Ids look like {known[0]!r}; the beginning of one means all that begin so.",
        )
    return found
