"""Undo and redo of whole changes, across every kind of row and across restarts."""

import json
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from engine.store.database import rows


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
        # Row by row: an import of a long file is one change of as many rows.
        for row in db.execute(
            f"select * from journal_row where change_id = ? order by id {order}", [change.id]
        ):
            side = row["before"] if way == "undo" else row["after"]
            other = row["after"] if way == "undo" else row["before"]
            _set_row(db, str(row["kind"]), side, other)
        db.execute("update journal set undone = ? where id = ?", [1 - undone, change.id])
        db.execute("commit")
    except BaseException:
        db.rollback()
        raise
    return change


def _set_row(db: Database, table: str, wanted: object, present: object) -> None:
    """Bring one row from `present` to `wanted`; each is the row's JSON, or None for no row."""
    keys = db.table(table).pks
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
