"""Read long work to its end on a terminal: its events as lines of narration."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import cast

from models.errors import JobFailed
from models.events import Event, Failed, Finished, JsonObject, Metric, Note, Step
from studio.shell.base import tell
from studio.text import duration

A_LINE_EVERY_S = 3.0


class Narrator:
    """Tells events as lines, at a rate one can read."""

    def __init__(self, say: Callable[[str], None] = tell) -> None:
        self._say = say
        self._told_at = float("-inf")
        self._stage = ""

    def see(self, event: Event) -> None:
        match event:
            case Step(done, total, note):
                stage = note.partition(" ")[0]
                if stage != self._stage or self._is_time():
                    self._tell(f"{note} {done} of {total}".strip() if total else note)
                self._stage = stage
            case Metric(step, values):
                if self._is_time():
                    self._tell(metric_line(step, values))
            case Note(text):
                self._say(f"  {text}")
            case _:
                pass

    def _is_time(self) -> bool:
        return time.monotonic() - self._told_at >= A_LINE_EVERY_S

    def _tell(self, line: str) -> None:
        self._told_at = time.monotonic()
        if line:
            self._say(f"  {line}")


_FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "loss": ("loss", "{:.3f}".format),
    "rewards/accuracies": ("accuracy", "{:.0%}".format),
    "rewards/margins": ("margin", "{:+.2f}".format),
    "pairs_per_second": ("", "{:.2f} pairs/s".format),
    "eta_s": ("", lambda seconds: f"{duration(seconds)} left"),
}


def figures_told(values: Mapping[str, float]) -> str:
    """The figures that are told, each by its name."""
    return " · ".join(
        f"{name} {as_text(values[key])}".strip()
        for key, (name, as_text) in _FIGURES.items()
        if key in values
    )


def metric_line(step: int, values: Mapping[str, float]) -> str:
    """The figures of one training step on a line."""
    return f"step {step}: {figures_told(values)}"


async def read_to_end(
    events: AsyncIterator[Event], see: Callable[[Event], None] | None = None
) -> JsonObject:
    """Tell the events and return the result of the last.

    Args:
        see: what tells them; lines of narration where None.

    Raises:
        JobFailed: the work failed; what it had finished is kept.
    """
    see = see or Narrator().see
    async with aclosing(cast("AsyncGenerator[Event, None]", events)) as all_events:
        async for event in all_events:
            match event:
                case Finished(result):
                    return result
                case Failed(message, hint):
                    raise JobFailed(message, hint)
            see(event)
    raise JobFailed("The work ended without a result.")
