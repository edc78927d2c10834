"""Put questions about preference examples to a model; every answer is kept before the next.

Waiting work, in the front end's loop. A kill loses what is in flight, and the same call goes on.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from engine.personas.questions import Question
from engine.profile.chat_plan import LOCAL_CONTEXT, Judge
from engine.profile.cost import Cost
from engine.sources.records import storable
from engine.spent import Spent
from engine.store import personas as persona_rows
from engine.store.database import opened
from engine.store.personas import Answer
from models.asking import asked, concurrently, saved_whatever
from models.chat import ChatModel
from models.errors import RequestRefused, UserError
from models.events import Event, Failed, Note, Step
from models.providers import opened_model

TOO_SMALL = (
    "The embedded model is too small for this: it shows how the work goes, and its word is worth "
    "little. Name a larger one."
)
MOST_TURNED_AWAY = 3
"""Requests that are refused one by one before the server is taken to refuse all."""

Answers = Mapping[tuple[str, str], Answer]
"""By the key of the question."""


@dataclass(frozen=True)
class Asking:
    """What one model is to be asked, and what it has answered before."""

    who: Judge
    provider: str
    questions: tuple[Question, ...]
    kept: Answers
    is_fresh: bool = False
    """Whether everything is asked again, whatever was answered before."""
    too_long: int = 0
    """Questions that are over the model's context, and left out."""

    @property
    def missing(self) -> tuple[Question, ...]:
        """What has no answer; one that was of no use twice is an answer, and stays one."""
        return tuple(one for one in self.questions if one.key not in self.kept)

    @property
    def warning(self) -> str:
        return TOO_SMALL if self.provider.strip() == "embedded" else ""


@dataclass(frozen=True)
class _TurnedAway:
    """A question that the server took no request of."""

    question: Question
    error: RequestRefused

    def as_answer(self, model: str) -> Answer:
        """What the server said, which is of no use."""
        said = storable(self.error.message)
        return Answer(
            example_id=self.question.example_id,
            asked=self.question.print,
            model=model,
            reply=said,
            is_read=False,
            unread=(),
            calls=1,
            prompt_tokens=0,
            completion_tokens=0,
        )


async def fitting(asking: Asking) -> tuple[Asking, Cost]:
    """Without what is over the model's context, and what the rest will cost."""
    tokens = 0
    fits: list[Question] = []
    for question in asking.questions:
        if question.key in asking.kept:
            fits.append(question)
            continue
        length = await asking.who.count_tokens(question.messages)
        # A second try has the reply and a remark on it as well.
        if length + 3 * question.sampling.max_tokens <= asking.who.context:
            fits.append(question)
            tokens += length
    shorter = replace(asking, questions=tuple(fits), too_long=len(asking.questions) - len(fits))
    cost = Cost(
        calls=len(shorter.missing),
        reused=len(shorter.questions) - len(shorter.missing),
        prompt_tokens=tokens,
        completion_tokens_at_most=sum(one.sampling.max_tokens for one in shorter.missing),
        is_estimate=not asking.who.counts_exactly,
    )
    return shorter, cost


async def answered(
    data_dir: Path,
    dataset_id: str,
    asking: Asking,
    cost: Cost,
    spent: Spent,
    adopt: Callable[[Answers], object],
) -> AsyncGenerator[Event, None]:
    """Tell the cost, ask what is missing, and have what came adopted, however it ends.

    Args:
        spent: counted here as the replies come in.
        adopt: makes something of the answers that count; called once, in a thread.
    """
    who = asking.who
    yield Step(0, len(asking.missing), f"{who.name} is asked. {cost} Answers:")
    if asking.warning:
        yield Note(asking.warning)
    if asking.too_long:
        yield Note(f"Over the model's {who.context:,} tokens, and left out: {asking.too_long:,}.")
    came: set[tuple[str, str]] = set()
    try:
        async with aclosing(_asked_all(data_dir, asking, spent, came)) as events:
            async for event in events:
                yield event
    finally:
        answers = await asyncio.to_thread(_answers_now, data_dir, dataset_id, asking, came)
        await asyncio.to_thread(adopt, answers)


async def _asked_all(
    data_dir: Path, asking: Asking, spent: Spent, came: set[tuple[str, str]]
) -> AsyncGenerator[Event, None]:
    """Ask what is missing, as `Step`s; `Failed` ends it where the model cannot answer.

    Args:
        came: the keys of the answers are added here.
    """
    total = len(asking.missing)
    if not total:
        return
    async with opened_model(asking.provider, data_dir, LOCAL_CONTEXT) as model:
        done = 0
        try:
            async with aclosing(answers_by(model, data_dir, asking)) as answers:
                async for answer in answers:
                    done += 1
                    came.add(answer.key)
                    spent.count(answer.prompt_tokens, answer.completion_tokens, answer.unread)
                    yield Step(done, total, f"{spent}; answers:")
        except UserError as error:
            kept = f"{done:,} of {total:,} answers are there and kept"
            then = "asks everything again" if asking.is_fresh else "goes on"
            yield Failed(f"{error.message} {kept}.", f"{error.hint} The same call {then}.".strip())


async def answers_by(
    model: ChatModel, data_dir: Path, asking: Asking
) -> AsyncGenerator[Answer, None]:
    """The answers to what is missing as they come, each in the store already.

    A question that the server refuses for itself (a content filter, a length) is kept as one
    without an answer, so that it stops nothing, once another has shown that the server answers.

    Raises:
        UserError: the model cannot answer.
    """

    async def ask(question: Question) -> Answer | _TurnedAway:
        try:
            return await answer_to(question)
        except RequestRefused as error:
            return _TurnedAway(question, error)

    async def answer_to(question: Question) -> Answer:
        def read(text: str) -> str | None:
            return None if question.refusal(text) else text

        again = question.again if question.tells_why else None
        said = await asked(model, question.messages, question.sampling, read, again)
        answer = Answer(
            example_id=question.example_id,
            asked=question.print,
            model=asking.who.key,
            reply=storable(said.text),
            is_read=said.value is not None,
            unread=tuple(map(storable, said.unread)),
            calls=min(2, len(said.unread) + 1),
            prompt_tokens=said.prompt_tokens,
            completion_tokens=said.completion_tokens,
        )
        await saved_whatever(asyncio.to_thread(persona_rows.keep_answer, data_dir, answer))
        return answer

    turned_away: list[_TurnedAway] = []
    does_answer = bool(asking.kept)
    async with aclosing(concurrently(asking.missing, ask, asking.who.concurrency)) as answers:
        async for found in answers:
            if isinstance(found, _TurnedAway):
                turned_away.append(found)
                if not does_answer and len(turned_away) == MOST_TURNED_AWAY:
                    raise found.error
            else:
                does_answer = True
                yield found
    if turned_away and not does_answer:
        raise turned_away[0].error
    for one in turned_away:
        answer = one.as_answer(asking.who.key)
        await saved_whatever(asyncio.to_thread(persona_rows.keep_answer, data_dir, answer))
        yield answer


def kept_answers(data_dir: Path, dataset_id: str, model: str) -> dict[tuple[str, str], Answer]:
    """All that a model has answered on a dataset's examples."""
    with opened(data_dir) as db:
        return persona_rows.answers_by(db, dataset_id, [model])


def _answers_now(
    data_dir: Path, dataset_id: str, asking: Asking, came: Collection[tuple[str, str]]
) -> Answers:
    """The answers that count: all that are kept; where everything is asked again, what came."""
    answers = kept_answers(data_dir, dataset_id, asking.who.key)
    if not asking.is_fresh:
        return answers
    return {key: answer for key, answer in answers.items() if key in came}
