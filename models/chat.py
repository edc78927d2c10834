"""What a language model is to the rest of the product: messages in, a stream of text out.

Providers are `models.local` (a GGUF in a child process), `models.endpoint` (any OpenAI-compatible
server) and `models.scripted` (tests). No provider is named here.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]
Stopped = Literal["end", "length", "asked"]
"""The model ended, `max_tokens` was reached, or somebody pressed stop."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Sampling:
    """How the next tokens are drawn."""

    max_tokens: int = 256
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 0.95
    repeat_penalty: float = 1.1
    """Ignored by endpoints, whose protocol has no such field."""
    seed: int = 0
    json_schema: str | None = None
    """A JSON Schema, as JSON text, that the reply must satisfy; None leaves the reply free."""


@dataclass(frozen=True)
class Started:
    """The first event of a reply: the prompt was read."""

    model_sha256: str
    """Of the weights file that speaks; empty where an endpoint does not tell."""
    prompt_tokens: int
    """0 where it is known only at the end."""


@dataclass(frozen=True)
class Text:
    """The next piece of the reply."""

    text: str


@dataclass(frozen=True)
class Reply:
    """The last event of a reply: all of it, with what it cost."""

    text: str
    model_sha256: str
    prompt_tokens: int
    completion_tokens: int
    time_to_first_token_s: float
    tokens_per_second: float
    """Generation only, the reading of the prompt not counted; 0 for fewer than two tokens."""
    stopped: Stopped


ChatEvent = Started | Text | Reply


@dataclass(frozen=True)
class Score:
    """How likely a model holds a given completion after its prompt."""

    logprob: float
    """Natural logarithm, summed over the completion's tokens."""
    tokens: int


class ChatModel(Protocol):
    """Anything that answers a conversation."""

    @property
    def name(self) -> str:
        """How the model is named to people."""
        ...

    def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[ChatEvent, None]:
        """Yield one `Started`, any number of `Text`, one `Reply`.

        Closing the iterator stops the model.

        Raises:
            UserError: the model cannot answer (not reachable, died, prompt over the context).
        """
        ...


async def complete(model: ChatModel, messages: Sequence[Message], sampling: Sampling) -> Reply:
    """The whole reply at once."""
    reply: Reply | None = None
    async for event in model.stream(messages, sampling):
        if isinstance(event, Reply):
            reply = event
    assert reply is not None, "a ChatModel's stream ends with a Reply"
    return reply
