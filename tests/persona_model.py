"""A model that infers and judges personas, behind a real server on the loopback interface."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.loopback import ModelHandler, serving

PLAIN = (
    "The user is somebody short of time and prefers plain answers that say the one thing to do, "
    "rather than a tour of every choice."
)
THOROUGH = (
    "The user is a careful planner and prefers answers that weigh several ways of doing a thing "
    "before settling on any, even at greater length."
)


@dataclass
class Guesser:
    """Takes a person for plain who preferred the answer with `Glue` in it, else for thorough.

    As a judge it believes the persona; with `by_place` it takes whatever stands first.
    """

    by_place: bool = False
    replies: list[str] = field(default_factory=list)
    """Given first, in this order, whatever is asked."""
    refuses_from: int | None = None
    """From this request on, counted from 0, there is no answer but 429."""
    filters: str = ""
    """What no request may have in it: such a one is answered with 400; empty for nothing."""
    base_url: str = ""
    model: str = "m"
    asked: list[str] = field(default_factory=list)

    @property
    def provider(self) -> str:
        return f"endpoint:{self.base_url}#{self.model}"

    def reply(self, asked: str) -> str:
        if self.replies:
            return self.replies.pop(0)
        if "Preferred answer:" in asked:
            preferred = asked.partition("Preferred answer:")[2].partition("Other answer:")[0]
            persona = PLAIN if "Glue" in preferred else THOROUGH
            return json.dumps({"difference": "it differs", "persona": persona})
        if "That cannot be used" in asked:
            return json.dumps({"difference": "it differs", "persona": PLAIN})
        if self.by_place:
            return self._picked(True)
        if "Guess 1:" in asked:
            return self._picked(PLAIN in asked.partition("Guess 2:")[0])
        wants_glue = PLAIN in asked
        has_glue = "Glue" in asked.partition("Answer 1:")[2].partition("Answer 2:")[0]
        return self._picked(wants_glue == has_glue)

    def _picked(self, is_first: bool) -> str:
        return json.dumps({"reason": "so", "answer": "1" if is_first else "2", "confidence": 80})


@contextmanager
def guessing(guesser: Guesser) -> Iterator[Guesser]:
    """Serve the model on a free port."""
    lock = threading.Lock()

    class Handler(ModelHandler):
        def do_POST(self) -> None:
            asked = self.asked()
            with lock:
                number = len(guesser.asked)
                guesser.asked.append(asked)
                refuses = guesser.refuses_from is not None and number >= guesser.refuses_from
                is_filtered = bool(guesser.filters) and guesser.filters in asked
                reply = "" if refuses or is_filtered else guesser.reply(asked)
            if is_filtered:
                self.refuse(400, "The content filter was triggered")
            elif refuses:
                self.refuse()
            else:
                self.answer(reply)

    with serving(Handler) as base_url:
        guesser.base_url = base_url
        yield guesser
