"""Imported preference data of story P: prompt, chosen, rejected, by dataset."""

from collections.abc import Sequence

from sqlite_utils import Database

from engine.domain import PreferenceExample
from engine.store.database import Row, rows
from engine.store.unpack import number, text
from models.errors import BadInput


def save(db: Database, examples: Sequence[PreferenceExample]) -> int:
    """Add the rows that are new; returns how many that were."""
    before = int(db.table("example").count)
    db.table("example").insert_all((vars(example) for example in examples), ignore=True)
    return int(db.table("example").count) - before


def sizes(db: Database) -> dict[str, int]:
    """The number of pairs in each dataset."""
    found = rows(db, "select dataset_id, count(*) as n from example group by 1 order by 1")
    return {text(row["dataset_id"]): int(number(row["n"])) for row in found}


def ensure_dataset(db: Database, dataset_id: str) -> None:
    """Refuse a dataset that is not there.

    Raises:
        BadInput: it has no pairs; the hint names those that have.
    """
    if rows(db, "select 1 from example where dataset_id = ? limit 1", dataset_id):
        return
    known = ", ".join(sizes(db)) or "none yet: `persona-studio import preferences FILE` adds one"
    raise BadInput(f"There is no dataset {dataset_id!r}.", f"Datasets: {known}.")


def examples_of(db: Database, dataset_id: str) -> list[PreferenceExample]:
    """The examples of a dataset in the order they were imported.

    Raises:
        BadInput: there is no such dataset.
    """
    ensure_dataset(db, dataset_id)
    found = rows(db, "select * from example where dataset_id = ? order by rowid", dataset_id)
    return [_example(row) for row in found]


def find_example(db: Database, example_id: str) -> PreferenceExample:
    """One example, by its id or the unique beginning of it.

    Raises:
        BadInput: none or several begin so.
    """
    found = rows(
        db,
        "select * from example where substr(id, 1, ?1) = ?2 limit 2",
        len(example_id),
        example_id,
    )
    if not example_id or len(found) != 1:
        several = "Several pairs begin" if found and example_id else "No pair begins"
        raise BadInput(
            f"{several} with {example_id!r}.", "`persona-studio persona list DATASET` lists them."
        )
    return _example(found[0])


def _example(row: Row) -> PreferenceExample:
    return PreferenceExample(
        id=text(row["id"]),
        dataset_id=text(row["dataset_id"]),
        prompt=text(row["prompt"]),
        chosen=text(row["chosen"]),
        rejected=text(row["rejected"]),
    )
