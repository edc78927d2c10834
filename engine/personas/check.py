"""Check personas by a fresh judgement: does it pick the answer that the persona was inferred from?

The judge sees the pair in both orders and the persona, nothing else, and must be right twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from engine.domain import PreferenceExample
from engine.personas.asking import Answers, Asking, answered, fitting, kept_answers
from engine.personas.domain import Check, Persona, Side
from engine.personas.figures import Preference, figures, preference
from engine.personas.lock import at_work
from engine.personas.questions import (
    Question,
    check_questions,
    comparison_questions,
    picked_first,
)
from engine.profile.chat_plan import Judge, judge
from engine.profile.cost import Cost
from engine.prompts import prompt
from engine.spent import Spent
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import change, opened
from engine.store.personas import Answer
from models.errors import BadInput
from models.events import Event, Failed, Finished, Note

Key = tuple[str, Side]


@dataclass(frozen=True)
class CheckWish:
    """Which personas are to be checked, and by whom."""

    dataset_id: str
    provider: str
    limit: int | None = None
    """Those of the first so many pairs; None: all."""
    compares: bool = False
    """Whether the judge also says which of a pair's personas fits more people."""
    fresh: bool = False
    """Also what another judge has checked, with everything asked again."""


@dataclass(frozen=True)
class _Plan:
    asking: Asking
    checks: Mapping[Key, tuple[Question, ...]]
    """By persona, the intended answer first and then second."""
    comparisons: tuple[tuple[Question, ...], ...]
    personas: Mapping[Key, Persona]


async def check_cost(data_dir: Path, wish: CheckWish) -> Cost:
    """What checking would ask.

    Raises:
        UserError: no such dataset or provider, or nothing to check.
    """
    async with judge(wish.provider, data_dir) as who:
        plan = await asyncio.to_thread(_planned, data_dir, wish, who)
        return (await fitting(plan.asking))[1]


async def checked(data_dir: Path, wish: CheckWish) -> AsyncGenerator[Event, None]:
    """Check what is unchecked; closing the iterator stops the work, and what came is stored.

    `Finished.result` has the figures of all personas of these pairs.

    Raises:
        UserError: no such dataset or provider, nothing to check, or another window or command is
            at work on it.
    """
    answers: dict[tuple[str, str], Answer] = {}
    spent = Spent()
    with at_work(data_dir, wish.dataset_id, "checked"):
        async with judge(wish.provider, data_dir) as who:
            plan = await asyncio.to_thread(_planned, data_dir, wish, who)
            asking, cost = await fitting(plan.asking)
        if who.name in {one.model_name for one in plan.personas.values()}:
            yield Note("The judge inferred these personas itself: another one is a harder test.")

        def adopt(found: Answers) -> None:
            answers.update(found)
            _adopt(data_dir, wish, plan, found)

        work = answered(data_dir, wish.dataset_id, asking, cost, spent, adopt)
        async with aclosing(work) as events:
            async for event in events:
                yield event
                if isinstance(event, Failed):
                    return
    result = {
        "dataset": wish.dataset_id,
        "judge": who.name,
        "asked": len(asking.missing),
        "kept": len(asking.questions) - len(asking.missing),
        "too_long": asking.too_long,
        "turned_away": _turned_away(plan, answers),
        "spent": vars(spent),
        **figures(await asyncio.to_thread(_of_pairs, data_dir, wish)).as_json(),
    }
    if wish.compares:
        result["preference"] = _preference(plan, answers).as_json()
    yield Finished(result)


def _planned(data_dir: Path, wish: CheckWish, who: Judge) -> _Plan:
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, wish.dataset_id)[: wish.limit]
    valid = {
        (one.example_id, one.side): one for one in _of_pairs(data_dir, wish) if not one.is_failed
    }
    if not valid:
        raise BadInput(
            f"The dataset {wish.dataset_id!r} has no personas to check.",
            f"Infer some: `persona-studio persona infer {wish.dataset_id}`.",
        )
    by_id = {example.id: example for example in examples}
    checks = {
        key: tuple(check_questions(by_id[persona.example_id], persona))
        for key, persona in valid.items()
        if _is_wanted(persona, who, wish.fresh)
    }
    comparisons = tuple(_comparisons(examples, valid)) if wish.compares else ()
    asked = sorted((one for group in checks.values() for one in group), key=_shares_prefix)
    questions = (*asked, *(one for group in comparisons for one in group))
    kept = {} if wish.fresh else kept_answers(data_dir, wish.dataset_id, who.key)
    asking = Asking(who, wish.provider, questions, kept, wish.fresh)
    return _Plan(asking, checks, comparisons, valid)


def _shares_prefix(question: Question) -> tuple[str, bool]:
    """Those together that begin with the same answer: a local model reads a pair once for both."""
    return question.example_id, (question.side == "chosen") == question.is_first


def _is_wanted(persona: Persona, who: Judge, fresh: bool) -> bool:
    """What another judge has checked stays as it is unless that is asked for."""
    if fresh or persona.check is None or persona.passed is None:
        return True
    return persona.check.judge == who.name


def _comparisons(
    examples: Iterable[PreferenceExample], valid: Mapping[Key, Persona]
) -> Iterable[tuple[Question, ...]]:
    for example in examples:
        chosen, rejected = valid.get((example.id, "chosen")), valid.get((example.id, "rejected"))
        if chosen and rejected:
            yield tuple(comparison_questions(example, chosen, rejected))


def _adopt(data_dir: Path, wish: CheckWish, plan: _Plan, answers: Answers) -> None:
    """Store the checks that have an answer in both orders, in one change."""
    who = plan.asking.who
    with opened(data_dir) as db, change(db, "Check personas"):
        there = {
            (one.example_id, one.side): one for one in persona_rows.personas_of(db, wish.dataset_id)
        }
        checks: dict[Key, Check] = {}
        for key, orders in plan.checks.items():
            persona = there.get(key)
            # The editor may have changed it while the judge thought.
            if persona is None or persona.text != plan.personas[key].text:
                continue
            said = _in_both_orders(orders, answers)
            if said is None:
                continue
            check = _check(persona, *said, who)
            if persona.check != replace(check, made_at=_made_at(persona, check)):
                checks[key] = check
        persona_rows.save_checks(db, checks)


def _check(persona: Persona, first: Answer, second: Answer, who: Judge) -> Check:
    picked_as_second = picked_first(second.reply)
    return Check(
        text=persona.text,
        intended_first=picked_first(first.reply),
        intended_second=None if picked_as_second is None else not picked_as_second,
        judge=who.name,
        prompt_sha256=sha256(prompt("persona_check").encode()).hexdigest(),
        made_at=datetime.now(UTC),
    )


def _made_at(persona: Persona, check: Check) -> datetime:
    return persona.check.made_at if persona.check else check.made_at


def _preference(plan: _Plan, answers: Answers) -> Preference:
    return preference(_picks(orders, answers) for orders in plan.comparisons)


def _picks(orders: Sequence[Question], answers: Answers) -> tuple[bool | None, bool | None]:
    said = _in_both_orders(orders, answers)
    if said is None:
        return None, None
    first, second = said
    return picked_first(first.reply), picked_first(second.reply)


def _in_both_orders(orders: Sequence[Question], answers: Answers) -> tuple[Answer, Answer] | None:
    """What the judge said; None where it was not asked in both, or its server refused to be."""
    first, second = (answers.get(question.key) for question in orders)
    if first is None or second is None or first.was_turned_away or second.was_turned_away:
        return None
    return first, second


def _turned_away(plan: _Plan, answers: Answers) -> int:
    """Personas that the judge was asked about in vain: its server refused one order or both."""
    refused = {key for key, answer in answers.items() if answer.was_turned_away}
    return sum(any(one.key in refused for one in orders) for orders in plan.checks.values())


def _of_pairs(data_dir: Path, wish: CheckWish) -> list[Persona]:
    """The personas of the pairs that are meant."""
    with opened(data_dir) as db:
        meant = {one.id for one in dataset_rows.examples_of(db, wish.dataset_id)[: wish.limit]}
        return [
            one for one in persona_rows.personas_of(db, wish.dataset_id) if one.example_id in meant
        ]
