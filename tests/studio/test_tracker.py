"""The tracker reads events to their end, tells of the end once, and closes what is cancelled."""

import asyncio
from collections.abc import AsyncGenerator

from textual.app import App

from models.errors import BadInput
from models.events import Event, Failed, Finished, Metric, Note, Step
from studio.messages import WorkEnded
from studio.tracker import Tracker


class Listener(App[None]):
    """Keeps what the tracker tells."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = Tracker(self)
        self.ended: list[WorkEnded] = []
        self.news: list[str] = []

    def on_mount(self) -> None:
        self.tracker.start()
        self.tracker.changed.subscribe(self, self.news.append)

    def on_work_ended(self, ended: WorkEnded) -> None:
        self.ended.append(ended)


async def test_what_was_seen_is_kept_and_the_end_is_told_once() -> None:
    async def events() -> AsyncGenerator[Event, None]:
        yield Step(1, 2, "half")
        yield Note("so far so good")
        for step in range(50):
            yield Metric(step, {"loss": 1 / (step + 1)})
        yield Finished({"pairs": 3})

    app = Listener()
    async with app.run_test() as pilot:
        app.tracker.watch("run-1", "A run", events())
        await app.workers.wait_for_complete()
        await pilot.pause(0.25)
        work = app.tracker.works["run-1"]
        assert work.step == Step(1, 2, "half")
        assert [*work.series["loss"].values()][:2] == [1.0, 0.5]
        assert not app.tracker.is_going_on("run-1")
        assert [ended.outcome for ended in app.ended] == [Finished({"pairs": 3})]
        assert 1 <= len(app.news) <= 3


async def test_cancelling_closes_the_work_and_announces_nothing() -> None:
    closed = asyncio.Event()

    async def events() -> AsyncGenerator[Event, None]:
        try:
            yield Step(0, 1)
            await asyncio.Event().wait()
        finally:
            closed.set()

    app = Listener()
    async with app.run_test() as pilot:
        app.tracker.watch("profile:ana", "A profile", events())
        await pilot.pause(0.05)
        assert app.tracker.is_going_on("profile:ana")
        app.tracker.cancel("profile:ana")
        await asyncio.wait_for(closed.wait(), 5)
        await pilot.pause()
        assert not app.tracker.is_going_on("profile:ana")
        assert app.ended == []


async def test_an_error_of_the_work_is_its_end() -> None:
    async def events() -> AsyncGenerator[Event, None]:
        yield Step(0, 1)
        raise BadInput("There is no reader 'x'.", "Import one.")

    app = Listener()
    async with app.run_test() as pilot:
        app.tracker.watch("profile:x", "A profile", events())
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.ended[0].outcome == Failed("There is no reader 'x'.", "Import one.")
