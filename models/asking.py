"""Questions whose replies have a form: one more try for a malformed one, several under way at once.

What the form is, and what a reply means, is the caller's affair.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from models.chat import ChatModel, Message, Sampling, complete

SECOND_TRY_TEMPERATURE = 0.7
"""Greedy decoding says the same again, whatever the seed."""

Value = TypeVar("Value")
Unit = TypeVar("Unit")


@dataclass(frozen=True)
class Asked(Generic[Value]):
    """What became of one question."""

    value: Value | None
    """None where two replies could not be read."""
    text: str
    """The last reply, as it came."""
    unread: tuple[str, ...]
    """The malformed replies, as they came."""
    prompt_tokens: int
    completion_tokens: int


async def asked(
    model: ChatModel,
    messages: Sequence[Message],
    sampling: Sampling,
    read: Callable[[str], Value | None],
    again: Callable[[str], Sequence[Message]] | None = None,
) -> Asked[Value]:
    """Put a question; where `read` makes nothing of the reply, put it once more.

    Args:
        again: the second question, from the reply to the first, asked no warmer; None puts the same
            with more warmth.

    Raises:
        UserError: the model cannot answer.
    """
    unread: list[str] = []
    prompt_tokens = completion_tokens = 0
    warmer = max(sampling.temperature, SECOND_TRY_TEMPERATURE)
    second = sampling if again else replace(sampling, temperature=warmer, seed=sampling.seed + 1)
    for attempt in (sampling, second):
        reply = await complete(model, messages, attempt)
        prompt_tokens += reply.prompt_tokens
        completion_tokens += reply.completion_tokens
        value = read(reply.text)
        if value is not None:
            break
        unread.append(reply.text)
        messages = again(reply.text) if again else messages
    return Asked(value, reply.text, tuple(unread), prompt_tokens, completion_tokens)


async def saved_whatever(save: Coroutine[object, object, None]) -> None:
    """Wait until something is saved, also where the waiting is cancelled since another call failed.

    What an answer has cost is not lost, nor saved when the work is said to have ended.
    """
    saving = asyncio.create_task(save)
    try:
        await asyncio.shield(saving)
    except asyncio.CancelledError:
        await saving
        raise


async def concurrently(
    units: Iterable[Unit],
    ask: Callable[[Unit], Coroutine[object, object, Value]],
    most: int,
) -> AsyncGenerator[Value, None]:
    """The answers as they come. After an error nothing more is asked, and it is raised last.

    Args:
        most: units under way at once. Closing the generator cancels them.
    """
    waiting = iter(units)
    running: set[asyncio.Task[Value]] = set()
    try:
        while True:
            more = islice(waiting, most - len(running))
            running |= {asyncio.create_task(ask(unit)) for unit in more}
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            errors = [error for task in done if (error := task.exception())]
            for task in done:
                if not task.exception():
                    yield task.result()
            if errors:
                raise errors[0]
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
