"""Which models write: a list to tick, two to four of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.panes import Pane
from studio.text import one_line

FEWEST, MOST = 2, 4


class PaneChoice(OptionList):
    """A tick, not a colour, says what is chosen; space or enter changes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "Tick", id="panes.tick", show=False, tooltip="Choose a pane")
    ]

    @dataclass
    class Changed(Message):
        """Other panes were chosen."""

        chosen: tuple[Pane, ...]

    def __init__(self) -> None:
        super().__init__(id="choices", markup=False)
        self._offered: tuple[Pane, ...] = ()
        self._added: tuple[Pane, ...] = ()
        """Asked for by the editor; offered until there is another reader."""
        self._chosen: set[str] = set()

    @property
    def chosen(self) -> tuple[Pane, ...]:
        """The chosen panes in the order they are offered."""
        return tuple(pane for pane in self._offered if pane.id in self._chosen)

    def offer(self, panes: Sequence[Pane], afresh: bool) -> None:
        """Offer panes; a choice made stays unless `afresh`, and new tuned models are taken in."""
        known = set() if afresh else {pane.id for pane in self._offered}
        kept = set() if afresh else self._chosen
        new = {pane.id for pane in panes if pane.id in ("base", "tuned")} - known
        self._added = () if afresh else self._added
        self._offered = (*panes, *(pane for pane in self._added if pane not in panes))
        self._chosen = {pane.id for pane in self._offered if pane.id in kept | new}
        for pane in panes:
            if len(self._chosen) < FEWEST:
                self._chosen.add(pane.id)
        self._draw()

    def add(self, pane: Pane) -> None:
        """Offer one more pane and choose it, in the place of the last where there are four."""
        if pane.id not in {offered.id for offered in self._offered}:
            self._added = (*self._added, pane)
            self._offered = (*self._offered, pane)
        if len(self._chosen | {pane.id}) > MOST:
            self._chosen.discard(self.chosen[-1].id)
        self._chosen.add(pane.id)
        self._draw()
        self.post_message(self.Changed(self.chosen))

    @on(OptionList.OptionSelected)
    def _tick(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        changed = self._chosen ^ {self._offered[event.option_index].id}
        if not FEWEST <= len(changed) <= MOST:
            self.notify("Two to four panes stand side by side.", markup=False)
            return
        self._chosen = changed
        self._draw()
        self.post_message(self.Changed(self.chosen))

    def _draw(self) -> None:
        at = self.highlighted
        self.clear_options()
        for pane in self._offered:
            tick = "✓" if pane.id in self._chosen else " "
            self.add_option(Option(f"{tick} {one_line(pane.title, 60)}"))
        self.highlighted = min(at or 0, len(self._offered) - 1) if self._offered else None
