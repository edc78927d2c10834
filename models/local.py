"""A chat model from a GGUF file, hosted by a child process; see `models.host`.

Nothing here imports llama.cpp: a file that crashes it takes the child down, not the window.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Self

from models.chat import ChatEvent, Message, Reply, Sampling, Score, Started, Text
from models.child import Answer, Child
from models.errors import UserError

LONGEST_LINE_BYTES = 64 << 20


class LocalModel:
    """A `ChatModel` over one GGUF file; answers its callers one after the other."""

    def __init__(self, child: Child, path: Path) -> None:
        """`open` makes one."""
        self._child = child
        self._path = path
        self._turn = asyncio.Lock()
        self._last_id = 0
        self.sha256 = ""
        self.context = 0
        """In tokens, prompt and reply together."""

    @classmethod
    async def open(
        cls, path: Path, log: Path, context: int | None = None, vocabulary_only: bool = False
    ) -> Self:
        """Start the child and wait until it has loaded the file.

        Args:
            log: where llama.cpp's own words are appended.
            context: in tokens, at most the model's own; None takes the model's, up to 4096.
            vocabulary_only: in a second and without the weights, for `prompt_tokens` alone.

        Raises:
            UserError: the file is missing, no GGUF, broken or no chat model, or the child died.
        """
        called = f"The process that hosts {path.stem}"
        command = _command(path, log, context, vocabulary_only)
        model = cls(await Child.start(command, called, log, LONGEST_LINE_BYTES), path)
        try:
            first = await model._child.answer()
            if "failed" in first:
                raise UserError(first["failed"], f"{first['hint']} The log is {log}.")
            model.sha256 = first["ready"]["sha256"]
            model.context = first["ready"]["n_ctx"]
        except BaseException:
            await model.close()
            raise
        return model

    @property
    def name(self) -> str:
        """The file's name: a tuned model has its base's name in its metadata."""
        return self._path.stem

    @property
    def is_alive(self) -> bool:
        """Whether the child still runs; one that died is not started again by itself."""
        return self._child.is_alive

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the child, in the middle of a reply if need be."""
        await self._child.end()

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[ChatEvent, None]:
        """Yield one `Started`, any number of `Text`, one `Reply`; closing it stops the model.

        Raises:
            UserError: the prompt is over the context, the schema cannot be followed, or the
                child died.
        """
        request = {"messages": _rows(messages), "sampling": asdict(sampling)}
        async with aclosing(self._answers({"chat": request})) as answers:
            async for answer in answers:
                yield _event(answer)

    async def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The token ids of a conversation, up to where the assistant's turn begins.

        Raises:
            UserError: the chat template refuses these messages, or the child died.
        """
        async with aclosing(self._answers({"tokenize": _rows(messages)})) as answers:
            return list((await anext(answers))["tokens"])

    async def score(self, messages: Sequence[Message], completions: Sequence[str]) -> list[Score]:
        """How likely each completion is after the same prompt, which is read once.

        Args:
            completions: each tokenised on its own, control tokens being themselves, so that one
                may end with the template's end of turn.

        Raises:
            UserError: a completion is empty or over the context, or the child died.
        """
        request = {"messages": _rows(messages), "completions": list(completions)}
        async with aclosing(self._answers({"score": request})) as answers:
            return [Score(**score) for score in (await anext(answers))["scores"]]

    async def _answers(self, request: Mapping[str, object]) -> AsyncGenerator[Answer, None]:
        """All that answers a request. Left early, the request is stopped and waited for."""
        async with self._turn:
            self._last_id += 1
            request_id = self._last_id
            self._child.send({"id": request_id, **request})
            goes_on = True
            try:
                while goes_on:
                    answer = await self._answer(request_id)
                    goes_on = _goes_on(answer)
                    yield answer
            except UserError:
                goes_on = False
                raise
            finally:
                if goes_on:
                    await self._stop(request_id)

    async def _stop(self, request_id: int) -> None:
        self._child.send({"stop": request_id})
        with suppress(UserError):
            while _goes_on(await self._answer(request_id)):
                pass

    async def _answer(self, request_id: int) -> Answer:
        """The next line for a request, past what is left of one whose caller was cancelled."""
        while True:
            answer = await self._child.answer()
            if answer["id"] == request_id:
                if "failed" in answer:
                    raise UserError(answer["failed"], answer["hint"])
                return answer


@asynccontextmanager
async def local_model(
    path: Path, log_dir: Path, context: int | None = None, vocabulary_only: bool = False
) -> AsyncIterator[LocalModel]:
    """A model, or its vocabulary, for the length of a block; its log is named after its file.

    Raises:
        UserError: as `LocalModel.open` does.
    """
    log = log_dir / f"{path.stem}.log"
    async with await LocalModel.open(path, log, context, vocabulary_only) as model:
        yield model


def _command(path: Path, log: Path, context: int | None, vocabulary_only: bool) -> list[str]:
    command = ["models.host", str(path.absolute()), "--log", str(log.absolute())]
    command += [] if context is None else ["--n-ctx", str(context)]
    return [*command, "--vocabulary-only"] if vocabulary_only else command


def _rows(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [asdict(message) for message in messages]


def _event(answer: Answer) -> ChatEvent:
    if "started" in answer:
        return Started(**answer["started"])
    return Text(answer["text"]) if "text" in answer else Reply(**answer["reply"])


def _goes_on(answer: Answer) -> bool:
    return "started" in answer or "text" in answer
