"""Undo and redo of whole changes, across every kind of row and across restarts."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Literal

import orjson
from sqlite_utils import Database

from engine.store.database import rows

ROW_ID = "json_extract(coalesce(after, before), '$.id')"
"""As the index on `journal_row` has it."""


@dataclass(frozen=True)
class Change:
    """One entry of the journal."""

    id: int
    title: str
    made_at: str
    undone: bool


def history(db: Database, limit: int = 50) -> list[Change]:
    """The newest changes first."""
    found = rows(db, "select * from journal order by id desc limit ?", limit)
    return [
        Change(int(str(row["id"])), str(row["title"]), str(row["made_at"]), bool(row["undone"]))
        for row in found
    ]


def newest_standing(db: Database) -> int:
    """The id of the newest change that is not undone; 0 where there is none."""
    return int(
        str(rows(db, "select coalesce(max(id), 0) id from journal where not undone")[0]["id"])
    )


def rows_changed_since(db: Database, table: str, mark: int) -> set[str] | None:
    """The ids of rows whose content differs from when `newest_standing` was `mark`, or may do so.

    None where rows came or went, or where the journal does not reach back to the mark.
    """
    if mark and not rows(db, "select 1 from journal where id = ?", mark):
        return None
    now = newest_standing(db)
    sql = (
        f"select {ROW_ID} id, before is null or after is null came_or_went from journal_row "
        "where kind = ? and change_id > ? and change_id <= ?"
    )
    changed = rows(db, sql, table, min(mark, now), max(mark, now))
    if any(row["came_or_went"] for row in changed):
        return None
    return {str(row["id"]) for row in changed}


def undo(db: Database) -> Change | None:
    """Take back the newest change that stands; None when there is nothing to undo."""
    return _move(db, "undo")


def redo(db: Database) -> Change | None:
    """Make again the change that was undone last; None when there is nothing to redo."""
    return _move(db, "redo")


def _move(db: Database, way: Literal["undo", "redo"]) -> Change | None:
    undone, order = (0, "desc") if way == "undo" else (1, "asc")
    db.execute("begin immediate")
    try:
        db.execute("pragma defer_foreign_keys = on")
        found = rows(
            db, f"select * from journal where undone = ? order by id {order} limit 1", undone
        )
        if not found:
            db.rollback()
            return None
        change = Change(
            int(str(found[0]["id"])),
            str(found[0]["title"]),
            str(found[0]["made_at"]),
            way == "undo",
        )
        _replay(db, change.id, way)
        db.execute("update journal set undone = ? where id = ?", [1 - undone, change.id])
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
