"""Who stands against whom in a new blind round: a list to tick."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static

from engine.votes.making import Offered
from studio.text import count, one_line

FEWEST = 2
ABOUT = (
    "Every two of those ticked meet on each book that all of them have described, on sides drawn "
    "by lot. Whoever votes is not told who they are."
)


class MakeRound(ModalScreen[tuple[str, ...] | None]):
    """Gives back the contestants' ids; None makes no round."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#contestants"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="round.cancel", tooltip="Make no round"),
        Binding("space", "tick", "Tick", id="round.tick", tooltip="Tick, or take the tick away"),
        Binding("ctrl+s", "make", "Make", id="round.make", tooltip="Make the round", priority=True),
    ]
    contestants = getters.query_one("#contestants", OptionList)

    def __init__(self, offered: Sequence[Offered]) -> None:
        super().__init__()
        self._offered = offered
        self._ticked = {one.contestant.id for one in offered[:FEWEST]}

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "A new blind round"
            box.border_subtitle = "space ticks   ctrl+s makes it   esc cancels"
            yield Static(ABOUT, markup=False)
            options = map(self._line, self._offered)
            yield OptionList(*options, id="contestants", markup=False)
            yield Static("", id="told", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Make it", id="make", variant="primary", compact=True)

    def on_mount(self) -> None:
        self._count()

    @on(OptionList.OptionSelected)
    def action_tick(self) -> None:
        """Tick the line of the cursor, or take its tick away."""
        at = self.contestants.highlighted
        if at is not None:
            one = self._offered[at]
            self._ticked ^= {one.contestant.id}
            self.contestants.replace_option_prompt_at_index(at, self._line(one))
            self._count()

    def _count(self) -> None:
        books = self._books()
        pairs = len(self._chosen) * (len(self._chosen) - 1) // 2
        told = f"{count(len(books), 'book')} that all have described: "
        told += f"{count(len(books) * pairs, 'ballot')}."
        self.query_one("#told", Static).update(told)
        self.query_one("#make", Button).disabled = not self._is_enough()

    @property
    def _chosen(self) -> tuple[Offered, ...]:
        return tuple(one for one in self._offered if one.contestant.id in self._ticked)

    def _books(self) -> set[str]:
        books = [set(one.books) for one in self._chosen]
        return set.intersection(*books) if books else set()

    def _is_enough(self) -> bool:
        return len(self._chosen) >= FEWEST and bool(self._books())

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#make")
    def action_make(self) -> None:
        if self._is_enough():
            self.dismiss(tuple(one.contestant.id for one in self._chosen))

    def _line(self, one: Offered) -> Content:
        tick = "✓" if one.contestant.id in self._ticked else " "
        return Content(
            f"{tick} {one_line(one.contestant.told, 56)}  {count(len(one.books), 'book')}"
        )
