"""Start the building of a profile: the embedded provider as a run, any other as waiting work."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

from engine import jobs
from engine.domain import Book, Review
from engine.profile.assemble import Material
from engine.profile.chat import answers_by_chat, profile_from
from engine.profile.chat_plan import LOCAL_CONTEXT, judge
from engine.profile.cost import cost_of, plan_for
from engine.record import profile_as_json, record_profile
from engine.runs import finished_like, follow, launch, run_dir
from engine.store import findings as finding_rows
from engine.store import judgements as judgement_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened
from engine.store.judgements import Judgement
from engine.training_input import fingerprint
from models.errors import BadInput
from models.events import Event, Failed, Finished, Note
from models.providers import opened_model

EXTRACTOR_VERSION = 6
"""Counts up when the embedded extractor would read the same reviews differently."""


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
    """Whether the stored profile is the one of this result, what others than it said aside."""
    with opened(data_dir) as db:
        stored = profile_rows.extracted(db, reader_id)
        findings = finding_rows.of_reader(db, reader_id)
    if stored is None or bool(findings) != bool(result.get("findings")):
        return False
    plain = profile_as_json(stored)
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
        raise BadInput(
            f"Reader {reader_id!r} has no reviews to read.",
            "Import some, or say what you know of the reader: set scores (o, `profile set`), fill "
            "in the questionnaire (q, `questionnaire ask`) or make the picks (t, `picks make`).",
        )
    return reviews, books, sensitive


async def build_by_chat(
    data_dir: Path, reader_id: str, provider: str, fresh: bool = False
) -> AsyncGenerator[Event, None]:
    """A chat model as the judge: a local GGUF, or an OpenAI-compatible endpoint.

    Each answer is kept as it comes, so that building again asks only what is missing. The profile
    is replaced once all is there.

    Args:
        fresh: ask everything again.
    """
    material = await asyncio.to_thread(_material, data_dir, reader_id)
    async with judge(provider, data_dir) as who:
        plan = await asyncio.to_thread(plan_for, data_dir, reader_id, who, fresh)
        cost = await cost_of(plan, who)
    answers = list(plan.reused)
    if answers:
        yield Note(f"Kept from earlier builds: {len(answers)} of {len(plan.units)} answers.")

    def keep(answer: Judgement) -> None:
        judgement_rows.save(data_dir, who.key, answer)
        answers.append(answer)

    if plan.missing:
        async with opened_model(provider, data_dir, LOCAL_CONTEXT) as model:
            asking = answers_by_chat(model, plan, cost, who.concurrency, keep)
            async with aclosing(asking) as events:
                async for event in events:
                    yield event
                    if isinstance(event, Failed):
                        return
    for outcome in profile_from(plan, answers, material, who.name):
        if isinstance(outcome, Finished):
            result = {**outcome.result, "reader": reader_id, "provider": provider}
            await asyncio.to_thread(record_profile, data_dir, None, result)
            yield Finished(result)
        else:
            yield outcome


def _material(data_dir: Path, reader_id: str) -> Material:
    """What is known of a reader before anything is asked, with genres that the encoder guessed."""
    reviews, books, sensitive = _texts(data_dir, reader_id)
    with opened(data_dir) as db:
        guessed = finding_rows.guesses_of(db, reader_id)
    genres = {book: genre for book, genre in guessed.items() if book in books}
    return Material(tuple(reviews), books, (), genres, sensitive)
