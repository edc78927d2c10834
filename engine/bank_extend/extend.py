"""Carry out an order, candidate by candidate.

Waiting work, in the front end's loop. Every candidate is on the disk before the next of its target
is begun, so the same call goes on where a killed one stopped.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path

from engine.bank_extend.attempt import Writing, answered, attempted
from engine.bank_extend.decisions import candidates
from engine.bank_extend.files import alone_at_work
from engine.bank_extend.order import Order
from engine.bank_extend.plan import TRIES, controls, cost_of, many, planned
from engine.bank_extend.twins import texts_of_candidates, texts_of_ours
from engine.nearness import nearness
from engine.profile.chat_plan import LOCAL_CONTEXT, judge
from models.asking import concurrently
from models.errors import UserError
from models.events import Event, Failed, Finished, Item, Note, Step
from models.providers import opened_model


async def extend(data_dir: Path, order: Order) -> AsyncGenerator[Event, None]:
    """Have a chat model write what an order lacks; closing the iterator stops the work.

    The first event tells the cost. An `Item` is a candidate, as `Candidate.as_json` has it.

    Raises:
        UserError: the provider cannot be used, or somebody else extends this bank.
    """
    with alone_at_work(data_dir):
        known = await asyncio.to_thread(candidates, data_dir)
        plan = planned(order, known)
        async with judge(order.provider, data_dir) as who:
            cost = await cost_of(plan, who)
        yield Step(0, plan.wanted, f"{who.name} is asked. {cost} Done:")
        if not plan.missing:
            yield Finished({"passed": 0, "refused": 0, "missing": 0, "controls": None})
            return
        async with (
            opened_model(order.provider, data_dir, LOCAL_CONTEXT) as model,
            nearness(data_dir / "logs") as near,
        ):
            near.know(texts_of_ours(order.kind), data_dir / "cache")
            near.know(texts_of_candidates(order.kind, known))
            writing = Writing(data_dir, plan, model, who.name, near)
            async with aclosing(_events(writing, who.concurrency)) as events:
                async for event in events:
                    yield event


async def _events(writing: Writing, concurrency: int) -> AsyncGenerator[Event, None]:
    wanted = writing.plan.wanted
    try:
        right, total = await _controlled(writing, concurrency)
        yield Note(_told_of_controls(right, total))
        # Round by round: each target is shown what was written for it before.
        while targets := writing.wanting():
            attempts = concurrently(targets, partial(attempted, writing), concurrency)
            async with aclosing(attempts) as done:
                async for candidate in done:
                    yield Item(candidate.as_json())
                    if candidate.refused:
                        yield Note(f"Refused: {candidate.id}. {candidate.refused}")
                    yield Step(writing.all_passed, wanted, f"{writing.spent}; done:")
    except UserError as error:
        kept = f"{writing.all_passed} of {wanted} are there and kept"
        yield Failed(f"{error.message} {kept}.", f"{error.hint} The same call goes on.".strip())
        return
    passed = writing.all_passed
    if passed < wanted:
        yield Note(
            f"Still missing: {many(wanted - passed, writing.plan.order.kind)}, after {TRIES} "
            "attempts at each. The same call tries again; a larger model gets further."
        )
    yield Finished(
        {
            "passed": passed,
            "refused": len(writing.kept) - passed,
            "missing": wanted - passed,
            "controls": {"right": right, "asked": total},
            "spent": vars(writing.spent),
        }
    )


async def _controlled(writing: Writing, concurrency: int) -> tuple[int, int]:
    """How many questions about texts of ours the model answers rightly, and of how many."""
    known = controls(next(iter(writing.plan.missing)))
    right = 0
    async with aclosing(concurrently(known, partial(answered, writing), concurrency)) as answers:
        async for answer in answers:
            right += answer.passes
    return right, len(known)


def _told_of_controls(right: int, total: int) -> str:
    told = f"Asked about {total} texts of ours whose side is known, the model was right on {right}"
    if right == total:
        return f"{told}."
    return f"{told}: read what it lets through with your own eye."
