"""The embedded provider as the child does it: read the run's reviews, judge them, yield traits."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from typing import Any

from engine.domain import Book, Review
from engine.frameworks import sensitive_statements
from engine.jobs import RunDir
from engine.profile.assemble import Material, assembled
from engine.profile.aversions import aversion_findings
from engine.profile.cues import cues
from engine.profile.embedded import findings
from engine.profile.findings import TextRead
from engine.profile.interests import guessed_genres, of_books
from engine.record import finding_as_json, trait_as_json
from models.encoder import Encoder
from models.errors import BadInput
from models.events import Event, Finished, Item, JsonObject, Note, Step
from models.library import embedded_encoder

PROVIDER = "embedded"
PROVIDER_NOTE = (
    "A small sentence encoder with trained heads read the reviews. It says little, and is wrong at "
    "times: of 120 snippets that take a side, written by people who did not know it, it saw 10, 8 "
    "of them on the right side; of 119 things a person had noted of three readers it had never "
    "met, it found 13, put 3 on the wrong side and claimed 4 that were not noted. Read the quotes; "
    "a bigger model reads more."
)


def work(run: RunDir, settings: JsonObject, asked_to_stop: Flag) -> Iterator[Event]:
    """Build the profile of the reader whose reviews and books lie in the run directory.

    Raises:
        BadInput: an input file is not what the front end writes.
    """
    reviews = [_review(row) for row in _lines(run.path / "reviews.jsonl")]
    books = {str(row["id"]): _book(row) for row in _lines(run.path / "books.jsonl")}
    read = TextRead.of(reviews, by_encoder=True)
    yield Note(f"Read {read} about {len(books)} books.")
    yield Step(0, 0, "loading the sentence encoder")
    encoder = Encoder.load(embedded_encoder())
    genres = guessed_genres(reviews, books, encoder.embed)
    found = list(aversion_findings(of_books(reviews, books), encoder.embed))
    yield Step(0, 0, f"embedding {len(cues())} phrases")
    for done, total, part in findings(reviews, encoder):
        found += part
        yield Step(done, total, f"reading for values and temperament, {len(found)} quotes so far")
        if asked_to_stop.is_set():
            break
    if asked_to_stop.is_set():
        return
    sensitive = bool(settings.get("sensitive"))
    found = [one for one in found if sensitive or one.trait_id not in sensitive_statements()]
    traits = assembled(
        Material(tuple(reviews), books, tuple(found), genres, sensitive, by_encoder=True)
    )
    for trait in traits:
        yield Item(trait_as_json(trait))
    known = sum(trait.status == "known" for trait in traits)
    yield Note(f"{known} of {len(traits)} traits are known.")
    yield Finished(
        {
            "reader": settings["reader"],
            "provider": PROVIDER,
            "provider_note": PROVIDER_NOTE,
            "traits": [trait_as_json(trait) for trait in traits],
            "findings": [finding_as_json(finding) for finding in found],
            "genres": genres,
        }
    )


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise BadInput(f"{path.name}, line {number} of the run is not JSON.") from error


def _review(row: Mapping[str, Any]) -> Review:
    written_at = row.get("written_at")
    moment = datetime.fromisoformat(written_at) if written_at else None
    return Review(
        id=str(row["id"]),
        reader_id=str(row.get("reader_id", "")),
        book_id=str(row["book_id"]),
        text=str(row["text"]),
        title=str(row.get("title") or ""),
        rating=None if row.get("rating") is None else float(row["rating"]),
        written_at=moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment,
    )


def _book(row: Mapping[str, Any]) -> Book:
    return Book(
        id=str(row["id"]),
        title=str(row["title"]),
        author=str(row.get("author") or ""),
        categories=tuple(map(str, row.get("categories") or ())),
        description=str(row.get("description") or ""),
        genre=row.get("genre"),
    )
