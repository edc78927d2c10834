"""Infer who would prefer the chosen and who the rejected answer, by a chat model, pair by pair."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.personas.asking import Answers, Asking, answered, fitting, kept_answers
from engine.personas.domain import Persona
from engine.personas.exemplars import Kind, kind_of
from engine.personas.lock import at_work
from engine.personas.questions import Question, inference_questions, opening, read_persona
from engine.profile.chat_plan import Judge, judge
from engine.profile.cost import Cost
from engine.prompts import prompt_sha256
from engine.spent import Spent
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import change, opened
from engine.store.personas import Answer
from models.events import Event, Failed, Finished


@dataclass(frozen=True)
class Wish:
    """Which personas are to be inferred, and how."""

    dataset_id: str
    provider: str
    limit: int | None = None
    """The first so many pairs; None: all."""
    kind: Kind | None = None
    """Whose exemplars are shown; None takes what the dataset's name tells."""
    fresh: bool = False
    """Also what was inferred before, with everything asked again. Edited and imported personas
    are never inferred over."""

    @property
    def shown_kind(self) -> Kind:
        return self.kind or kind_of(self.dataset_id)


async def inference_cost(data_dir: Path, wish: Wish) -> Cost:
    """What inferring would ask.

    Raises:
        UserError: no such dataset or provider.
    """
    async with judge(wish.provider, data_dir) as who:
        return (await fitting(await asyncio.to_thread(_planned, data_dir, wish, who)))[1]


async def inferred(data_dir: Path, wish: Wish) -> AsyncGenerator[Event, None]:
    """Infer what is missing; closing the iterator stops the work, and what came is stored.

    The first event tells the cost. A killed call's answers are kept, and the next takes them up.

    Raises:
        UserError: no such dataset or provider, or another window or command is at work on it.
    """
    stored: list[Persona] = []
    spent = Spent()
    with at_work(data_dir, wish.dataset_id, "inferred"):
        async with judge(wish.provider, data_dir) as who:
            asking, cost = await fitting(await asyncio.to_thread(_planned, data_dir, wish, who))

        def adopt(answers: Answers) -> None:
            stored.extend(_adopt(data_dir, wish, asking, answers))

        work = answered(data_dir, wish.dataset_id, asking, cost, spent, adopt)
        async with aclosing(work) as events:
            async for event in events:
                yield event
                if isinstance(event, Failed):
                    return
    failed = Counter(one.failure for one in stored if one.is_failed)
    yield Finished(
        {
            "dataset": wish.dataset_id,
            "model": who.name,
            "exemplars": wish.shown_kind,
            "asked": len(asking.missing),
            "kept": len(asking.questions) - len(asking.missing),
            "too_long": asking.too_long,
            "personas": len(stored) - failed.total(),
            "failed": failed.total(),
            "reasons": dict(failed.most_common()),
            "spent": vars(spent),
        }
    )


def _planned(data_dir: Path, wish: Wish, who: Judge) -> Asking:
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, wish.dataset_id)[: wish.limit]
        there = {
            (one.example_id, one.side): one for one in persona_rows.personas_of(db, wish.dataset_id)
        }
    questions = [
        question
        for example in examples
        for question in inference_questions(example, wish.shown_kind)
        if _is_wanted(there.get((example.id, question.side)), wish.fresh)
    ]
    kept = {} if wish.fresh else kept_answers(data_dir, wish.dataset_id, who.key)
    return Asking(who, wish.provider, tuple(questions), kept, wish.fresh)


def _is_wanted(persona: Persona | None, fresh: bool) -> bool:
    if persona is None:
        return True
    return persona.origin == "inferred" and (persona.is_failed or fresh)


def _adopt(data_dir: Path, wish: Wish, asking: Asking, answers: Answers) -> list[Persona]:
    """Make the answers into personas, all in one change; returns those that were asked for."""
    with opened(data_dir) as db, change(db, "Infer personas"):
        there = {
            (one.example_id, one.side): one for one in persona_rows.personas_of(db, wish.dataset_id)
        }
        found = [
            _persona(question, answers[question.key], asking, wish)
            for question in asking.questions
            if question.key in answers
            # The editor may have written one while the model thought.
            and _is_wanted(there.get((question.example_id, question.side)), wish.fresh)
        ]
        persona_rows.add_personas(
            db, (one for one in found if not _is_same(one, there.get((one.example_id, one.side))))
        )
    return found


def _persona(question: Question, answer: Answer, asking: Asking, wish: Wish) -> Persona:
    failure = question.refusal(answer.reply)
    return Persona(
        example_id=question.example_id,
        side=question.side,
        text="" if failure else read_persona(answer.reply),
        origin="inferred",
        provider=wish.provider,
        model_name=asking.who.name,
        prompt_sha256=prompt_sha256(opening(wish.shown_kind)),
        made_at=datetime.now(UTC),
        failure=failure,
        raw=answer.reply if failure else "",
    )


def _is_same(one: Persona, other: Persona | None) -> bool:
    return other is not None and one == replace(other, made_at=one.made_at, check=None)
