"""What the journal knows of pairs: which change touched which, what each was before and after."""

import json
from dataclasses import dataclass

from sqlite_utils import Database

from engine.store.database import IN_JOURNAL, Row, rows
from engine.store.journal import ROW_ID, Change, as_change
from engine.store.unpack import number, text

_OF_ANY = "exists (select 1 from journal_row where change_id = journal.id and kind = 'pair')"
_OF_ONE = f"id in (select change_id from journal_row where kind = 'pair' and {ROW_ID} = ?)"


@dataclass(frozen=True)
class RowChange:
    """One pair before and after one change, as its columns; None where it was not there."""

    pair_id: str
    before: Row | None
    after: Row | None


def changes(db: Database, pair_id: str | None, limit: int) -> list[Change]:
    """The changes to one pair, or to any where None, undone ones too, the newest first."""
    which, parameters = (_OF_ANY, []) if pair_id is None else (_OF_ONE, [pair_id])
    sql = f"select * from journal where {IN_JOURNAL} and {which} order by id desc limit ?"
    return list(map(as_change, rows(db, sql, *parameters, limit)))


def touched(db: Database, change_id: int) -> int:
    """How many pairs a change touched."""
    sql = (
        f"select count(distinct {ROW_ID}) n from journal_row where change_id = ? and kind = 'pair'"
    )
    return int(number(rows(db, sql, change_id)[0]["n"]))


def row_changes(db: Database, change_id: int, pair_id: str | None, limit: int) -> list[RowChange]:
    """What a change did to one pair, or to the first `limit` of them where None."""
    of_change = "change_id = ? and kind = 'pair'"
    first = f"select distinct {ROW_ID} from journal_row where {of_change} limit ?"
    which, parameters = (
        (f"in ({first})", [change_id, limit]) if pair_id is None else ("= ?", [pair_id])
    )
    sql = (
        f"select {ROW_ID} id, before, after from journal_row "
        f"where {of_change} and {ROW_ID} {which} order by journal_row.id"
    )
    found: dict[str, RowChange] = {}
    for row in rows(db, sql, change_id, *parameters):
        own_id = text(row["id"])
        # Built again, a pair is taken out and put in: two rows of one change.
        before = found[own_id].before if own_id in found else _columns(row["before"])
        found[own_id] = RowChange(own_id, before, _columns(row["after"]))
    return list(found.values())


def _columns(stored: object) -> Row | None:
    return None if stored is None else dict(json.loads(text(stored)))
