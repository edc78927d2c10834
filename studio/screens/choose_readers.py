"""Whose reviews to take from a file of many readers."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from engine.reports import ReaderCount
from engine.sources.choice import Choice
from studio.text import count, one_line
from studio.widgets.reader_marks import ReaderMarks

ALL_MARKED_UP_TO = 20
"""A file of more readers is rarely wanted whole: nobody is marked to begin with."""


class ChooseReaders(ModalScreen[Choice | None]):
    """Gives back the choice; None goes back to where the editor came from."""

    CSS_PATH = "choose_readers.tcss"
    AUTO_FOCUS = "#marks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", id="choose.back", tooltip="Go back"),
        Binding("enter", "take", "Import", id="choose.take", tooltip="Import the marked readers"),
        Binding("a", "all", "All", id="choose.all", tooltip="Mark all shown readers"),
        Binding("n", "none", "None", id="choose.none", tooltip="Mark no reader"),
        Binding("s", "sort", "Sort", id="choose.sort", tooltip="Sort by reviews or by id"),
        Binding("slash", "search", "Filter", id="choose.filter", tooltip="Filter the readers"),
    ]
    marks = getters.query_one(ReaderMarks)
    words = getters.query_one("#words", Input)
    least = getters.query_one("#least", Input)

    def __init__(self, file_name: str, readers: Sequence[ReaderCount]) -> None:
        super().__init__()
        self._file_name = file_name
        self._readers = readers
        self._reviews = sum(reader.reviews for reader in readers)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Whose reviews? {one_line(self._file_name, 50)}")
            box.border_subtitle = "space marks · a all shown · n none · s sorts · / filters"
            with Horizontal(id="filter"):
                yield Input(placeholder="Filter by id (/)", id="words", compact=True)
                yield Label("Least reviews")
                yield Input("1", id="least", type="integer", max_length=7, compact=True)
            yield ReaderMarks(self._readers, len(self._readers) <= ALL_MARKED_UP_TO)
            yield Static("", id="counts", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Back", id="back", compact=True)
                yield Button("Import", id="take", variant="primary", compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "take" and not self.marks.marked else True

    @on(Input.Changed)
    def _narrow(self) -> None:
        typed = self.least.value
        self.marks.narrow(self.words.value, int(typed) if typed.isdecimal() else 1)

    @on(Input.Submitted)
    def _go_on(self) -> None:
        self.marks.focus()

    @on(ReaderMarks.Changed)
    def _count(self) -> None:
        marked = self.marks.marked
        reviews = sum(reader.reviews for reader in marked)
        told = f"{len(marked):,} of {count(len(self._readers), 'reader')} chosen, "
        told += f"{reviews:,} of {count(self._reviews, 'review')}."
        if self.marks.shown < len(self._readers):
            told += f" {self.marks.shown:,} shown"
            unshown = self.marks.marked_unshown
            told += f"; {unshown:,} of the chosen are not." if unshown else "."
        self.query_one("#counts", Static).update(told)
        self.query_one("#take", Button).disabled = not marked
        self.refresh_bindings()

    def action_search(self) -> None:
        self.words.focus()

    def action_all(self) -> None:
        self.marks.mark_shown()

    def action_none(self) -> None:
        self.marks.unmark_all()

    def action_sort(self) -> None:
        by = "id" if self.marks.switch_order() else "number of reviews"
        self.notify(f"Sorted by {by}.", markup=False, timeout=2)

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        marked = self.marks.marked
        if len(marked) == len(self._readers):
            self.dismiss(Choice(everyone=True))
        elif marked:
            self.dismiss(Choice(frozenset(reader.id for reader in marked)))
