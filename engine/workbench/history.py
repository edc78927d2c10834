"""The journal, as far as pairs go: who changed what, when, from what to what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.store import pair_history
from engine.store import pairs as pair_rows
from engine.store.authors import Road
from engine.store.database import opened
from engine.store.pair_history import RowChange

MOST_PAIRS = 20
"""Pairs of one change that are told in full; a change may touch a hundred thousand."""
_TOLD = (
    *("prompt", "chosen", "rejected", "accepted", "dropped", "flagged", "held_out", "edited"),
    *("track", "trait_id", "topic", "stance", "made"),
)
_MARKS = frozenset({"accepted", "dropped", "flagged", "held_out", "edited"})


@dataclass(frozen=True)
class FieldChange:
    """One field of a pair that a change touched."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class PairChange:
    """What one change did to one pair."""

    pair_id: str
    what: str
    """`added`, `removed` or `changed`."""
    fields: tuple[FieldChange, ...]
    """Those that differ; none where it was added or removed."""


@dataclass(frozen=True)
class Entry:
    """One change of the journal that touched pairs."""

    id: int
    title: str
    """As a person would say it."""
    made_at: datetime
    """UTC."""
    who: str | None
    """A login; None where nobody knows."""
    road: Road | None
    undone: bool
    pairs: int
    """How many pairs it touched."""
    changes: tuple[PairChange, ...]
    """Of the pair that was asked for, or of the first twenty."""


def pair_journal(data_dir: Path, pair_id: str | None = None, limit: int = 50) -> tuple[Entry, ...]:
    """The newest changes to one pair, or to any, each with the fields that changed.

    Building again to the same texts is no change of a pair.

    Raises:
        BadInput: the pair is not there and never was.
    """
    with opened(data_dir) as db:
        entries = []
        for change in pair_history.changes(db, pair_id, limit):
            found = pair_history.row_changes(db, change.id, pair_id, MOST_PAIRS)
            told = tuple(map(_told, found))
            if pair_id is not None and told == (PairChange(pair_id, "changed", ()),):
                continue
            entries.append(
                Entry(
                    change.id,
                    change.title,
                    datetime.fromisoformat(change.made_at),
                    change.who,
                    change.road,
                    change.undone,
                    pair_history.touched(db, change.id),
                    told,
                )
            )
        if pair_id is not None and not entries:
            pair_rows.find(db, pair_id)
    return tuple(entries)


def _told(change: RowChange) -> PairChange:
    if change.before is None or change.after is None:
        what = "added" if change.before is None else "removed"
        return PairChange(change.pair_id, what, ())
    return PairChange(change.pair_id, "changed", tuple(_fields(change)))


def _fields(change: RowChange) -> Iterator[FieldChange]:
    before, after = change.before or {}, change.after or {}
    for name in _TOLD:
        # A column that came with a later version is missing in what was kept before.
        old, new = _in_words(name, before.get(name)), _in_words(name, after.get(name))
        if old != new:
            yield FieldChange(name, old, new)


def _in_words(name: str, value: object) -> str:
    if name in _MARKS:
        return "yes" if value else "no"
    if name == "stance":
        return f"{float(str(value or 0)):+.2f}"
    return str(value or "")
