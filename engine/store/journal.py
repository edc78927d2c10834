"""Undo and redo of whole changes, across every kind of row and across restarts."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Literal

import orjson
from sqlite_utils import Database

from engine.store.authors import ROADS, Road
from engine.store.database import IN_JOURNAL, Row, rows
from engine.store.unpack import number, text
from models.errors import BadInput

Way = Literal["undo", "redo"]
ROW_ID = "json_extract(coalesce(after, before), '$.id')"
"""As the index on `journal_row` has it."""


@dataclass(frozen=True)
class Change:
    """One entry of the journal."""

    id: int
    title: str
    made_at: str
    undone: bool
    who: str | None = None
    """The login of whoever made it; None of what an older version kept."""
    road: Road | None = None
    """None where it is not known, as of what an older version kept."""


def history(db: Database, limit: int = 50) -> list[Change]:
    """The newest changes first."""
    sql = f"select * from journal where {IN_JOURNAL} order by id desc limit ?"
    found = rows(db, sql, limit)
    return list(map(as_change, found))


def as_change(row: Row) -> Change:
    """A row of the table `journal`."""
    return Change(
        int(number(row["id"])),
        text(row["title"]),
        text(row["made_at"]),
        bool(row["undone"]),
        None if row["who"] is None else text(row["who"]),
        next((road for road in ROADS if road == row["road"]), None),
    )


def newest_standing(db: Database) -> int:
    """The id of the newest change that is not undone; 0 where there is none."""
    return int(
        str(rows(db, "select coalesce(max(id), 0) id from journal where not undone")[0]["id"])
    )


def rows_changed_since(db: Database, table: str, mark: int) -> set[str] | None:
    """The ids of rows whose content differs from when `newest_standing` was `mark`, or may do so.

    None where rows came or went, or where the journal does not reach back to the mark.
    """
    if mark and not rows(db, f"select 1 from journal where id = ? and {IN_JOURNAL}", mark):
        return None
    now = newest_standing(db)
    sql = (
        f"select {ROW_ID} id, before is null or after is null came_or_went from journal_row "
        "where kind = ? and change_id > ? and change_id <= ? "
        f"and change_id not in (select id from journal where not {IN_JOURNAL})"
    )
    changed = rows(db, sql, table, min(mark, now), max(mark, now))
    if any(row["came_or_went"] for row in changed):
        return None
    return {str(row["id"]) for row in changed}


def next_move(db: Database, way: Way) -> Change | None:
    """The change that `undo` or `redo` would move next; None when there is none."""
    undone, order = (0, "desc") if way == "undo" else (1, "asc")
    found = rows(db, f"select * from journal where undone = ? order by id {order} limit 1", undone)
    return as_change(found[0]) if found else None


def undo(db: Database, only: int | None = None) -> Change | None:
    """Take back the newest change that stands; None when there is nothing to undo.

    Args:
        only: the change that it is to be.

    Raises:
        BadInput: it would be another one; nothing was changed.
    """
    return _move(db, "undo", only)


def redo(db: Database, only: int | None = None) -> Change | None:
    """Make again the change that was undone last; None when there is nothing to redo.

    Args:
        only: as of `undo`.

    Raises:
        BadInput: as of `undo`.
    """
    return _move(db, "redo", only)


def _move(db: Database, way: Way, only: int | None) -> Change | None:
    db.execute("begin immediate")
    try:
        db.execute("pragma defer_foreign_keys = on")
        found = next_move(db, way)
        if only is not None and (found is None or found.id != only):
            raise BadInput("Something else was changed in the meantime.", "Look, and try again.")
        if found is None:
            db.rollback()
            return None
        change = replace(found, undone=way == "undo")
        _replay(db, change.id, way)
        db.execute("update journal set undone = ? where id = ?", [int(change.undone), change.id])
        db.execute("commit")
    except BaseException:
        db.rollback()
        raise
    return change


def _replay(db: Database, change_id: int, way: Literal["undo", "redo"]) -> None:
    """Bring every row of a change back, or forth again, in as few statements as it has stretches.

    Row by row they are only read: an import of a long file is one change of as many rows.
    """
    present, wanted, order = (
        ("after", "before", "desc") if way == "undo" else ("before", "after", "asc")
    )
    found = db.execute(
        f"select kind, {present} present, {wanted} wanted from journal_row where change_id = ? "
        f"order by id {order}",
        [change_id],
    )
    keys: dict[str, list[str]] = {}
    for (table, is_there, stays), stretch in groupby(found, _move_of):
        if table not in keys:
            keys[table] = db.table(table).pks
        match = " and ".join(f"[{key}] = ?" for key in keys[table])
        if not stays:
            gone = (orjson.loads(row["present"]) for row in stretch)
            _do_to_all(db, f"delete from [{table}] where {match}", gone, keys[table])
            continue
        wished = (orjson.loads(row["wanted"]) for row in stretch)
        # The rows of a table within one change all have the columns that it had at that time.
        first = next(wished)
        names = list(first)
        if is_there:
            settings = ", ".join(f"[{name}] = ?" for name in names)
            statement = f"update [{table}] set {settings} where {match}"
            names += keys[table]
        else:
            places = ", ".join("?" for _ in names)
            columns = ", ".join(f"[{name}]" for name in names)
            statement = f"insert or replace into [{table}] ({columns}) values ({places})"
        _do_to_all(db, statement, chain([first], wished), names)


def _move_of(row: sqlite3.Row) -> tuple[str, bool, bool]:
    """Of which table a row is, whether it is there now, and whether it is to be."""
    return row["kind"], row["present"] is not None, row["wanted"] is not None


def _do_to_all(
    db: Database, statement: str, found: Iterable[Mapping[str, object]], names: Sequence[str]
) -> None:
    db.conn.executemany(statement, ([row[name] for name in names] for row in found))
