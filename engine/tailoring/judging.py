"""Have a chat model judge the answers of an evaluation, two by two, in both orders.

On quality, with nothing said of who asks, and on how it suits whoever asks, with the persona. Every
reply is in the evaluation's `judged.jsonl` before the next is asked for.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import runs
from engine.bank_extend.gates import filled
from engine.judge.families import family_of
from engine.judge.judging import TOO_SMALL
from engine.judge.questions import PAIRWISE, Aspect, Question, Said, read_reply
from engine.kept_lines import keep_lines, kept_lines
from engine.personas.domain import SIDES
from engine.profile.chat_plan import LOCAL_CONTEXT, Judge, judge
from engine.profile.cost import Cost
from engine.spent import Spent
from engine.tailoring.answers import read_answers
from engine.tailoring.cases import CASES, read_cases
from engine.tailoring.contests import Contestant, Judged, Seat, contests_of
from models.asking import asked, concurrently
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, Note, Step
from models.providers import opened_model

JUDGED = "judged.jsonl"
PROMPTS: dict[Aspect, str] = {
    "quality": "judge_answer_quality",
    "personalisation": "judge_answer_fit",
}


@dataclass(frozen=True)
class Reply:
    """One finished question to one judge."""

    judge: str
    about: str
    one: str
    other: str
    aspect: Aspect
    asked: str
    """The hash of the question."""
    said: Said | None
    """None where two replies could not be read."""
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class _Plan:
    questions: tuple[Question, ...]
    missing: tuple[Question, ...]


def seats_of(directory: Path) -> list[Seat]:
    """Every two answers of an evaluation that can be judged."""
    cases = {case.example_id: case for case in read_cases(directory / CASES)}
    answers = read_answers(directory)
    arms = list(dict.fromkeys(arm for arm, _, _ in answers))
    return [
        Seat(contest, case, side, one.text, other.text)
        for contest in contests_of(arms)
        for case in cases.values()
        for side in SIDES
        if side in case.personas
        and (one := answers.get(_key(contest.one, case.example_id, side)))
        and (other := answers.get(_key(contest.other, case.example_id, side)))
    ]


def read_judged(directory: Path) -> dict[str, Judged]:
    """What each judge said, by its name; of questions in older words, nothing."""
    current = prints_of(directory)
    found: dict[str, dict[tuple[str, str, str, Aspect], Said]] = {}
    for reply in read_replies(directory):
        key = (reply.about, reply.one, reply.other, reply.aspect)
        if reply.said and current.get(key) == reply.asked:
            found.setdefault(reply.judge, {})[key] = reply.said
    return dict(found)


def prints_of(directory: Path) -> dict[tuple[str, str, str, Aspect], str]:
    """The hash of every question that there is to be asked now."""
    return {_seat_key(one): one.print for one in _questions(seats_of(directory))}


def read_replies(directory: Path) -> Iterator[Reply]:
    """All replies, those that could not be read too, in the order in which they came."""
    for row in kept_lines(directory / JUDGED):
        said = row.pop("said")
        yield Reply(**row, said=Said(**said) if said else None)


def keep_reply(directory: Path, reply: Reply) -> None:
    """Append a reply; of one question to one judge the last counts."""
    keep_lines(directory / JUDGED, asdict(reply))


async def judging_cost(data_dir: Path, evaluation_id: str, provider: str) -> Cost:
    """What judging an evaluation's answers would ask.

    Raises:
        UserError: no such provider, or nothing to judge.
    """
    async with judge(provider, data_dir) as who:
        plan = await asyncio.to_thread(_planned, data_dir, evaluation_id, who)
        return await _cost(plan, who)


async def judged(data_dir: Path, evaluation_id: str, provider: str) -> AsyncGenerator[Event, None]:
    """Ask what is missing; closing the iterator stops the work, and what was said is kept.

    Raises:
        UserError: no such provider, or nothing to judge.
    """
    directory = runs.run_dir(data_dir, evaluation_id).path
    async with judge(provider, data_dir) as who:
        plan = await asyncio.to_thread(_planned, data_dir, evaluation_id, who)
        cost = await _cost(plan, who)
    total = len(plan.missing)
    yield Step(0, total, f"{who.name} is asked. {cost} Replies:")
    if warning := kinship(who.name, data_dir, evaluation_id):
        yield Note(warning)
    if provider.strip() == "embedded":
        yield Note(TOO_SMALL)
    spent, unread, done = Spent(), 0, 0
    if total:
        async with opened_model(provider, data_dir, LOCAL_CONTEXT) as model:

            async def ask(question: Question) -> Reply:
                def read(text: str) -> Said | None:
                    return read_reply(text, question.aspect)

                said = await asked(model, question.messages, question.sampling, read)
                spent.count(said.prompt_tokens, said.completion_tokens, said.unread)
                reply = Reply(
                    who.name,
                    question.book_id,
                    question.one,
                    question.other,
                    question.aspect,
                    question.print,
                    said.value,
                    said.prompt_tokens,
                    said.completion_tokens,
                )
                keep_reply(directory, reply)
                return reply

            try:
                async with aclosing(concurrently(plan.missing, ask, who.concurrency)) as replies:
                    async for reply in replies:
                        done += 1
                        unread += reply.said is None
                        yield Step(done, total, f"{spent}; replies:")
            except UserError as error:
                kept = f"{done} of {total} replies are there and kept"
                yield Failed(f"{error.message} {kept}.", f"{error.hint} The same call goes on.")
                return
    if unread:
        yield Note(f"Malformed twice, and left out: {unread}. The same call asks for them again.")
    yield Finished(
        {
            "evaluation": evaluation_id,
            "judge": who.name,
            "asked": total,
            "kept": len(plan.questions) - total,
            "unread": unread,
            "spent": vars(spent),
        }
    )


def kinship(judge_name: str, data_dir: Path, evaluation_id: str) -> str:
    """A warning where the judge is of the family of the base that is evaluated."""
    told = json.loads(runs.run_dir(data_dir, evaluation_id).job.read_text(encoding="utf-8"))
    base = "SmolLM2" if told["base"] == "embedded" else Path(str(told["base"])).name
    family = family_of(judge_name)
    if family is None or family != family_of(base):
        return ""
    return (
        "The judge is of the same family of models as those it judges: such judges prefer their "
        "own kind. Take another, or believe it less."
    )


def _planned(data_dir: Path, evaluation_id: str, who: Judge) -> _Plan:
    directory = runs.run_dir(data_dir, evaluation_id).path
    seats = seats_of(directory)
    if not seats:
        raise BadInput(
            f"The evaluation {evaluation_id} has no answers to judge.",
            "Have them written first: `persona-studio persona evaluate DATASET --answers 20`.",
        )
    done = {
        (reply.about, reply.one, reply.other, reply.aspect, reply.asked)
        for reply in read_replies(directory)
        if reply.judge == who.name and reply.said
    }
    questions = tuple(_questions(seats))
    missing = tuple(one for one in questions if (*_seat_key(one), one.print) not in done)
    return _Plan(questions, missing)


def _questions(seats: Sequence[Seat]) -> Iterator[Question]:
    """Everything to be asked, those together that begin with the same words."""
    for aspect in PAIRWISE:
        for seat in seats:
            if seat.one == seat.other:
                continue
            texts = ((seat.contest.one, seat.one), (seat.contest.other, seat.other))
            for (first, text), (second, other) in (texts, texts[::-1]):
                asked_for = filled(
                    PROMPTS[aspect],
                    prompt=seat.case.prompt,
                    persona=seat.persona,
                    one=text,
                    other=other,
                )
                yield Question(aspect, seat.about, first.id, second.id, asked_for)


def _seat_key(question: Question) -> tuple[str, str, str, Aspect]:
    return question.book_id, question.one, question.other, question.aspect


def _key(contestant: Contestant, example_id: str, side: str) -> tuple[str, str, str]:
    return contestant.arm, example_id, side if contestant.persona == "own" else "none"


async def _cost(plan: _Plan, who: Judge) -> Cost:
    tokens = 0
    for question in plan.missing:
        tokens += await who.count_tokens(question.messages)
    return Cost(
        calls=len(plan.missing),
        reused=len(plan.questions) - len(plan.missing),
        prompt_tokens=tokens,
        completion_tokens_at_most=sum(one.sampling.max_tokens for one in plan.missing),
        is_estimate=not who.counts_exactly,
    )
