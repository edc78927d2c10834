"""What a list of pairs needs of each of them, read far faster than the pairs themselves."""

import json
from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlite_utils import Database

from engine.domain import Track

_COLUMNS = (
    "id, track, trait_id, prompt, chosen, rejected, held_out, dropped, edited, accepted, flagged, "
    "made = 'imported', stance"
)


class Outline(NamedTuple):
    """One pair in the order of `_COLUMNS`: a hundred thousand of them are read at once."""

    id: str
    track: Track
    trait_id: str
    prompt: str
    chosen: str
    rejected: str
    held_out: int
    dropped: int
    edited: int
    accepted: int
    flagged: int
    imported: int
    stance: float


def outlines(
    db: Database, reader_id: str, only: Collection[str] | None = None
) -> Iterator[Outline]:
    """The pairs of a reader in the order they were built; those with these ids where given."""
    wanted = "" if only is None else "and id in (select value from json_each(?))"
    parameters = [reader_id] if only is None else [reader_id, json.dumps(list(only))]
    sql = f"select {_COLUMNS} from pair where reader_id = ? {wanted} order by position, id"
    for row in db.execute(sql, parameters):
        yield Outline._make(row)
