"""Start the building of a profile: the embedded provider as a run, any other as waiting work."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict, replace
from pathlib import Path

from engine import jobs
from engine.domain import Book, Review
from engine.profile.chat import profile_by_chat
from engine.record import profile_as_json, record_profile
from engine.runs import fingerprint, finished_like, follow, launch, run_dir
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.errors import BadInput
from models.events import Event, Finished, Note
from models.providers import opened_model

EXTRACTOR_VERSION = 1
"""Counts up when the embedded extractor would read the same reviews differently."""
CONCURRENT_CALLS = 4


async def build_by_run(data_dir: Path, reader_id: str) -> AsyncGenerator[Event, None]:
    """The embedded provider, in a child over a run directory; closing stops it."""
    settings, files = await asyncio.to_thread(_input, data_dir, reader_id)
    seen = settings["fingerprint"]
    done = await asyncio.to_thread(finished_like, data_dir, "profile", reader_id, seen)
    if done is not None:
        is_current = await asyncio.to_thread(_is_current, data_dir, reader_id, done.result)
        if is_current:
            yield Note("Nothing changed since this profile was built; it is reused.")
            yield Finished(done.result)
            return
    run = await asyncio.to_thread(
        launch, data_dir, "profile", reader_id, f"Profile of {reader_id}", settings, files
    )
    try:
        async with aclosing(follow(data_dir, run.id)) as events:
            async for event in events:
                yield event
    finally:
        jobs.stop(run_dir(data_dir, run.id))


def _is_current(data_dir: Path, reader_id: str, result: Mapping[str, object]) -> bool:
    """Whether the stored profile is the one of this result, the editor's overrides aside."""
    with opened(data_dir) as db:
        stored = profile_rows.find(db, reader_id)
    if stored is None:
        return False
    traits = tuple(replace(trait, override=None) for trait in stored.traits)
    plain = profile_as_json(replace(stored, traits=traits))
    return json.dumps(plain["traits"]) == json.dumps(result["traits"])


def _input(data_dir: Path, reader_id: str) -> tuple[dict[str, object], dict[str, str]]:
    reviews, books, sensitive = _texts(data_dir, reader_id)
    files = {
        "reviews.jsonl": "".join(_line(review) for review in reviews),
        "books.jsonl": "".join(_line(book) for book in books.values()),
    }
    settings: dict[str, object] = {
        "reader": reader_id,
        "sensitive": sensitive,
        "fingerprint": fingerprint(EXTRACTOR_VERSION, sensitive, files),
    }
    return settings, files


def _line(row: Review | Book) -> str:
    return json.dumps(asdict(row), ensure_ascii=False, default=str) + "\n"


def _texts(data_dir: Path, reader_id: str) -> tuple[list[Review], dict[str, Book], bool]:
    with opened(data_dir) as db:
        reviews = reader_rows.reviews_of(db, reader_id)
        books = reader_rows.books_of(db, reader_id)
        sensitive = reader_rows.is_sensitive_allowed(db, reader_id)
    if not reviews:
        raise BadInput(f"Reader {reader_id!r} has no reviews.", "Import some first.")
    return reviews, books, sensitive


async def build_by_chat(
    data_dir: Path, reader_id: str, provider: str
) -> AsyncGenerator[Event, None]:
    """A chat model as the judge: a local GGUF, or an OpenAI-compatible endpoint."""
    reviews, books, sensitive = await asyncio.to_thread(_texts, data_dir, reader_id)
    async with opened_model(provider, data_dir) as model:
        events = profile_by_chat(model, reviews, books, sensitive, CONCURRENT_CALLS)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Finished):
                    result = {**event.result, "reader": reader_id, "provider": provider}
                    await asyncio.to_thread(record_profile, data_dir, None, result)
                    yield Finished(result)
                else:
                    yield event
