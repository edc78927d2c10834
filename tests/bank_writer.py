"""A model behind a real server on the loopback interface: writes statements, judges by rule."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.frameworks import all_statements
from tests.loopback import ModelHandler, serving

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

    class Handler(ModelHandler):
        def do_POST(self) -> None:
            asked = self.asked()
            with lock:
                number = len(writer.asked)
                writer.asked.append(asked)
            if number == writer.waits_at:
                writer.is_waiting.set()
                writer.goes_on.wait(60)
            if writer.refuses_from is not None and number >= writer.refuses_from:
                self.refuse()
            else:
                with lock:
                    self.answer(writer.reply(asked))

    with serving(Handler) as base_url:
        writer.base_url = base_url
        yield writer
        writer.goes_on.set()


def _judged(yes: bool) -> str:
    return json.dumps({"reason": "it says so", "answer": "yes" if yes else "no"})
