"""Imported preference data of story P: prompt, chosen, rejected, by dataset."""

from collections.abc import Sequence

from sqlite_utils import Database

from engine.domain import PreferenceExample
from engine.store.database import rows
from engine.store.unpack import number, text


def save(db: Database, examples: Sequence[PreferenceExample]) -> int:
    """Add the rows that are new; returns how many that were."""
    before = int(db.table("example").count)
    db.table("example").insert_all((vars(example) for example in examples), ignore=True)
    return int(db.table("example").count) - before


def sizes(db: Database) -> dict[str, int]:
    """The number of pairs in each dataset."""
    found = rows(db, "select dataset_id, count(*) as n from example group by 1 order by 1")
    return {text(row["dataset_id"]): int(number(row["n"])) for row in found}
