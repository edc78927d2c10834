"""`LocalModel` over a real child with the embedded model."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from models.chat import Message, Reply, Sampling, Started, Text, complete
from models.errors import UserError
from models.library import embedded_gguf
from models.local import LocalModel, local_model

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = (Message("user", "Say hello."),)
SHORT = Sampling(max_tokens=4)
ENDLESS = Sampling(max_tokens=3000, json_schema=json.dumps({"const": "on and on " * 1000}))
"""Leaves the model nothing else to say for half a minute."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalModel]:
    async with local_model(embedded_gguf(), tmp_path_factory.mktemp("logs")) as model:
        yield model


async def test_a_reply_is_started_then_text_then_whole(model: LocalModel) -> None:
    started, *pieces, reply = [event async for event in model.stream(HELLO, SHORT)]
    assert isinstance(started, Started)
    assert isinstance(reply, Reply)
    assert started.model_sha256 == reply.model_sha256 == model.sha256
    assert started.prompt_tokens == len(await model.prompt_tokens(HELLO))
    assert "".join(piece.text for piece in pieces if isinstance(piece, Text)) == reply.text


async def test_closing_a_stream_early_stops_the_model_and_frees_it(model: LocalModel) -> None:
    async with aclosing(model.stream(HELLO, ENDLESS)) as events:
        async for event in events:
            if isinstance(event, Text):
                break
    async with asyncio.timeout(10):
        assert (await complete(model, HELLO, SHORT)).completion_tokens == 4


async def test_a_cancelled_caller_leaves_the_model_to_the_next(model: LocalModel) -> None:
    caller = asyncio.create_task(complete(model, HELLO, ENDLESS))
    await asyncio.sleep(0.5)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    async with asyncio.timeout(10):
        assert (await complete(model, HELLO, SHORT)).completion_tokens == 4


async def test_callers_at_the_same_time_each_get_their_own_answer(model: LocalModel) -> None:
    async def said(word: str) -> str:
        schema = json.dumps({"const": word})
        reply = await complete(model, HELLO, Sampling(max_tokens=20, json_schema=schema))
        return str(json.loads(reply.text))

    words = ["walrus", "sea", "book", "train"]
    assert await asyncio.gather(*map(said, words)) == words


async def test_a_likely_completion_scores_higher_than_an_unlikely_one(model: LocalModel) -> None:
    likely, unlikely = await model.score(HELLO, ["Hello!", "Quarterly walrus"])
    assert likely.logprob > unlikely.logprob
    assert likely.tokens == 2


async def test_a_prompt_over_the_context_is_an_error_and_the_model_goes_on(
    model: LocalModel,
) -> None:
    with pytest.raises(UserError, match="tokens"):
        await complete(model, (Message("user", "word " * 5000),), SHORT)
    assert (await complete(model, HELLO, SHORT)).text


async def test_a_child_that_is_killed_is_one_error_that_names_its_log(tmp_path: Path) -> None:
    async with local_model(embedded_gguf(), tmp_path) as model:
        events = model.stream(HELLO, ENDLESS)
        assert isinstance(await anext(events), Started)
        model._child._process.send_signal(signal.SIGKILL)
        with pytest.raises(UserError, match="SIGKILL") as caught:
            _ = [event async for event in events]
        assert str(tmp_path) in caught.value.hint
        with pytest.raises(UserError, match="SIGKILL"):
            await complete(model, HELLO, SHORT)


async def test_the_child_is_gone_after_the_block_even_in_the_middle_of_a_reply(
    tmp_path: Path,
) -> None:
    async with local_model(embedded_gguf(), tmp_path, context=512) as model:
        events = model.stream(HELLO, ENDLESS)
        assert isinstance(await anext(events), Started)
        assert model.context == 512
    assert model._child._process.returncode == 0
    await events.aclose()


async def test_the_vocabulary_alone_counts_tokens_as_the_whole_model_does(
    model: LocalModel, tmp_path: Path
) -> None:
    path = embedded_gguf()
    async with local_model(path, tmp_path, context=1 << 20, vocabulary_only=True) as vocabulary:
        assert await vocabulary.prompt_tokens(HELLO) == await model.prompt_tokens(HELLO)
        assert vocabulary.context == 8192


async def test_a_file_that_is_no_model_is_an_error_with_the_log(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<!DOCTYPE html>")
    with pytest.raises(UserError, match="not a GGUF") as caught:
        await LocalModel.open(path, tmp_path / "log.txt")
    assert "log.txt" in caught.value.hint


async def test_a_log_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be started"):
        await LocalModel.open(embedded_gguf(), tmp_path / "file" / "log.txt")


async def test_a_foreign_package_called_models_is_not_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise ImportError('not ours')")
    monkeypatch.chdir(tmp_path)
    async with local_model(embedded_gguf(), Path("logs")) as model:
        assert model.sha256
