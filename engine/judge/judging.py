"""Have a chat model judge a round, question by question.

Waiting work, in the front end's loop. Every answer is in the store before the next is asked for, so
that the same call goes on where a killed one stopped; what was asked in other words is asked anew.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from engine.cards import conditioning_text
from engine.judge.families import kinship
from engine.judge.questions import ASPECTS, Aspect, Key, Question, Said, questions, read_reply
from engine.profile.chat_plan import LOCAL_CONTEXT, Judge, judge
from engine.profile.cost import Cost
from engine.spent import Spent
from engine.store import judge_answers as answer_rows
from engine.store import votes as vote_rows
from engine.store.database import opened
from engine.store.judge_answers import JudgeAnswer
from engine.votes.ballot import Round
from models.asking import asked, concurrently, saved_whatever
from models.chat import ChatModel
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, Note, Step
from models.providers import opened_model

TOO_SMALL = (
    "The embedded model is too small to judge: it shows how judging works, and its word is worth "
    "little. Name a larger one."
)


@dataclass(frozen=True)
class JudgingPlan:
    """All that is to be asked of a round, and what was answered before."""

    round: Round
    questions: tuple[Question, ...]
    kept: Mapping[Key, JudgeAnswer]

    @property
    def missing(self) -> tuple[Question, ...]:
        """What has no answer that can be read to just this question."""
        return tuple(one for one in self.questions if not self._is_answered(one))

    def _is_answered(self, question: Question) -> bool:
        answer = self.kept.get(question.key)
        return answer is not None and answer.said is not None and answer.asked == question.print


def planned(
    data_dir: Path, round_id: str, who: Judge, aspects: Sequence[Aspect] = ASPECTS
) -> JudgingPlan:
    """What a judge still has to be asked.

    Raises:
        BadInput: no such round, or no profile of the reader to judge personalisation by.
    """
    with opened(data_dir) as db:
        whole = vote_rows.find_round(db, round_id)
    if not whole.seats:
        raise BadInput(f"The round {whole.id} has no ballots.", "Make another round.")
    needs_card = set(aspects) - {"quality"}
    card = conditioning_text(data_dir, whole.reader_id) if needs_card else ""
    kept = answer_rows.of_round(data_dir, whole.id, who.name)
    return JudgingPlan(whole, tuple(questions(whole, card, tuple(aspects))), kept)


async def judging_cost(
    data_dir: Path, round_id: str, provider: str, aspects: Sequence[Aspect] = ASPECTS
) -> Cost:
    """What judging a round would ask.

    Raises:
        UserError: no such round or provider.
    """
    async with judge(provider, data_dir) as who:
        plan = await asyncio.to_thread(planned, data_dir, round_id, who, aspects)
        return await _cost(plan, who)


async def judged(
    data_dir: Path, round_id: str, provider: str, aspects: Sequence[Aspect] = ASPECTS
) -> AsyncGenerator[Event, None]:
    """Ask what is missing; closing the iterator stops the work, and what was answered is kept.

    The first event tells the cost. No event names a contestant, since whoever watches may vote.

    Raises:
        UserError: no such round or provider.
    """
    async with judge(provider, data_dir) as who:
        plan = await asyncio.to_thread(planned, data_dir, round_id, who, aspects)
        cost = await _cost(plan, who)
    total = len(plan.missing)
    yield Step(0, total, f"{who.name} is asked. {cost} Answers:")
    if warning := kinship(who.name, plan.round.contestants.values()):
        yield Note(warning)
    if provider.strip() == "embedded":
        yield Note(TOO_SMALL)
    spent, unread = Spent(), 0
    if total:
        async with opened_model(provider, data_dir, LOCAL_CONTEXT) as model:
            answers = answers_by(model, plan, who, data_dir)
            done = 0
            async with aclosing(answers) as events:
                async for answer in events:
                    if isinstance(answer, Failed):
                        yield answer
                        return
                    done += 1
                    unread += answer.said is None
                    spent.count(answer.prompt_tokens, answer.completion_tokens, answer.unread)
                    yield Step(done, total, f"{spent}; answers:")
    if unread:
        yield Note(f"Malformed twice, and left out: {unread}. The same call asks for them again.")
    yield Finished(
        {
            "round": plan.round.id,
            "judge": who.name,
            "asked": total,
            "kept": len(plan.questions) - total,
            "unread": unread,
            "spent": vars(spent),
        }
    )


async def answers_by(
    model: ChatModel, plan: JudgingPlan, who: Judge, data_dir: Path
) -> AsyncGenerator[JudgeAnswer | Failed, None]:
    """The answers to what is missing as they come, each in the store already.

    A model that cannot answer ends it with `Failed`.
    """

    async def ask(question: Question) -> JudgeAnswer:
        def read(text: str) -> Said | None:
            return read_reply(text, question.aspect)

        said = await asked(model, question.messages, question.sampling, read)
        answer = JudgeAnswer(
            question.key,
            question.print,
            said.value,
            said.unread,
            min(2, len(said.unread) + 1),
            said.prompt_tokens,
            said.completion_tokens,
        )
        save = (data_dir, plan.round.id, who.name, answer)
        await saved_whatever(asyncio.to_thread(answer_rows.save, *save))
        return answer

    done = 0
    try:
        async with aclosing(concurrently(plan.missing, ask, who.concurrency)) as answers:
            async for answer in answers:
                done += 1
                yield answer
    except UserError as error:
        kept = f"{done} of {len(plan.missing)} answers are there and kept"
        yield Failed(f"{error.message} {kept}.", f"{error.hint} The same call goes on.".strip())


async def _cost(plan: JudgingPlan, who: Judge) -> Cost:
    missing = plan.missing
    tokens = 0
    for question in missing:
        tokens += await who.count_tokens(question.messages)
    return Cost(
        calls=len(missing),
        reused=len(plan.questions) - len(missing),
        prompt_tokens=tokens,
        completion_tokens_at_most=sum(one.sampling.max_tokens for one in missing),
        is_estimate=not who.counts_exactly,
    )
