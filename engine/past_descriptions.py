"""What previews wrote before, as front ends see it."""

from pathlib import Path

from engine.domain import Description
from engine.store import readers as reader_rows
from engine.store.database import opened
from engine.store.descriptions import descriptions_of


def past_descriptions(
    data_dir: Path, reader_id: str, book_id: str | None = None
) -> list[Description]:
    """What was written for a reader, of one book or of all, the newest first.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        return descriptions_of(db, reader_rows.find(db, reader_id).id, book_id)
