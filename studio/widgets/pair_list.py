"""The pairs that a filter let through: only what is in view is read and drawn.

The list knows row numbers and ids; the pairs themselves come a page at a time, when they are asked
for by `PageWanted`.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.domain import PreferencePair
from engine.workbench import Rows
from studio.widgets.pair_line import LEGEND, WIDE, WIDE_LEGEND, pair_line

FAR = 10**9
"""More lines than any list of pairs has."""
MOST_KEPT = 600
"""Pairs that are kept once they have been shown."""
MARGIN = 5
"""Cells for the cursor, the tick and the scroll bar."""


def _keys(name: str, key: str, action: str, tooltip: str) -> Iterable[Binding]:
    """A key that moves, and with shift selects what it passes."""
    yield Binding(key, f"to({action})", tooltip, id=f"list.{name}", show=False, tooltip=tooltip)
    yield Binding(
        f"shift+{key}",
        f"extend({action})",
        f"Select: {tooltip}",
        id=f"list.select_{name}",
        show=False,
        tooltip=f"{tooltip} and select",
    )


class PairList(ScrollView, can_focus=True):
    """`>` is the cursor, `✓` marks a selected pair."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pair-list--cursor", "pair-list--dropped"}
    DEFAULT_CSS = """
    PairList { background: $surface; overflow-x: hidden; scrollbar-size-vertical: 1; }
    PairList > .pair-list--dropped { color: $text-disabled; text-style: strike; }
    PairList > .pair-list--cursor { text-style: bold; background: $panel; }
    PairList:focus > .pair-list--cursor { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *_keys("up", "up", "-1", "Go up"),
        *_keys("down", "down", "1", "Go down"),
        *_keys("first", "home", f"-{FAR}", "Go to the top"),
        *_keys("last", "end", str(FAR), "Go to the end"),
        *_keys("page_up", "pageup", "-1, True", "Page up"),
        *_keys("page_down", "pagedown", "1, True", "Page down"),
        Binding(
            "space", "select", "Select", id="list.select", show=False, tooltip="Select the pair"
        ),
    ]

    @dataclass
    class PageWanted(Message):
        """Pairs came into view that were never read."""

        ids: list[str]

    class Moved(Message):
        """The cursor is on another pair, or on the same one with other texts."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, PairList.Moved)

    class SelectionChanged(Message):
        """Other pairs are selected."""

    def __init__(self) -> None:
        super().__init__(id="pairs")
        self._ids: Sequence[str] = ()
        self._rows: Rows = np.zeros(0, np.int64)
        self._names: Mapping[str, str] = {}
        self._kept: dict[str, PreferencePair] = {}
        self._cursor = 0
        self._is_whole = True
        """Whether all that the filter finds is listed; more may follow where not."""
        self._selected: set[str] = set()
        self.drawn = asyncio.Event()
        """Set once the lines of the last `show_first` are drawn."""
        self._anchor: tuple[int, frozenset[str]] | None = None
        """Where a selection with shift began, and what was selected before it."""

    @property
    def count(self) -> int:
        """How many pairs are listed."""
        return len(self._rows)

    @property
    def current_id(self) -> str | None:
        return self._id_at(self._cursor) if self.count else None

    @property
    def current(self) -> PreferencePair | None:
        """The pair under the cursor; None where there is none, or it is not read yet."""
        return self._kept.get(self.current_id or "")

    @property
    def selected(self) -> frozenset[str]:
        """The ids of the selected pairs, listed or not."""
        return frozenset(self._selected)

    @property
    def in_view(self) -> list[str]:
        """The ids of the pairs that are in view."""
        return self._ids_at(self.scroll_offset.y, self.scroll_offset.y + self.page_height)

    @property
    def page_height(self) -> int:
        return max(1, self.size.height)

    def show_first(
        self,
        ids: Sequence[str],
        rows: Rows,
        names: Mapping[str, str],
        pairs: Iterable[PreferencePair],
    ) -> None:
        """List the first of other pairs, the cursor on top; `show` follows with all of them.

        How many there are is left open: telling it lays the whole screen out anew.

        Args:
            pairs: what comes into view, read already: no line is empty for a moment.
        """
        self._ids, self._rows, self._names = ids, rows, names
        self._cursor, self._is_whole = 0, False
        self.drawn.clear()
        self.scroll_to(0, 0, animate=False, force=True)
        self.keep(pairs)

    def show_more(self, rows: Rows, pairs: Iterable[PreferencePair]) -> None:
        """After `show_first`: list these rows, those and others behind them."""
        self._rows = rows
        self.keep(pairs)

    def show(
        self,
        ids: Sequence[str],
        rows: Rows,
        names: Mapping[str, str],
        at: int | None = None,
    ) -> None:
        """List other pairs.

        Args:
            ids: of all pairs, by row.
            rows: those that are listed.
            at: where the cursor goes; None leaves it where it is.
        """
        self._ids, self._rows, self._names = ids, rows, names
        self._is_whole = True
        self.virtual_size = Size(self.size.width, max(1, self.count))
        self._go(self._cursor if at is None else at)

    def keep(self, pairs: Iterable[PreferencePair]) -> None:
        """Take in pairs that were read; of too many, those far from what is in view go."""
        self._kept.update((pair.id, pair) for pair in pairs)
        if len(self._kept) > MOST_KEPT:
            near = set(self._near())
            self._kept = {one: pair for one, pair in self._kept.items() if one in near}
        self.refresh()
        self.post_message(self.Moved())

    @property
    def kept_ids(self) -> list[str]:
        """Of the pairs that were read and are still at hand."""
        return list(self._kept)

    def keep_only(self, pairs: Iterable[PreferencePair]) -> None:
        """Take in pairs that were read anew, and forget all others."""
        self._kept.clear()
        self.keep(pairs)

    def select(self, ids: Iterable[str]) -> None:
        """Select these pairs and no other."""
        self._selected = set(ids)
        self._anchor = None
        self.refresh()
        self.post_message(self.SelectionChanged())

    def select_shown(self) -> None:
        """Select all that are listed, beside those that are selected."""
        self.select(self._selected.union(self._ids_at(0, self.count)))

    def invert(self) -> None:
        """Of those listed, select the others."""
        self.select(self._selected.symmetric_difference(self._ids_at(0, self.count)))

    def action_to(self, by: int, in_pages: bool = False) -> None:
        self._anchor = None
        self._go(self._cursor + by * (max(1, self.page_height - 1) if in_pages else 1))

    def action_extend(self, by: int, in_pages: bool = False) -> None:
        if not self.count:
            return
        began, before = self._anchor or (self._cursor, frozenset(self._selected))
        self._go(self._cursor + by * (max(1, self.page_height - 1) if in_pages else 1))
        low, high = sorted((began, self._cursor))
        self.select(before.union(self._ids_at(low, high + 1)))
        self._anchor = (began, before)

    def action_select(self) -> None:
        if (pair_id := self.current_id) is not None:
            self.select(self._selected ^ {pair_id})
            self._go(self._cursor + 1)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = offset.y + self.scroll_offset.y
        if row < self.count:
            self._anchor = None
            self._go(row)
            if event.ctrl:
                self.select(self._selected ^ {self._id_at(row)})

    def on_resize(self) -> None:
        self.border_subtitle = WIDE_LEGEND if self.size.width >= WIDE + MARGIN else LEGEND
        self.virtual_size = Size(self.size.width, max(1, self.count))
        self._go(self._cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._want_page()

    def render_line(self, y: int) -> Strip:
        self.drawn.set()
        row = self.scroll_offset.y + y
        width, style = self.size.width, self.rich_style
        if row >= self.count:
            told = self._end if row == self.count else ""
            return Strip([Segment(told, style)]).adjust_cell_length(width, style)
        pair_id = self._id_at(row)
        pair = self._kept.get(pair_id)
        text = "…"
        if pair is not None:
            name = self._names.get(pair.trait_id, pair.trait_id)
            text = pair_line(pair, name, width - 4)
            if pair.dropped:
                style = self.get_component_rich_style("pair-list--dropped")
        if row == self._cursor:
            style += self.get_component_rich_style("pair-list--cursor", partial=True)
        arrow = ">" if row == self._cursor else " "
        tick = "✓" if pair_id in self._selected else " "
        line = Segment(f"{arrow}{tick} {text}", style)
        return Strip([line]).adjust_cell_length(width, style)

    @property
    def _end(self) -> str:
        """What stands below the last pair."""
        if not self._is_whole:
            return "Looking for more…" if self.count else "Looking through all pairs…"
        return "" if self.count else "No pair is shown: change the filter (/), or clear it (esc)."

    def _id_at(self, at: int) -> str:
        return self._ids[int(self._rows[at])]

    def _go(self, row: int) -> None:
        self._cursor = max(0, min(self.count - 1, row))
        self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False, force=True)
        self._want_page()
        self.refresh()
        self.post_message(self.Moved())

    def _want_page(self) -> None:
        """Ask for what is in view and was never read, with a page before and behind it."""
        here = [self.current_id] if self.current_id is not None else []
        if any(pair_id not in self._kept for pair_id in self.in_view + here):
            wanted = [one for one in self._near() if one not in self._kept]
            self.post_message(self.PageWanted(wanted))

    def _near(self) -> list[str]:
        """The pair under the cursor, those in view, and a page before and behind."""
        first, height = self.scroll_offset.y, self.page_height
        here = [self.current_id] if self.current_id is not None else []
        return here + self._ids_at(max(0, first - height), first + 2 * height)

    def _ids_at(self, first: int, after: int) -> list[str]:
        return [self._ids[row] for row in self._rows[first:after].tolist()]
