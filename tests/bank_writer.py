"""A model behind a real server on the loopback interface: writes statements, judges by rule."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.frameworks import all_statements
from tests.loopback import QuietHandler, serving

SHOP = (
    "I repaint the shop front every spring so that the street thinks well of us.",
    "The shop front can peel as it likes; whoever wants bread will come in anyway.",
)
SHOES = (
    "Before a wedding I polish my shoes twice, because people remember how one arrived.",
    "To a wedding I come in the shoes I have, and dance in them all the same.",
)
SOUP = (
    "When the neighbours talk about me, I go over and set the story right.",
    "When the neighbours talk about me, I let them talk and finish my soup.",
)
_END = re.compile(r'"text" is said by somebody who (.*)\n"opposite" is said by')
_SENTENCE = re.compile(r"A sentence: (.*)\n")


def draft(sides: tuple[str, str]) -> str:
    return json.dumps({"text": sides[0], "opposite": sides[1]})


@dataclass
class Writer:
    """Writes what is enqueued, and knows the side of every sentence of ours and of its own."""

    high_end: str
    """The words for the high end of the dimension that is written for."""
    drafts: deque[str] = field(default_factory=deque)
    base_url: str = ""
    asked: list[str] = field(default_factory=list)
    """The last message of each request."""
    says: dict[str, str] = field(default_factory=dict)
    """Instead of a judgement, to questions that hold the key."""
    refuses_from: int | None = None
    """From this request on, counted from 0, there is no answer but 429."""
    waits_at: int | None = None
    """At this request, counted from 0, there is no answer until `goes_on` is set."""
    is_waiting: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    high_said: set[str] = field(
        default_factory=lambda: {
            item.text if item.pole > 0 else item.opposite for item in all_statements().values()
        }
    )

    @property
    def provider(self) -> str:
        return f"endpoint:{self.base_url}#m"

    @property
    def requests_to_write(self) -> list[str]:
        return [asked for asked in self.asked if _END.search(asked)]

    def reply(self, asked: str) -> str:
        for key, said in self.says.items():
            if key in asked:
                return said
        if end := _END.search(asked):
            return self._written(is_high=end[1] == self.high_end)
        if sentence := _SENTENCE.search(asked):
            return _judged(sentence[1] in self.high_said)
        return _judged("sound like" in asked or "clear at first reading" in asked)

    def _written(self, is_high: bool) -> str:
        written = self.drafts.popleft()
        try:
            sides = json.loads(written)
        except ValueError:
            return written
        self.high_said.add(sides["text"] if is_high else sides["opposite"])
        return written


@contextmanager
def writing(writer: Writer) -> Iterator[Writer]:
    """Serve the writer's replies on a free port."""
    lock = threading.Lock()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(writer.asked)
                writer.asked.append(_last(request))
            if number == writer.waits_at:
                writer.is_waiting.set()
                writer.goes_on.wait(60)
            if writer.refuses_from is not None and number >= writer.refuses_from:
                self._answer(429, json.dumps({"error": {"message": "Quota used up"}}))
            else:
                with lock:
                    self._answer(200, _sse(writer.reply(_last(request))))

        def _answer(self, status: int, body: str) -> None:
            self.send_response(status)
            kind = "text/event-stream" if status == 200 else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body.encode())

    with serving(Handler) as base_url:
        writer.base_url = base_url
        yield writer
        writer.goes_on.set()


def _last(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def _judged(yes: bool) -> str:
    return json.dumps({"reason": "it says so", "answer": "yes" if yes else "no"})


def _sse(text: str) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
