"""Undo and redo of whole changes, across every kind of row and across restarts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
        keys: dict[str, list[str]] = {}
        # Row by row: an import of a long file is one change of as many rows.
        for row in db.execute(
            f"select * from journal_row where change_id = ? order by id {order}", [change.id]
        ):
            side = row["before"] if way == "undo" else row["after"]
            other = row["after"] if way == "undo" else row["before"]
            table = str(row["kind"])
            if table not in keys:
                keys[table] = db.table(table).pks
            _set_row(db, table, keys[table], side, other)
        db.execute("update journal set undone = ? where id = ?", [1 - undone, change.id])
        db.execute("commit")
    except BaseException:
        db.rollback()
        raise
    return change


def _set_row(
    db: Database, table: str, keys: Sequence[str], wanted: object, present: object
) -> None:
    """Bring one row from `present` to `wanted`; each is the row's JSON, or None for no row."""
    match = " and ".join(f"[{key}] = ?" for key in keys)
    if wanted is None:
        row = json.loads(str(present))
        db.execute(f"delete from [{table}] where {match}", [row[key] for key in keys])
        return
    row = json.loads(str(wanted))
    names = list(row)
    if present is None:
        db.execute(
            f"insert or replace into [{table}] ({', '.join(f'[{name}]' for name in names)}) "
            f"values ({', '.join('?' for _ in names)})",
            list(row.values()),
        )
        return
    settings = ", ".join(f"[{name}] = ?" for name in names)
    db.execute(
        f"update [{table}] set {settings} where {match}",
        [*row.values(), *(row[key] for key in keys)],
    )
