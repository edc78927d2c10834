"""Many pairs changed by one statement; every one of them leaves its row in the journal."""

import json
from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from engine.store.database import rows
from engine.store.unpack import text
from models.errors import BadInput

_THESE = "id in (select value from json_each(?))"


def ensure_there(db: Database, ids: Sequence[str]) -> None:
    """
    Raises:
        BadInput: one of these pairs is not there; names it.
    """
    sql = "select value from json_each(?) where value not in (select id from pair) limit 1"
    if missing := rows(db, sql, json.dumps(ids)):
        raise BadInput(
            f"No pair {text(missing[0]['value'])!r} here.",
            "`persona-studio pairs list READER` lists them.",
        )


def without(db: Database, ids: Sequence[str], marks: Mapping[str, bool]) -> list[str]:
    """Those of the pairs that do not have all of these marks, such as `accepted`, so already."""
    differs = " or ".join(f"[{name}] != {int(is_so)}" for name, is_so in marks.items())
    found = rows(db, f"select id from pair where {_THESE} and ({differs})", json.dumps(ids))
    return [text(row["id"]) for row in found]


def mark(db: Database, ids: Sequence[str], marks: Mapping[str, bool]) -> None:
    """Set marks of pairs."""
    settings = ", ".join(f"[{name}] = {int(is_so)}" for name, is_so in marks.items())
    db.execute(f"update pair set {settings} where {_THESE}", [json.dumps(ids)])


def swap(db: Database, ids: Sequence[str]) -> None:
    """Turn the sides of pairs round, and mark them as edited."""
    sql = f"update pair set chosen = rejected, rejected = chosen, edited = 1 where {_THESE}"
    db.execute(sql, [json.dumps(ids)])
