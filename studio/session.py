"""What the screens share: the data directory, the readers and runs in it, the one that is chosen.

Every call of the engine goes through `ask`, on a thread, so that the window never waits. The
screens hear of changes by the signal `changed`, whichever window or command made them.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from textual.app import App
from textual.signal import Signal

from engine import desk
from engine import runs as engine_runs
from engine.domain import Run
from engine.preview import Bench
from engine.store.journal_reach import Reach
from engine.store.readers import ReaderSummary
from models.errors import UserError
from studio.drafts import Draft
from studio.screens.told import Told
from studio.tracker import Tracker

P = ParamSpec("P")
T = TypeVar("T")


class Session:
    """One window's view of a data directory; other windows may be changing it."""

    def __init__(self, app: App[None], data_dir: Path, reader_id: str | None = None) -> None:
        self.data_dir = data_dir
        self.readers: tuple[ReaderSummary, ...] = ()
        self.runs: tuple[Run, ...] = ()
        self.previewed: set[str] = set()
        """Readers for whom descriptions were written in this window."""
        self.voted: set[str] = set()
        """Readers with a blind round whose sides were shown, as far as the Vote screen has seen."""
        self.stopping: set[str] = set()
        """Runs that the editor has asked to stop; their end is no failure."""
        self.own_changes: set[int] = set()
        """The changes of the journal that were made, undone or done again in this window."""
        self.opened_at = datetime.now(UTC)
        self.drafts: list[Draft] = []
        """Whoever has fields with words that may not be stored yet."""
        self.places: Mapping[str, int] = {}
        """The waiting runs' ids with their places in the queue, from 1 on."""
        self.tracker = Tracker(app)
        self.changed: Signal[None] = Signal(app, "session changed")
        self.moved: Signal[Reach] = Signal(app, "undone or done again")
        self._seen = 0
        """The newest change that `changed` has told of."""
        self._app = app
        self._chosen = reader_id
        self._bench: Bench | None = None
        self._open = AsyncExitStack()

    @property
    def reader(self) -> ReaderSummary | None:
        """The reader that all screens are about: the chosen one, or else the first."""
        chosen = (reader for reader in self.readers if self._chosen in (reader.id, reader.name))
        return next(chosen, self.readers[0] if self.readers else None)

    def choose(self, reader_id: str) -> None:
        """Make another reader the one that all screens are about."""
        if self.reader is None or self.reader.id != reader_id:
            self._chosen = reader_id
            self.changed.publish(None)

    async def ask(
        self, call: Callable[Concatenate[Path, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a function of `engine.desk` on this data directory, on a thread.

        Raises:
            UserError: whatever the function raises.
        """
        return await asyncio.to_thread(call, self.data_dir, *args, **kwargs)

    async def is_behind(self) -> bool:
        """Whether the store was changed since `refresh`, here or by another process.

        Raises:
            UserError: the store cannot be read.
        """
        return await self.ask(desk.newest_change) != self._seen

    async def refresh(self) -> None:
        """Read the readers and runs again, follow the runs that go on, tell of what is new.

        Raises:
            UserError: the store cannot be read.
        """
        # First: what is changed while the rest is read is told next time, not missed.
        newest = await self.ask(desk.newest_change)
        readers = tuple(await self.ask(desk.readers))
        runs = tuple(await self.ask(engine_runs.runs))
        is_queue = any(run.state == "waiting" for run in runs)
        places = await self.ask(engine_runs.places) if is_queue else {}
        for run in runs:
            if run.state == "running" and not self.tracker.is_going_on(work_key(run)):
                self.follow(run)
        seen = (self.readers, self.runs, self.places, self._seen)
        if (readers, runs, places, newest) != seen:
            self.readers, self.runs, self.places, self._seen = readers, runs, places, newest
            self.changed.publish(None)

    def follow(self, run: Run, announce: bool = True) -> None:
        """Watch a run from its first event, whether it goes on or ended long ago."""
        events = engine_runs.follow(self.data_dir, run.id)
        self.tracker.watch(work_key(run), run.title, events, announce)

    def tell(self, error: UserError) -> None:
        """Show what went wrong and what to do, until the editor has read it."""
        self._app.push_screen(Told(error.message, error.hint))

    @contextmanager
    def errors_told(self) -> Iterator[None]:
        """Show a `UserError` raised inside; whatever else was going on goes on."""
        try:
            yield
        except UserError as error:
            self.tell(error)

    async def bench(self) -> Bench:
        """The models of the previews, loaded once and kept until the window closes."""
        if self._bench is None:
            self._bench = await self._open.enter_async_context(Bench(self.data_dir))
        return self._bench

    async def close(self) -> None:
        """End what only this window needed: the models of the previews."""
        await self._open.aclose()

    def trained(self, reader_id: str) -> bool:
        """Whether a model was tuned for this reader."""
        return any(
            run.kind == "train" and run.subject == reader_id and run.state == "finished"
            for run in self.runs
        )

    def steps_done(self) -> frozenset[str]:
        """The steps of the loop that are done for the chosen reader."""
        reader = self.reader
        if reader is None:
            return frozenset()
        facts = {
            "readers": True,
            "profile": reader.profile_built,
            "pairs": reader.pairs > 0,
            "train": self.trained(reader.id),
            "preview": reader.id in self.previewed,
            "vote": reader.id in self.voted,
        }
        return frozenset(step for step, is_done in facts.items() if is_done)


def work_key(run: Run) -> str:
    """The key a run is tracked by; a profile by its reader, since only one is built at a time."""
    return f"profile:{run.subject}" if run.kind == "profile" else run.id
