"""Follows long work for as long as the app lives, whichever screen is open.

Screens read what was seen so far from `works` and hear of news by the signal `changed`, ten times
a second at most. Where the events come from is not known here.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from textual.app import App
from textual.signal import Signal
from textual.worker import Worker

from engine.jobs import keep_metric
from models.errors import UserError
from models.events import Event, Failed, Finished, Item, JsonObject, Metric, Note, Step
from studio.messages import WorkEnded

NEWS_EVERY_S = 0.1


@dataclass
class Work:
    """What has been seen of one piece of long work."""

    key: str
    title: str
    step: Step | None = None
    notes: list[str] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    series: dict[str, dict[int, float]] = field(default_factory=dict)
    """Each metric's values by step."""
    last_step: int = 0
    """The step at which the metrics are to end, as far as it is known."""
    items: list[JsonObject] = field(default_factory=list)
    ended: Finished | Failed | None = None

    def see(self, event: Event) -> None:
        match event:
            case Step(done, total):
                self.step = event
                if self.metrics and self.metrics[-1].step == done:
                    self.last_step = max(self.last_step, total)
            case Metric():
                self._add(event)
            case Note(text):
                self.notes.append(text)
            case Item(value):
                self.items.append(value)
            case Finished() | Failed():
                self.ended = event

    def _add(self, metric: Metric) -> None:
        before = len(self.metrics)
        keep_metric(self.metrics, metric)
        told = [metric]
        if len(self.metrics) != before + 1:
            self.series, told = {}, self.metrics
        for kept in told:
            for name, value in kept.values.items():
                self.series.setdefault(name, {})[kept.step] = value

    def newest(self, name: str) -> float | None:
        """The value of one metric that came last; None before the first."""
        values = self.series.get(name)
        return next(reversed(values.values())) if values else None


class Tracker:
    """All work that this window watches, by key."""

    def __init__(self, app: App[None]) -> None:
        self.works: dict[str, Work] = {}
        self.changed: Signal[str] = Signal(app, "work changed")
        self._app = app
        self._news: set[str] = set()
        self._watchers: dict[str, Worker[None]] = {}

    def start(self) -> None:
        """Begin to publish news; the app calls it once it runs."""
        self._app.set_interval(NEWS_EVERY_S, self._publish)

    def watch(
        self, key: str, title: str, events: AsyncGenerator[Event, None], announce: bool = True
    ) -> None:
        """Read events to their end in a worker of the app.

        Args:
            announce: post `WorkEnded` at the end; not wanted for work that ended long ago.
        """
        work = self.works[key] = Work(key, title)
        self._news.add(key)
        self._watchers[key] = self._app.run_worker(
            self._see_all(work, events, announce), group=f"work {key}", exclusive=True
        )

    def is_going_on(self, key: str) -> bool:
        work = self.works.get(key)
        return work is not None and work.ended is None

    def cancel(self, key: str) -> None:
        """Close the events of this work: ends work of this window, only looks away from a run."""
        if self.is_going_on(key):
            self._watchers[key].cancel()

    async def _see_all(
        self, work: Work, events: AsyncGenerator[Event, None], announce: bool
    ) -> None:
        try:
            # Closed explicitly, so that cancelling ends the work now and not at garbage collection.
            async with aclosing(events) as all_events:
                async for event in all_events:
                    work.see(event)
                    self._news.add(work.key)
        except UserError as error:
            work.see(Failed(error.message, error.hint))
        finally:
            self._news.add(work.key)
            if work.ended is None:
                announce = False
                work.see(Failed("Stopped.", "Nothing that was there before was changed."))
        if announce and work.ended is not None:
            self._app.post_message(WorkEnded(work.key, work.title, work.ended))

    def _publish(self) -> None:
        news, self._news = self._news, set()
        for key in news:
            self.changed.publish(key)
