"""A judge behind a real server on the loopback interface, who has a taste of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.loopback import ModelHandler, serving


@dataclass
class Bench:
    """Takes the text with its favourite word, or the first where it goes by the place."""

    favourite: str = ""
    confidence: int = 90
    rating: int = 4
    base_url: str = ""
    model: str = "m"
    says: str = ""
    """Instead of any answer."""
    refuses_from: int | None = None
    """From this request on, counted from 0, there is no answer but 429."""
    asked: list[str] = field(default_factory=list)

    @property
    def provider(self) -> str:
        return f"endpoint:{self.base_url}#{self.model}"

    def reply(self, asked: str) -> str:
        if self.says:
            return self.says
        if "How much would this reader" in asked:
            return json.dumps({"reason": "it does", "rating": self.rating})
        second = asked.rpartition("Description 2:")[2]
        answer = "2" if self.favourite and self.favourite in second else "1"
        return json.dumps({"reason": "so", "answer": answer, "confidence": self.confidence})


@contextmanager
def sitting(bench: Bench) -> Iterator[Bench]:
    """Serve the judge on a free port."""
    lock = threading.Lock()

    class Handler(ModelHandler):
        def do_POST(self) -> None:
            asked = self.asked()
            with lock:
                number = len(bench.asked)
                bench.asked.append(asked)
            if bench.refuses_from is not None and number >= bench.refuses_from:
                self.refuse()
            else:
                self.answer(bench.reply(asked))

    with serving(Handler) as base_url:
        bench.base_url = base_url
        yield bench
