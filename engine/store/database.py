"""Open the one SQLite file, change it in transactions that a person would name, read it."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from engine.store.authors import Road, login, road_taken
from engine.store.migrations import migrations
from models.errors import UserError

FILE_NAME = "studio.db"
BUSY_TIMEOUT_S = 20

Row = Mapping[str, object]
Store = Database
"""An open store, for those who hand it on and need not know what it is made of."""

IN_JOURNAL = "undone < 2"
"""Which rows of the table `journal` count. `undone` is 0 of what stands and 1 of what can be done
again; 2 is on its way out, and counts no more."""
_OUT_AT_ONCE = 1000
"""Rows of the journal that one change takes out: some 30 ms of work. An undone change of a hundred
thousand pairs would keep the next one waiting for seconds."""

_NOTED: ContextVar[set[int] | None] = ContextVar("_NOTED", default=None)


def note_changes() -> set[int]:
    """The ids of the changes made from here on: in this context, and in the tasks and threads that
    are begun in it. The set grows as they are made."""
    noted: set[int] = set()
    _NOTED.set(noted)
    return noted


@contextmanager
def opened(data_dir: Path) -> Iterator[Database]:
    """The store of this data directory, made and brought up to date where needed.

    Directory 0700, file 0600. A connection belongs to the thread that opened it.

    Raises:
        UserError: the file cannot be opened, written, or is not ours.
    """
    path = data_dir / FILE_NAME
    with refusals_explained(path):
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("pragma foreign_keys = on")
            db = Database(connection)
            _prepare(db, data_dir)
            yield db
        finally:
            connection.close()


@contextmanager
def change(db: Database, title: str, road: Road | None = None) -> Iterator[Database]:
    """One transaction with one journal entry, named as a person would name it: `Edit a pair`.

    All or nothing: an error inside leaves the file as it was. A new change ends the redo line.

    Args:
        road: where it is not the one that the front end came by (`come_by`).
    """
    db.execute("begin immediate")
    try:
        _end_redo(db)
        made_at = datetime.now(UTC).isoformat()
        change_id = db.execute(
            "insert into journal(title, made_at, who, road) values (?, ?, ?, ?)",
            [title, made_at, login(), road or road_taken()],
        ).lastrowid
        db.execute("insert into journal_open values (?)", [change_id])
        yield db
        db.execute("delete from journal_open")
        wrote = db.execute("select 1 from journal_row where change_id = ?", [change_id]).fetchone()
        if wrote is None:
            db.execute("delete from journal where id = ?", [change_id])
        db.execute("commit")
    except BaseException:
        db.rollback()
        raise
    if (noted := _NOTED.get()) is not None and change_id is not None:
        noted.add(change_id)


def _end_redo(db: Database) -> None:
    """What was undone can be done again no more; its rows leave with this change and the next."""
    db.execute("update journal set undone = 2 where undone = 1")
    db.execute(
        "delete from journal_row where id in (select journal_row.id from journal_row "
        "join journal on journal.id = change_id where undone = 2 limit ?)",
        [_OUT_AT_ONCE],
    )
    db.execute(
        "delete from journal where undone = 2 "
        "and not exists (select 1 from journal_row where change_id = journal.id)"
    )


@contextmanager
def refusals_explained(path: Path) -> Iterator[None]:
    """Turn what SQLite or the disk refuses about the store into a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise _refusal(path, str(error)) from error
    except OSError as error:
        if not str(error.filename or "").startswith(str(path.parent)):
            raise
        raise _refusal(path, error.strerror or str(error)) from error


_HINTS = {
    "locked": "Another window is writing; try again in a moment.",
    "full": "Free some disk space and try again; nothing was lost.",
    "No space": "Free some disk space and try again; nothing was lost.",
    "not a database": "Move that file away, or choose another place with --data-dir.",
    "malformed": "Move that file away, or choose another place with --data-dir.",
}


def _refusal(path: Path, told: str) -> UserError:
    hints = (hint for words, hint in _HINTS.items() if words in told)
    hint = next(hints, "Check that you may write there, or choose another place with --data-dir.")
    return UserError(f"The store {path} cannot be used: {told}.", hint)


def _prepare(db: Database, data_dir: Path) -> None:
    if migrations.pending(db):
        with (data_dir / "migrate.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            db.execute("pragma journal_mode = wal")
            migrations.apply(db)
        for name in os.listdir(data_dir):
            if name.startswith(FILE_NAME):
                (data_dir / name).chmod(0o600)


def rows(db: Database, sql: str, *parameters: object) -> list[dict[str, object]]:
    """The rows of a query as plain dicts."""
    return [dict(row) for row in db.execute(sql, parameters).fetchall()]


def put(db: Database, table: str, row: Row) -> None:
    """Insert one row, or bring the row with the same primary key up to date."""
    put_all(db, table, [row])


def put_all(db: Database, table: str, rows: Iterable[Row]) -> None:
    """`put` many rows, which have the same columns.

    An upsert rather than sqlite-utils' replace: replacing deletes first, which would cascade.
    """
    left = iter(rows)
    first = next(left, None)
    if first is None:
        return
    keys = db.table(table).pks
    names = list(first)
    updates = ", ".join(f"[{name}] = excluded.[{name}]" for name in names if name not in keys)
    db.conn.executemany(
        f"insert into [{table}] ({', '.join(f'[{name}]' for name in names)}) "
        f"values ({', '.join('?' for _ in names)}) "
        f"on conflict ({', '.join(keys)}) do "
        + (f"update set {updates}" if updates else "nothing"),
        ([row[name] for name in names] for row in chain([first], left)),
    )


def packed(value: object) -> str:
    """A list or a dict as the JSON text that a column keeps."""
    return json.dumps(value, ensure_ascii=False)
