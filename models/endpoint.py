"""A chat model behind any OpenAI-compatible server, on the `openai` client.

Retries, back-off and the wire are that client's; here are the differences between servers and a
sentence for each way to fail.
"""

import json
import os
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, Self, cast

import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from models.chat import ChatEvent, Message, Reply, Sampling, Started, Text
from models.errors import BadInput, RequestRefused, UserError

CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 300.0
"""Between two pieces of a reply; a large model on a CPU reads long before it speaks."""
RETRIES = 3
OPTIONAL_FIELDS = ("stream_options", "temperature", "top_p", "seed")
"""A server that refuses one of these by name is asked again without it."""
LAST_DIALECT = 2
"""Of JSON schemas: 0 strict `json_schema`, 1 the same unstrict, 2 llama-cpp-python's own way."""
OF_THE_REQUEST = (400, 413, 422)
"""Statuses that tell of what was asked, such as a text that a filter stops or that is too long."""


class EndpointModel:
    """A `ChatModel` that is one model of one server. Remembers what the server refused."""

    def __init__(self, base_url: str, model: str, key_env: str = "") -> None:
        """Connect to nothing yet.

        Args:
            base_url: up to and with `/v1`.
            key_env: the environment variable that holds the key; empty for a server without.

        Raises:
            BadInput: that variable is not set, or the URL is none.
        """
        if key_env and not os.environ.get(key_env):
            raise BadInput(
                f"The environment variable {key_env} is not set.",
                f"It holds the key for {base_url}: `export {key_env}=…`.",
            )
        if not base_url.startswith(("http://", "https://")):
            raise BadInput(
                f"{base_url!r} is no address of a server.", "Write it as http://127.0.0.1:8000/v1."
            )
        self._base_url = base_url
        self._model = model
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            # Never the client's own default, OPENAI_API_KEY: this may be somebody else's server.
            api_key=os.environ[key_env] if key_env else "none",
            timeout=openai.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            max_retries=RETRIES,
        )
        self._refused = set[str]()
        self._dialect = 0

    @property
    def name(self) -> str:
        return f"{self._model} at {self._base_url}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[ChatEvent, None]:
        """Yield one `Started`, any number of `Text`, one `Reply`; closing it hangs up.

        Where the server does not count tokens, the pieces of text are counted in their place.

        Raises:
            UserError: the server cannot be reached, refuses, or does not answer as one.
        """
        asked_at = time.monotonic()
        text, times = "", list[float]()
        finish: str | None = None
        prompt_tokens, completion_tokens = 0, 0
        with self._failures_explained():
            async with await self._response(messages, sampling) as chunks:
                yield Started(model_sha256="", prompt_tokens=0)
                async for chunk in chunks:
                    if not isinstance(chunk, ChatCompletionChunk):
                        raise ValueError(f"{chunk!r} is not a piece of a reply")
                    if chunk.usage:
                        prompt_tokens = chunk.usage.prompt_tokens
                        completion_tokens = chunk.usage.completion_tokens
                    for choice in chunk.choices or ():
                        finish = choice.finish_reason or finish
                        if piece := choice.delta.content:
                            times.append(time.monotonic())
                            text += piece
                            yield Text(piece)
                if finish is None:
                    raise self._unfinished(chunks.response.headers.get("content-type", ""))
        generating_s = times[-1] - times[0] if times else 0.0
        completion_tokens = completion_tokens or len(times)
        stopped: Literal["end", "length"] = "length" if finish == "length" else "end"
        yield Reply(
            text=text,
            model_sha256="",
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            time_to_first_token_s=(times or [time.monotonic()])[0] - asked_at,
            tokens_per_second=(completion_tokens - 1) / generating_s if generating_s else 0.0,
            stopped=stopped,
        )

    async def _response(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> openai.AsyncStream[ChatCompletionChunk]:
        """Ask, and ask again in another dialect while the server refuses for the dialect."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        while True:
            fields = self._fields(sampling)
            try:
                return await self._client.chat.completions.create(
                    model=self._model,
                    messages=cast(list[ChatCompletionMessageParam], turns),
                    stream=True,
                    extra_body=fields,
                )
            except openai.APIStatusError as error:
                # Any status: llama-cpp-python's server says 500 to a format it does not know.
                # What another request has learnt meanwhile is as good.
                unchanged = fields == self._fields(sampling)
                if unchanged and not self._learnt_from(str(error), fields):
                    raise

    def _fields(self, sampling: Sampling) -> Mapping[str, object]:
        """The fields in which servers differ, as this one is known to take them."""
        limit = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        fields: dict[str, object] = {
            limit: sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream_options": {"include_usage": True},
        }
        if sampling.json_schema:
            fields["response_format"] = _response_format(sampling.json_schema, self._dialect)
        return {name: value for name, value in fields.items() if name not in self._refused}

    def _learnt_from(self, refusal: str, fields: Mapping[str, object]) -> bool:
        """Whether the refusal teaches another way to ask than with these fields."""
        if "max_completion_tokens" in refusal and "max_tokens" in fields:
            self._refused.add("max_tokens")
            return True
        for name in OPTIONAL_FIELDS:
            if name in refusal and name in fields:
                self._refused.add(name)
                return True
        is_about_schema = any(word in refusal for word in ("response_format", "schema"))
        if is_about_schema and "response_format" in fields and self._dialect < LAST_DIALECT:
            self._dialect = LAST_DIALECT if "json_object" in refusal else self._dialect + 1
            return True
        return False

    def _unfinished(self, content_type: str) -> UserError:
        if not content_type.startswith("text/event-stream"):
            return self._foreign(f"it sends {content_type or 'no content type'}")
        return UserError(
            f"{self._base_url} broke off its reply.",
            "Its log may say why. llama-cpp-python's server drops a reply when the next request "
            "comes, unless it is started with `--interrupt_requests False`.",
        )

    def _foreign(self, reason: object) -> UserError:
        return UserError(
            f"{self._base_url} does not answer as an OpenAI-compatible server: {reason}.",
            "The address usually ends in /v1.",
        )

    @contextmanager
    def _failures_explained(self) -> Iterator[None]:
        """Turn each way in which a server fails into a sentence that never tells the key."""
        try:
            yield
        except openai.APITimeoutError as error:
            raise UserError(
                f"{self._base_url} did not answer in time.", "Try again, or a smaller model."
            ) from error
        except openai.APIConnectionError as error:
            raise UserError(
                f"No connection to {self._base_url}: {error.__cause__ or error}.",
                "Check the address and that the server runs.",
            ) from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise UserError(
                f"{self._base_url} refuses the key (status {error.status_code}).",
                "Check `key_env` in endpoints.toml and the environment variable that it names.",
            ) from error
        except openai.NotFoundError as error:
            raise UserError(
                f"{self._base_url} has no model {self._model!r}, or is not the right address.",
                f"{self._base_url.rstrip('/')}/models lists the models; the address ends in /v1.",
            ) from error
        except openai.RateLimitError as error:
            raise UserError(
                f"{self._base_url} takes no more requests now: {_told(error)}.",
                f"It was asked {RETRIES + 1} times. Wait, or look at the account's limits.",
            ) from error
        except openai.APIStatusError as error:
            kind = RequestRefused if error.status_code in OF_THE_REQUEST else UserError
            raise kind(
                f"{self._base_url} refused with status {error.status_code}: {_told(error)}."
            ) from error
        except openai.APIError as error:
            raise UserError(f"{self._base_url} broke off its reply: {_told(error)}.") from error
        except (ValueError, TypeError, AttributeError) as error:
            # The client checks no piece: `null` and numbers stand where objects should.
            raise self._foreign(error) from error


def _response_format(json_schema: str, dialect: int) -> dict[str, object]:
    schema = json.loads(json_schema)
    if dialect == LAST_DIALECT:
        return {"type": "json_object", "schema": schema}
    strict = dialect == 0
    named = {"name": "reply", "schema": _unsized(schema) if strict else schema, "strict": strict}
    return {"type": "json_schema", "json_schema": named}


def _unsized(schema: object) -> object:
    """A schema without `maxLength`, which OpenAI's strict mode refuses."""
    if isinstance(schema, dict):
        return {key: _unsized(value) for key, value in schema.items() if key != "maxLength"}
    return [_unsized(value) for value in schema] if isinstance(schema, list) else schema


def _told(error: openai.APIError) -> str:
    """The server's own words, in one line."""
    body = error.body
    words = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(words or error.message).split())[:300].rstrip(".")
