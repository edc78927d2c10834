"""The child that hosts one GGUF: `python -m models.host FILE.gguf --log FILE [--n-ctx N]`.

With `--vocabulary-only` it loads no weights, and answers `tokenize` alone.

Requests come as JSON lines on stdin, each with its own id, and are answered one after the other:

    {"id": 1, "chat": {"messages": [{"role", "content"}], "sampling": {…}}}
        → {"id": 1, "started": {…}}, {"id": 1, "text": "…"}…,
          {"id": 1, "reply": {…}, "evaluated_tokens": 40}
    {"id": 2, "tokenize": [{"role", "content"}]}            → {"id": 2, "tokens": [1, 2, …]}
    {"id": 3, "score": {"messages": […], "completions": ["…"]}}
        → {"id": 3, "scores": [{"logprob": -1.5, "tokens": 3}]}
    {"stop": 1}                                 ends request 1 with what there is

The first line it says is {"ready": {"name", "sha256", "n_ctx"}} or {"failed", "hint"}; a request
that cannot be answered gets {"id", "failed", "hint"}. It ends when stdin closes. llama.cpp writes
on both standard streams: they go to the log, and the replies to a private copy of stdout.
"""

import argparse
import faulthandler
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TextIO

from models.chat import Message, Reply, Sampling, Started, Text
from models.errors import BadInput, UserError
from models.events import JsonObject

if TYPE_CHECKING:
    from models.llama import LlamaChat


class Requests:
    """What stdin asks for, read in a thread of its own so that a stop is heard at once."""

    def __init__(self) -> None:
        self.waiting = SimpleQueue[JsonObject | None]()
        """None comes last."""
        self._stopped = set[object]()
        self._closed = Event()

    def read(self, lines: TextIO) -> None:
        for line in lines:
            try:
                request = dict(json.loads(line))
            except (ValueError, TypeError):
                request = {"malformed": line}
            if "stop" in request:
                self._stopped.add(request["stop"])
            else:
                self.waiting.put(request)
        self._closed.set()
        self.waiting.put(None)

    def is_stopped(self, request_id: object) -> bool:
        return request_id in self._stopped or self._closed.is_set()


def main() -> int:
    """Load the model and answer until stdin closes; returns the exit code (1: not loaded)."""
    parser = argparse.ArgumentParser(prog="models.host")
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--n-ctx", type=int)
    parser.add_argument("--vocabulary-only", action="store_true")
    arguments = parser.parse_args()
    with _standard_output_into(arguments.log) as replies, suppress(BrokenPipeError):
        # Threads that spin while they wait slow llama.cpp thirtyfold beside a training run.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        # Not before: what the libraries print while they load belongs in the log.
        from models.llama import LlamaChat

        try:
            model = LlamaChat(arguments.gguf, arguments.n_ctx, arguments.vocabulary_only)
        except UserError as error:
            _say(replies, failed=error.message, hint=error.hint)
            return 1
        ready = {"name": model.name, "sha256": model.sha256, "n_ctx": model.context}
        _say(replies, ready=ready)
        _serve(model, replies)
    return 0


def _standard_output_into(log: Path) -> TextIO:
    """Send both standard streams, C's included, into the log; returns a copy of stdout."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    faulthandler.enable()
    return replies


def _serve(model: "LlamaChat", replies: TextIO) -> None:
    requests = Requests()
    Thread(target=requests.read, args=[sys.stdin], daemon=True).start()
    for request in iter(requests.waiting.get, None):
        request_id = request.get("id")
        try:
            for answer in _answers(model, requests, request):
                _say(replies, id=request_id, **answer)
        except UserError as error:
            _say(replies, id=request_id, failed=error.message, hint=error.hint)


def _answers(
    model: "LlamaChat", requests: Requests, request: JsonObject
) -> Iterator[dict[str, object]]:
    def asked_to_stop() -> bool:
        return requests.is_stopped(request.get("id"))

    match request:
        case {"chat": {"messages": list(messages), "sampling": dict(sampling)}}:
            turns, drawn = _messages(messages), _sampling(sampling)
            for event in model.stream(turns, drawn, asked_to_stop):
                match event:
                    case Started():
                        yield {"started": asdict(event)}
                    case Text(text):
                        yield {"text": text}
                    case Reply():
                        evaluated = model.evaluated_tokens()
                        yield {"reply": asdict(event), "evaluated_tokens": evaluated}
        case {"tokenize": list(messages)}:
            yield {"tokens": model.prompt_tokens(_messages(messages))}
        case {"score": {"messages": list(messages), "completions": list(completions)}}:
            scores = model.score(_messages(messages), list(map(str, completions)), asked_to_stop)
            yield {"scores": [asdict(score) for score in scores]}
        case _:
            raise BadInput(f"Not a request: {str(dict(request))[:200]}.")


def _messages(rows: list[dict[str, Any]]) -> list[Message]:
    try:
        return [Message(**row) for row in rows]  # the template checks the roles
    except TypeError as error:
        raise BadInput(f"Not a conversation: {error}.") from error


def _sampling(fields: dict[str, Any]) -> Sampling:
    try:
        return Sampling(**fields)
    except TypeError as error:
        raise BadInput(f"Not a way of sampling: {error}.") from error


def _say(replies: TextIO, **answer: object) -> None:
    replies.write(json.dumps(answer) + "\n")
    replies.flush()


if __name__ == "__main__":
    sys.exit(main())
