"""The list of runs. Where a run stands is told by its directory (`engine.jobs`), not here."""

from datetime import datetime
from typing import cast

from sqlite_utils import Database

from engine.domain import Run, RunKind
from engine.store.database import Row, rows
from engine.store.unpack import text
from models.errors import BadInput


def add(db: Database, run: Run) -> None:
    db.table("run").insert(
        {
            "id": run.id,
            "kind": run.kind,
            "subject": run.subject,
            "title": run.title,
            "created_at": run.created_at.isoformat(),
        }
    )


def everything(db: Database, kind: RunKind | None = None, subject: str | None = None) -> list[Run]:
    """Runs, the newest first."""
    found = rows(
        db,
        "select * from run where (?1 is null or kind = ?1) and (?2 is null or subject = ?2) "
        "order by created_at desc, id desc",
        kind,
        subject,
    )
    return [_run(row) for row in found]


def find(db: Database, run_id: str) -> Run:
    """One run, by its id or the unique beginning of it.

    Raises:
        BadInput: none or several begin so.
    """
    found = rows(db, "select * from run where id = ?", run_id) or rows(
        db, "select * from run where substr(id, 1, ?) = ?", len(run_id), run_id
    )
    if len(found) != 1:
        raise BadInput(
            f"{len(found) or 'No'} runs begin with {run_id!r}.",
            "The Train screen and `persona-studio runs` list them.",
        )
    return _run(found[0])


def remove(db: Database, run_id: str) -> None:
    """Take a run off the list."""
    db.execute("delete from run where id = ?", [run_id])


def mark_recorded(db: Database, run_id: str) -> bool:
    """Claim the result of a run for writing into the store; False if that was done before."""
    claimed = db.execute("update run set recorded = 1 where id = ? and recorded = 0", [run_id])
    return claimed.rowcount == 1


def _run(row: Row) -> Run:
    return Run(
        id=text(row["id"]),
        kind=cast(RunKind, row["kind"]),
        subject=text(row["subject"]),
        title=text(row["title"]),
        created_at=datetime.fromisoformat(text(row["created_at"])),
    )
