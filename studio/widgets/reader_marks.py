"""Readers to mark, a million of them if need be: only the lines in view are ever drawn."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.reports import ReaderCount
from studio.text import one_line

COUNT_WIDTH = 10
FAR = 10**9
"""More lines than any list of readers has."""


class ReaderMarks(ScrollView, can_focus=True):
    """A tick marks a reader who is to be taken, the arrow is the cursor.

    Args:
        readers: those with most reviews first.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"marks--cursor"}
    DEFAULT_CSS = """
    ReaderMarks { background: $panel; overflow-x: hidden; scrollbar-size-vertical: 1; }
    ReaderMarks > .marks--cursor { text-style: bold; }
    ReaderMarks:focus > .marks--cursor { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "to(-1)", "Up", id="marks.up", show=False, tooltip="Go up"),
        Binding("down", "to(1)", "Down", id="marks.down", show=False, tooltip="Go down"),
        Binding(
            "home", f"to(-{FAR})", "First", id="marks.first", show=False, tooltip="Go to the top"
        ),
        Binding("end", f"to({FAR})", "Last", id="marks.last", show=False, tooltip="Go to the end"),
        Binding("pageup", "page(-1)", "Page up", id="marks.page_up", show=False, tooltip="Page up"),
        Binding(
            "pagedown",
            "page(1)",
            "Page down",
            id="marks.page_down",
            show=False,
            tooltip="Page down",
        ),
        Binding("space", "mark", "Mark", id="marks.mark", show=False, tooltip="Mark the reader"),
    ]

    @dataclass
    class Changed(Message):
        """Other readers are marked, or others are shown."""

    def __init__(self, readers: Sequence[ReaderCount], all_marked: bool) -> None:
        super().__init__(id="marks")
        self._readers = readers
        self._folded = [reader.id.casefold() for reader in readers]
        self._shown = list(range(len(readers)))
        self._marks = set(self._shown) if all_marked else set()
        self._by_id = False
        self._cursor = 0

    @property
    def marked(self) -> tuple[ReaderCount, ...]:
        """The marked readers, shown or not."""
        return tuple(self._readers[at] for at in sorted(self._marks))

    @property
    def shown(self) -> int:
        """How many readers are shown."""
        return len(self._shown)

    @property
    def marked_unshown(self) -> int:
        """How many marked readers are not shown."""
        return len(self._marks.difference(self._shown))

    def narrow(self, words: str, least: int) -> None:
        """Show only readers with all of these words in their ids and so many reviews."""
        # The readers come sorted by reviews: those with enough are the first ones.
        enough = bisect_right(self._readers, -least, key=lambda reader: -reader.reviews)
        self._shown = list(range(enough))
        for word in words.casefold().split():
            self._shown = [at for at in self._shown if word in self._folded[at]]
        self._sort()

    def switch_order(self) -> bool:
        """Sort by id where it was by reviews, and back; tells whether it is by id now."""
        self._by_id = not self._by_id
        self._sort()
        return self._by_id

    def mark_shown(self) -> None:
        """Mark all that are shown, beside those marked already."""
        self._marks.update(self._shown)
        self._changed()

    def unmark_all(self) -> None:
        """Mark nobody."""
        self._marks.clear()
        self._changed()

    def action_to(self, by: int) -> None:
        self._go(self._cursor + by)

    def action_page(self, pages: int) -> None:
        self._go(self._cursor + pages * max(1, self.size.height - 1))

    def action_mark(self) -> None:
        if self._shown:
            self._marks ^= {self._shown[self._cursor]}
            self._changed()
            self._go(self._cursor + 1)

    def on_click(self, event: Click) -> None:
        row = event.y + self.scroll_offset.y
        if row < len(self._shown):
            self._go(row)
            self._marks ^= {self._shown[row]}
            self._changed()

    def on_mount(self) -> None:
        self._sort()

    def on_resize(self) -> None:
        self._measure()

    def render_line(self, y: int) -> Strip:
        row = self.scroll_offset.y + y
        width = self.size.width
        if row >= len(self._shown):
            nobody = "Nobody is shown: change the filter." if row == 0 else ""
            return Strip([Segment(nobody, self.rich_style)]).adjust_cell_length(
                width, self.rich_style
            )
        at = self._shown[row]
        reader = self._readers[at]
        arrow = ">" if row == self._cursor else " "
        tick = "✓" if at in self._marks else "·"
        name = set_cell_size(one_line(reader.id, 300), max(8, width - COUNT_WIDTH - 4))
        style = self.rich_style
        if row == self._cursor:
            style = self.get_component_rich_style("marks--cursor")
        line = f"{arrow} {tick} {name}{reader.reviews:>{COUNT_WIDTH},}"
        return Strip([Segment(line, style)]).adjust_cell_length(width, style)

    def _sort(self) -> None:
        if self._by_id:
            self._shown.sort(key=self._folded.__getitem__)
        else:
            self._shown.sort()
        self._measure()
        self._go(0)
        self._changed()

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, max(1, len(self._shown)))
        self.refresh()

    def _go(self, row: int) -> None:
        self._cursor = max(0, min(len(self._shown) - 1, row))
        self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False, force=True)
        self.refresh()

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Changed())
