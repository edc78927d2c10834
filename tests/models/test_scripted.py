"""The model that tests of other rooms script."""

import pytest

from models.chat import Message, Sampling, complete
from models.errors import UserError
from models.scripted import ScriptedModel

HELLO = (Message("user", "How are you?"),)


async def test_replies_come_in_order_and_what_was_asked_is_kept() -> None:
    model = ScriptedModel(["first  reply"])
    model.enqueue("", "third")
    replies = [(await complete(model, HELLO, Sampling(seed=seed))).text for seed in range(3)]
    assert replies == ["first  reply", "", "third"]
    assert [sampling.seed for _, sampling in model.asked] == [0, 1, 2]
    assert model.asked[0][0] == HELLO


async def test_an_error_in_the_script_is_raised_and_so_is_the_end_of_it() -> None:
    model = ScriptedModel([UserError("The model died.")])
    with pytest.raises(UserError, match="died"):
        await complete(model, HELLO, Sampling())
    with pytest.raises(UserError, match="no more replies"):
        await complete(model, HELLO, Sampling())
