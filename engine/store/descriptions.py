"""The descriptions that previews wrote, each with what made it."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import cast

from sqlite_utils import Database

from engine.domain import Description
from engine.store.database import Row, packed, rows
from engine.store.unpack import number, text, texts
from models.chat import Sampling, Stopped
from models.errors import BadInput


def add_description(db: Database, description: Description) -> int:
    """Keep a text; returns the id it is kept under, whatever it had."""
    row = {
        **asdict(description),
        "id": None,
        "near": packed(description.near),
        "sampling": packed(asdict(description.sampling)),
        "made_at": description.made_at.isoformat(),
        "accepted_at": description.accepted_at and description.accepted_at.isoformat(),
    }
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    added = db.execute(f"insert into descriptions ({names}) values ({places})", row).lastrowid
    assert added is not None
    return added


def descriptions_of(db: Database, reader_id: str, book_id: str | None = None) -> list[Description]:
    """What was written for a reader, of one book or of all, the newest first."""
    found = rows(
        db,
        "select * from descriptions where reader_id = ?1 and (?2 is null or book_id = ?2) "
        "order by id desc",
        reader_id,
        book_id,
    )
    return [_description(row) for row in found]


def written_from(db: Database, reader_id: str) -> list[Description]:
    """What was written for a reader, or for another from this reader's card; the newest first."""
    sql = "select * from descriptions where reader_id = ?1 or card_of = ?1 order by id desc"
    return [_description(row) for row in rows(db, sql, reader_id)]


def find_description(db: Database, description_id: int) -> Description:
    """One description.

    Raises:
        BadInput: there is none of this id.
    """
    found = rows(db, "select * from descriptions where id = ?", description_id)
    if not found:
        raise BadInput(
            f"There is no description {description_id}.",
            "`persona-studio preview READER --book BOOK --history` lists them.",
        )
    return _description(found[0])


def save_edit(db: Database, description: Description) -> None:
    """Keep what the editor did with a description: other words, or that it may stand."""
    accepted_at = description.accepted_at and description.accepted_at.isoformat()
    db.execute(
        "update descriptions set edited_text = ?, accepted_at = ? where id = ?",
        [description.edited_text, accepted_at, description.id],
    )


def _description(row: Row) -> Description:
    accepted_at, run_id, card_of, edited = (
        None if row[name] is None else text(row[name])
        for name in ("accepted_at", "run_id", "card_of", "edited_text")
    )
    return Description(
        id=int(number(row["id"])),
        reader_id=text(row["reader_id"]),
        book_id=text(row["book_id"]),
        pane_id=text(row["pane_id"]),
        model_name=text(row["model_name"]),
        model_sha256=text(row["model_sha256"]),
        run_id=run_id,
        with_card=bool(row["with_card"]),
        card_of=card_of,
        near=texts(row["near"]),
        sampling=Sampling(**json.loads(text(row["sampling"]))),
        prompt_sha256=text(row["prompt_sha256"]),
        text=text(row["text"]),
        made_at=datetime.fromisoformat(text(row["made_at"])),
        stopped=cast(Stopped, text(row["stopped"])),
        edited_text=edited,
        accepted_at=datetime.fromisoformat(accepted_at) if accepted_at else None,
    )
