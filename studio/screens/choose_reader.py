"""Which other reader: a list of those who have a profile."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.store.readers import ReaderSummary
from studio.text import count, one_line


class ChooseReader(ModalScreen[ReaderSummary | None]):
    """Gives back the reader; None chooses nobody."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="reader.cancel", tooltip="Choose nobody")
    ]

    def __init__(self, heading: str, readers: Sequence[ReaderSummary]) -> None:
        super().__init__()
        self._heading = heading
        self._readers = readers

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._heading, 70))
            box.border_subtitle = "enter chooses   esc cancels"
            yield OptionList(*map(_line, self._readers), id="others", markup=False)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._readers[event.option_index])


def _line(reader: ReaderSummary) -> Option:
    reviews = count(reader.reviews, "review") if reader.reviews else "no reviews"
    return Option(Content.assemble(one_line(reader.name, 50), (f"  {reviews}", "dim")))
