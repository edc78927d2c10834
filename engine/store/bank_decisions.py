"""The editor's word on what a chat model wrote for the bank: accepted or rejected, by id."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlite_utils import Database

from engine.store.database import put, rows
from engine.store.unpack import text


def save(db: Database, candidate_id: str, accepted: bool) -> None:
    """Keep a decision in the place of an earlier one."""
    row = {
        "candidate_id": candidate_id,
        "accepted": int(accepted),
        "made_at": datetime.now(UTC).isoformat(),
    }
    put(db, "bank_decision", row)


def everything(db: Database) -> Mapping[str, bool]:
    """Whether it was accepted, for each candidate that was decided on."""
    found = rows(db, "select candidate_id, accepted from bank_decision")
    return {text(row["candidate_id"]): bool(row["accepted"]) for row in found}
