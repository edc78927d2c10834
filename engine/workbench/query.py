"""What an editor wants to see of a reader's pairs, as a value; `grammar` has it as a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from engine.domain import Track
from engine.workbench.folding import folded

Status = Literal[
    "open", "train", "accepted", "dropped", "flagged", "edited", "held_out", "imported"
]
STATUSES: tuple[Status, ...] = get_args(Status)
STATUS_WORDS: Mapping[Status, str] = {
    "open": "not yet accepted or dropped",
    "train": "to train on: neither held out nor dropped",
    "accepted": "accepted",
    "dropped": "dropped",
    "flagged": "flagged, to come back to",
    "edited": "changed by hand or by a provider",
    "held_out": "held out of training",
    "imported": "imported from a file",
}
SortKey = Literal["built", "track", "trait", "strength", "longer"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
SORT_WORDS: Mapping[SortKey, str] = {
    "built": "in the order they were built",
    "track": "by track",
    "trait": "by trait",
    "strength": "by strength, the weakest first",
    "longer": "by how much longer the chosen answer is",
}


@dataclass(frozen=True)
class PairQuery:
    """Which pairs, in which order; one that says nothing lets all through as they were built."""

    words: tuple[str, ...] = ()
    """Each must stand in the trait's name, the prompt or an answer; capitals do not matter."""
    patterns: tuple[str, ...] = ()
    """Regular expressions: each must be found somewhere in these; capitals do not matter."""
    tracks: frozenset[Track] = frozenset()
    """Any of these; all where empty."""
    traits: tuple[str, ...] = ()
    """The trait's id begins with any of these, or its name has it, spaces as _; all where empty."""
    having: frozenset[Status] = frozenset()
    """All of these are true of the pair."""
    lacking: frozenset[Status] = frozenset()
    """None of these is."""
    strength: tuple[float, float] = (0.0, 1.0)
    """The least and the most |stance|."""
    sort: SortKey = "built"
    descending: bool = False
    like: str = ""
    """A pair's id or its beginning: those most like it, in that order where no other is asked."""
    ids: tuple[str, ...] = ()
    """Only pairs with these ids, or with ids that begin so; all where empty."""


def is_narrower(new: PairQuery, old: PairQuery) -> bool:
    """Whether all that `new` finds was found by `old` too, in the same order."""
    return (
        (new.sort, new.descending, new.like) == (old.sort, old.descending, old.like)
        and set(old.patterns) <= set(new.patterns)
        and all(any(folded(o) in folded(n) for n in new.words) for o in old.words)
        and (not old.tracks or (bool(new.tracks) and new.tracks <= old.tracks))
        and (
            not old.traits
            or (bool(new.traits) and all(n.startswith(old.traits) for n in new.traits))
        )
        and (not old.ids or (bool(new.ids) and set(new.ids) <= set(old.ids)))
        and new.having >= old.having
        and new.lacking >= old.lacking
        and old.strength[0] <= new.strength[0]
        and new.strength[1] <= old.strength[1]
    )
