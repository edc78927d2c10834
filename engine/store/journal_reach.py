"""What a change of the journal reaches: whose it is, and which pairs, for a sentence about it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import nsmallest

from sqlite_utils import Database

from engine.store.database import packed, rows
from engine.store.journal import ROW_ID
from engine.store.pair_history import row_changes
from engine.store.unpack import number, text

MOST_PAIRS = 20
_ROW = "coalesce(after, before)"
_READER = f"json_extract({_ROW}, '$.reader_id')"


@dataclass(frozen=True)
class Reach:
    """The readers and pairs that one change touched."""

    readers: Mapping[str, str]
    """Id to name; none where the change is about books or the bank."""
    pairs: int
    pair_ids: tuple[str, ...]
    """Of the first twenty pairs, in the order in which they were built."""
    text: str
    """The chosen answer of the first of them; empty where there is none."""


def reach(db: Database, change_id: int) -> Reach:
    """What a change touched, whether it stands or is undone."""
    # One look at each row: a change may have touched a hundred thousand.
    found = db.execute(
        f"select {ROW_ID}, json_extract({_ROW}, '$.position'), {_READER} "
        "from journal_row where change_id = ? and kind = 'pair'",
        [change_id],
    )
    places: dict[str, tuple[float, str]] = {}
    readers: set[str] = set()
    for pair_id, position, reader_id in found:
        places[text(pair_id)] = (number(position), text(pair_id))
        readers.add(text(reader_id))
    ids = tuple(nsmallest(MOST_PAIRS, places, key=lambda pair_id: places[pair_id]))
    return Reach(
        _readers(db, change_id, readers),
        len(places),
        ids,
        _chosen(db, change_id, ids[0]) if ids else "",
    )


def _chosen(db: Database, change_id: int, pair_id: str) -> str:
    (change, *_) = row_changes(db, change_id, pair_id, 1)
    return text((change.after or change.before or {})["chosen"])


def _readers(db: Database, change_id: int, of_pairs: Collection[str]) -> dict[str, str]:
    """A reader that the change brought or took away is named by the journal itself."""
    of_change = "from journal_row where change_id = ? and kind"
    own = rows(
        db,
        f"select distinct {ROW_ID} id, json_extract({_ROW}, '$.name') name {of_change} = 'reader'",
        change_id,
    )
    others = rows(
        db,
        "select id, name from reader where id in (select value from json_each(?)) "
        f"or id in (select distinct {_READER} {of_change} <> 'pair')",
        packed(list(of_pairs)),
        change_id,
    )
    return {text(row["id"]): text(row["name"]) for row in (*others, *own)}
