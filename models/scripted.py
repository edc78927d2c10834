"""A chat model that replays what it was given. For tests: it judges nothing."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence

from models.chat import ChatEvent, Message, Reply, Sampling, Started, Text
from models.errors import UserError


class ScriptedModel:
    """A `ChatModel` that gives enqueued replies, first in, first out, and records what it is asked.

    A reply that is an error is raised, as a model raises it that died.
    """

    name = "scripted"

    def __init__(self, replies: Iterable[str | UserError] = ()) -> None:
        self._replies = deque(replies)
        self.asked: list[tuple[tuple[Message, ...], Sampling]] = []
        """Messages and sampling of each request, in order."""

    def enqueue(self, *replies: str | UserError) -> None:
        self._replies.extend(replies)

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[ChatEvent, None]:
        """Yield the next reply word by word; tokens are words here.

        Raises:
            UserError: the script says so, or has no more replies.
        """
        self.asked.append((tuple(messages), sampling))
        if not self._replies:
            raise UserError("The scripted model has no more replies.")
        reply = self._replies.popleft()
        if isinstance(reply, UserError):
            raise reply
        prompt_tokens = sum(len(message.content.split()) for message in messages)
        yield Started(model_sha256="", prompt_tokens=prompt_tokens)
        words = reply.split(" ")
        for position, word in enumerate(words):
            yield Text(word if position == 0 else f" {word}")
        yield Reply(
            text=reply,
            model_sha256="",
            prompt_tokens=prompt_tokens,
            completion_tokens=len(words),
            time_to_first_token_s=0.0,
            tokens_per_second=0.0,
            stopped="end",
        )
