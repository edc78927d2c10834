"""`EndpointModel` against a real HTTP server on the loopback interface."""

import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest
import pytest_asyncio

from models.chat import Message, Reply, Sampling, Started, Text, complete
from models.endpoint import EndpointModel
from models.errors import BadInput, UserError
from tests.loopback import QuietHandler, serving

HELLO = (Message("system", "Be brief."), Message("user", "Hello?"))
SCHEMA = json.dumps({"type": "object", "properties": {"ok": {"type": "boolean"}}})
USAGE = {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15}


@dataclass
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    then_wait_for: Event | None = None
    """Keeps the connection open after the body, until this is set."""


@dataclass
class Server:
    """Answers in order, the last one for ever; keeps what it was asked."""

    answers: list[Answer]
    base_url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    hung_up: Event = field(default_factory=Event)


def sse(*chunks: dict[str, object], done: bool = True) -> str:
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join(lines) + ("data: [DONE]\n\n" if done else "")


def piece(content: str | None, finish: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}


def spoken(*words: str, finish: str = "stop", usage: object = None) -> Answer:
    counted = [{"id": "1", "choices": [], "usage": usage}] if usage else []
    return Answer(body=sse(*map(piece, words), piece(None, finish), *counted))


def refused(status: int, message: str, **headers: str) -> Answer:
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}})
    return Answer(status, body, {"Content-Type": "application/json", **headers})


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server([])

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            server.asked.append(json.loads(self.rfile.read(length)))
            server.keys.append(self.headers["Authorization"])
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "text/event-stream"} | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())
            if answer.then_wait_for:
                self.wfile.flush()
                self._wait_until_hung_up(answer.then_wait_for)

        def _wait_until_hung_up(self, released: Event) -> None:
            self.connection.settimeout(0.05)
            while not released.is_set():
                try:
                    if self.connection.recv(1) == b"":
                        server.hung_up.set()
                        return
                except TimeoutError:
                    continue

    with serving(Handler) as server.base_url:
        yield server


@pytest_asyncio.fixture
async def model(server: Server) -> AsyncIterator[EndpointModel]:
    async with EndpointModel(server.base_url, "some-model") as model:
        yield model


async def test_a_reply_comes_in_pieces_and_with_the_servers_count(
    server: Server, model: EndpointModel
) -> None:
    server.answers = [spoken("Good ", "morning, ", "שלום", usage=USAGE)]
    started, *pieces, reply = [event async for event in model.stream(HELLO, Sampling())]
    assert isinstance(started, Started)
    assert pieces == [Text("Good "), Text("morning, "), Text("שלום")]
    assert isinstance(reply, Reply)
    assert reply.text == "Good morning, שלום"
    assert (reply.prompt_tokens, reply.completion_tokens, reply.stopped) == (11, 4, "end")


async def test_what_is_asked_is_what_was_given(server: Server, model: EndpointModel) -> None:
    server.answers = [spoken("Hi", finish="length")]
    reply = await complete(model, HELLO, Sampling(max_tokens=7, temperature=0.5, seed=3))
    (asked,) = server.asked
    assert asked["model"] == "some-model"
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
    ]
    assert (asked["max_tokens"], asked["temperature"], asked["seed"]) == (7, 0.5, 3)
    assert "response_format" not in asked
    assert reply.stopped == "length"


async def test_without_the_servers_count_the_pieces_are_counted(
    server: Server, model: EndpointModel
) -> None:
    server.answers = [spoken("a", "b", "c")]
    reply = await complete(model, HELLO, Sampling())
    assert (reply.prompt_tokens, reply.completion_tokens) == (0, 3)


async def test_a_server_that_knows_no_stream_options_is_asked_without(
    server: Server, model: EndpointModel
) -> None:
    server.answers = [refused(400, "Unrecognized argument: stream_options"), spoken("Hi")]
    assert (await complete(model, HELLO, Sampling())).text == "Hi"
    assert ["stream_options" in asked for asked in server.asked] == [True, False]


async def test_a_server_that_wants_max_completion_tokens_gets_it(
    server: Server, model: EndpointModel
) -> None:
    told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server.answers = [refused(400, told), spoken("Hi")]
    await complete(model, HELLO, Sampling(max_tokens=9))
    assert "max_tokens" not in server.asked[1]
    assert server.asked[1]["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    ("refusal", "types"),
    [
        (
            refused(400, "Invalid schema for response_format 'reply': strict is not possible"),
            ["json_schema", "json_schema", "json_object", "json_object"],
        ),
        (
            # As llama-cpp-python 0.3.36 says it.
            refused(
                500,
                "{'loc': ('body', 'response_format', 'type'), "
                "'msg': \"Input should be 'text' or 'json_object'\"}",
                **{"x-should-retry": "false"},
            ),
            ["json_schema", "json_object", "json_object"],
        ),
    ],
)
async def test_a_schema_is_sent_in_the_dialect_the_server_takes_and_that_is_remembered(
    server: Server, model: EndpointModel, refusal: Answer, types: list[str]
) -> None:
    server.answers = [*[refusal] * (len(types) - 2), spoken('{"ok": true}')]
    sampling = Sampling(json_schema=SCHEMA)
    assert (await complete(model, HELLO, sampling)).text == '{"ok": true}'
    await complete(model, HELLO, sampling)
    formats = [asked["response_format"] for asked in server.asked]
    assert [form["type"] for form in formats] == types
    assert formats[0]["json_schema"]["strict"] is True
    assert formats[0]["json_schema"]["schema"] == formats[-1]["schema"] == json.loads(SCHEMA)


async def test_a_limit_on_a_texts_length_is_kept_from_strict_servers_alone(
    server: Server, model: EndpointModel
) -> None:
    words = {"type": "string", "maxLength": 9}
    schema = {"type": "object", "properties": {"all": {"type": "array", "items": words}}}
    server.answers = [refused(400, "response_format: strict is not possible"), spoken("{}")]
    await complete(model, HELLO, Sampling(json_schema=json.dumps(schema)))
    strict, unstrict = (asked["response_format"]["json_schema"] for asked in server.asked)
    assert strict["schema"]["properties"]["all"] == {"type": "array", "items": {"type": "string"}}
    assert unstrict["schema"] == schema


async def test_a_prompt_that_is_too_long_is_told_and_teaches_nothing(
    server: Server, model: EndpointModel
) -> None:
    server.answers = [refused(400, "maximum context length is 2048 tokens"), spoken("{}")]
    with pytest.raises(UserError, match="maximum context length is 2048"):
        await complete(model, HELLO, Sampling(json_schema=SCHEMA))
    await complete(model, HELLO, Sampling(json_schema=SCHEMA))
    assert server.asked[0] == server.asked[1]


async def test_a_failure_of_the_server_is_tried_again(server: Server, model: EndpointModel) -> None:
    server.answers = [refused(500, "busy", **{"retry-after-ms": "1"}), spoken("Hi")]
    assert (await complete(model, HELLO, Sampling())).text == "Hi"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(401, "Incorrect API key provided: sk-very-secret"), "refuses the key"),
        (refused(403, "sk-very-secret may not"), "refuses the key"),
        (refused(404, "The model does not exist"), "no model 'some-model'"),
        (refused(429, "Quota used up", **{"retry-after-ms": "1"}), "Quota used up"),
        (refused(503, "Overloaded", **{"retry-after-ms": "1"}), "status 503: Overloaded"),
        (Answer(body="<html>A page</html>", headers={"Content-Type": "text/html"}), "OpenAI-"),
        (Answer(body="data: {broken\n\n"), "OpenAI-compatible"),
        (Answer(body="data: [1, 2]\n\n"), "OpenAI-compatible"),
        (Answer(body=sse({"choices": 3})), "OpenAI-compatible"),
        (Answer(body=sse({"choices": [{"delta": None}]})), "OpenAI-compatible"),
        (Answer(body=sse(piece("Good "), done=False)), "broke off"),
        (Answer(body=""), "broke off"),
        (Answer(body=sse(piece("Good "), {"error": {"message": "out of memory"}})), "out of mem"),
    ],
)
async def test_each_way_to_fail_has_its_sentence_and_none_tells_the_key(
    server: Server, model: EndpointModel, answer: Answer, told: str
) -> None:
    server.answers = [answer]
    with pytest.raises(UserError) as caught:
        await complete(model, HELLO, Sampling())
    assert told in caught.value.message
    assert server.base_url in caught.value.message
    assert "sk-very-secret" not in str(caught.value)


async def test_a_connection_that_breaks_in_the_middle_has_its_sentence(
    server: Server, model: EndpointModel
) -> None:
    cut = sse(piece("Good "), done=False)
    server.answers = [Answer(body=cut, headers={"Content-Length": "9999"})]
    with pytest.raises(UserError, match="No connection"):
        await complete(model, HELLO, Sampling())


async def test_a_port_where_nobody_listens_has_its_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with EndpointModel(f"http://127.0.0.1:{port}/v1", "m") as model:
        with pytest.raises(UserError, match=f"No connection to http://127.0.0.1:{port}/v1"):
            await complete(model, HELLO, Sampling())


async def test_closing_a_stream_early_hangs_up(server: Server, model: EndpointModel) -> None:
    released = Event()
    server.answers = [Answer(body=sse(piece("Good "), done=False), then_wait_for=released)]
    async with aclosing(model.stream(HELLO, Sampling())) as events:
        async for event in events:
            if isinstance(event, Text):
                break
    try:
        assert server.hung_up.wait(timeout=5)
    finally:
        released.set()


async def test_the_key_comes_from_the_named_variable_and_no_other(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_KEY", "sk-office")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody-elses")
    server.answers = [spoken("Hi")]
    for key_env in ("OFFICE_KEY", ""):
        async with EndpointModel(server.base_url, "m", key_env) as model:
            await complete(model, HELLO, Sampling())
    assert server.keys == ["Bearer sk-office", "Bearer none"]


def test_an_address_without_http_is_refused() -> None:
    with pytest.raises(BadInput, match=r"localhost:8000"):
        EndpointModel("localhost:8000/v1", "m")


async def test_the_time_to_the_first_token_is_measured(
    server: Server, model: EndpointModel
) -> None:
    server.answers = [spoken("a", "b")]
    before = time.monotonic()
    reply = await complete(model, HELLO, Sampling())
    assert 0 < reply.time_to_first_token_s <= time.monotonic() - before
