"""How far a file is read, in one line that is there only while one is."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from textual.reactive import var
from textual.widgets import Static

from studio.reading import Reading
from studio.text import visible

DRAWN_EVERY_S = 0.1

P = ParamSpec("P")
T = TypeVar("T")


class ReadingLine(Static):
    """Has the file read on a thread, which ends when this leaves the screen."""

    reading: var[Reading | None] = var(None)
    """Set while a thread reads."""

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def on_mount(self) -> None:
        self.set_interval(DRAWN_EVERY_S, self._draw)

    def on_unmount(self) -> None:
        if self.reading is not None:
            self.reading.stop()
            # Nobody is told: what would shut or open a form is on its way out, too.
            self.set_reactive(ReadingLine.reading, None)

    async def wait_for(
        self, reading: Reading, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Wait for a method of a reading, which says meanwhile how far it is."""
        self.reading = reading
        try:
            return await asyncio.to_thread(call, *args, **kwargs)
        finally:
            if self.reading is reading:
                self.reading = None

    def watch_reading(self) -> None:
        self.display = self.reading is not None
        self._draw()

    def _draw(self) -> None:
        if self.reading is not None:
            self.update(visible(self.reading.told()))
