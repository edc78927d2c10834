"""Replies that have a form: one more try, and no more."""

import asyncio

import pytest

from models.asking import SECOND_TRY_TEMPERATURE, asked, concurrently
from models.chat import Message, Sampling
from models.errors import UserError
from models.scripted import ScriptedModel

QUESTION = (Message("user", "How many?"),)


def number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


async def test_a_malformed_reply_is_asked_for_once_more_warmer_and_with_another_seed() -> None:
    model = ScriptedModel(["many", "7"])
    said = await asked(model, QUESTION, Sampling(seed=4), number)
    assert (said.value, said.text, said.unread) == (7, "7", ("many",))
    assert (said.prompt_tokens, said.completion_tokens) == (4, 2)
    first, second = (sampling for _, sampling in model.asked)
    assert (first.temperature, first.seed) == (0.0, 4)
    assert (second.temperature, second.seed) == (SECOND_TRY_TEMPERATURE, 5)


async def test_a_second_malformed_reply_is_the_last() -> None:
    model = ScriptedModel(["many", "a few", "7"])
    said = await asked(model, QUESTION, Sampling(), number)
    assert (said.value, said.unread) == (None, ("many", "a few"))
    assert len(model.asked) == 2


async def test_nought_is_a_value() -> None:
    model = ScriptedModel(["0", "7"])
    assert (await asked(model, QUESTION, Sampling(), number)).value == 0


async def test_after_an_error_nothing_more_is_begun_and_it_comes_last() -> None:
    begun: list[int] = []

    async def ask(unit: int) -> int:
        begun.append(unit)
        await asyncio.sleep(0)
        if unit == 2:
            raise UserError("The second fails.")
        return unit

    answers = concurrently(range(1, 9), ask, 2)
    assert await anext(answers) == 1
    with pytest.raises(UserError, match="second"):
        await anext(answers)
    assert begun == [1, 2]
