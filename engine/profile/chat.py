"""The same profile by any chat model: groups of statements against batches of reviews.

Demographics and genres stay with the rules; the model judges values and temperament only, and
only with a quote that is found in the reviews. What it gets wrong is counted and said.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from engine.domain import Book, Review
from engine.frameworks import VALUE_FRAMEWORKS, dimensions, statements
from engine.profile.assemble import Material, assembled
from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.profile.words import count_words
from engine.prompts import prompt
from engine.record import finding_as_json, trait_as_json
from models.chat import ChatModel, Message, Sampling, complete
from models.errors import UserError
from models.events import Event, Failed, Finished, Item, Note, Step

BATCH_WORDS = 1200
"""Of reviews in one request, about 1,600 tokens; a longer review goes alone, cut to this."""
GROUP_SIZE = 14
"""Statements judged by one request."""
LEAST_QUOTE_WORDS = 3
MOST_REPLY_TOKENS = 1024


@dataclass(frozen=True)
class _Question:
    """One request: these statements, against these reviews."""

    wording: Mapping[str, str]
    """Id to the sentence that the model agrees or disagrees with for the reader."""
    reviews: tuple[Review, ...]


@dataclass(frozen=True)
class _Answer:
    """What came of one question."""

    findings: tuple[Finding, ...] = ()
    malformed: int = 0
    """Replies that were not what was asked for: 0, 1 (the second was good) or 2 (nothing)."""
    not_found: int = 0
    """Judgements whose quote is in no review."""


async def profile_by_chat(
    model: ChatModel,
    reviews: Sequence[Review],
    books: Mapping[str, Book],
    sensitive: bool,
    concurrency: int,
) -> AsyncGenerator[Event, None]:
    """Judge one reader's reviews; the number of requests is known before the first.

    A malformed reply is asked for once more, then left out and counted. Closing the iterator
    cancels the requests that are under way. A model that cannot answer ends it with `Failed`.
    """
    questions = list(_questions(reviews, sensitive))
    yield Step(0, len(questions), f"{len(questions)} requests to {model.name}")
    free = asyncio.Semaphore(concurrency)
    tasks = [asyncio.create_task(_asked(model, question, free)) for question in questions]
    answers: list[_Answer] = []
    try:
        for next_answer in asyncio.as_completed(tasks):
            answers.append(await next_answer)
            yield Step(len(answers), len(questions), _told(answers))
    except UserError as error:
        yield Failed(error.message, error.hint)
        return
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
    summary = _told(answers)
    yield Note(f"{model.name} gave {summary}.")
    in_order = [finding for task in tasks for finding in task.result().findings]
    traits = assembled(Material(tuple(reviews), books, tuple(in_order), {}, sensitive))
    for trait in traits:
        yield Item(trait_as_json(trait))
    yield Finished(
        {
            "provider": model.name,
            "provider_note": f"Judged by {model.name}: {summary}.",
            "traits": [trait_as_json(trait) for trait in traits],
            "findings": [finding_as_json(finding) for finding in in_order],
            "genres": {},
        }
    )


def _questions(reviews: Sequence[Review], sensitive: bool) -> Iterator[_Question]:
    wording = dict(_wording(sensitive))
    for batch in _batches([review for review in reviews if review.text.strip()]):
        for start in range(0, len(wording), GROUP_SIZE):
            group = islice(wording.items(), start, start + GROUP_SIZE)
            yield _Question(dict(group), batch)


def _wording(sensitive: bool) -> Iterator[tuple[str, str]]:
    for framework in VALUE_FRAMEWORKS:
        for statement in statements(framework):
            if sensitive or not statement.sensitive:
                yield statement.id, statement.text
    for facet in dimensions("ocean"):
        if facet.parent:
            yield facet.id, f"{facet.name}: the reviewer {facet.high} (rather than: {facet.low})."


def _batches(reviews: Sequence[Review]) -> Iterator[tuple[Review, ...]]:
    batch: list[Review] = []
    length = 0
    for review in reviews:
        words = count_words(review.text)
        if batch and length + words > BATCH_WORDS:
            yield tuple(batch)
            batch, length = [], 0
        batch.append(review)
        length += words
    if batch:
        yield tuple(batch)


async def _asked(model: ChatModel, question: _Question, free: asyncio.Semaphore) -> _Answer:
    async with free:
        for attempt in range(2):
            sampling = Sampling(
                max_tokens=MOST_REPLY_TOKENS, seed=attempt, json_schema=_schema(question)
            )
            reply = await complete(model, [Message("user", _prompt(question))], sampling)
            judgements = _judgements(reply.text, question)
            if judgements is not None:
                return _checked(judgements, question, malformed=attempt)
        return _Answer(malformed=2)


def _prompt(question: _Question) -> str:
    listed = "\n".join(f"- {trait_id}: {text}" for trait_id, text in question.wording.items())
    texts = "\n\n".join(
        f"[{number}] {' '.join(review.text.split()[:BATCH_WORDS])}"
        for number, review in enumerate(question.reviews, start=1)
    )
    filled = prompt("judge_traits").replace("{statements}", listed)
    return filled.replace("{reviews}", texts)


def _schema(question: _Question) -> str:
    judgement = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "enum": list(question.wording)},
            "stance": {"type": "integer", "enum": [-2, -1, 0, 1, 2]},
            "quote": {"type": "string"},
        },
        "required": ["id", "stance", "quote"],
        "additionalProperties": False,
    }
    return json.dumps(
        {
            "type": "object",
            "properties": {"judgements": {"type": "array", "items": judgement}},
            "required": ["judgements"],
            "additionalProperties": False,
        }
    )


def _judgements(text: str, question: _Question) -> list[tuple[str, int, str]] | None:
    """The judgements of a reply as (id, stance, quote); None where it is not what was asked for."""
    try:
        rows = json.loads(text)["judgements"]
        judgements = [(row["id"], row["stance"], row["quote"]) for row in rows]
    except (ValueError, KeyError, TypeError):
        return None
    for trait_id, stance, quote in judgements:
        if trait_id not in question.wording or stance not in (-2, -1, 0, 1, 2):
            return None
        if not isinstance(quote, str):
            return None
    return judgements


def _checked(
    judgements: Sequence[tuple[str, int, str]], question: _Question, malformed: int
) -> _Answer:
    findings: list[Finding] = []
    not_found = 0
    for trait_id, stance, quote in judgements:
        if stance == 0:
            continue
        place = _place(quote, question.reviews)
        if place is None:
            not_found += 1
        else:
            findings.append(Finding(trait_id, *place, stance / 2))
    return _Answer(tuple(findings), malformed, not_found)


def _place(quote: str, reviews: Sequence[Review]) -> tuple[str, Span] | None:
    """Where a quote stands, white space aside; None for one that is too short or not there."""
    if count_words(quote) < LEAST_QUOTE_WORDS:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, quote.split())))
    for review in reviews:
        if match := pattern.search(review.text):
            return review.id, Span(match.start(), match.end(), match[0])
    return None


def _told(answers: Sequence[_Answer]) -> str:
    kept = sum(len(answer.findings) for answer in answers)
    told = [f"{kept} judgements with a quote that is in the reviews"]
    if not_found := sum(answer.not_found for answer in answers):
        told.append(f"{not_found} whose quote is not")
    if malformed := sum(answer.malformed for answer in answers):
        told.append(f"{malformed} malformed replies")
    return ", ".join(told)
