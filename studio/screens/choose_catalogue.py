"""Which catalogue: a list of those that were taken in, the newest first."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from engine.catalogues.state import CatalogueLine
from studio.catalogue_words import catalogue_line


class ChooseCatalogue(ModalScreen[str | None]):
    """Gives back the catalogue's id; None stays with the one that is open."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="catalogue.stay", tooltip="Stay with this one")
    ]

    def __init__(self, lines: Sequence[CatalogueLine]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Catalogues"
            box.border_subtitle = "enter chooses   esc cancels"
            yield OptionList(*map(catalogue_line, self._lines), id="others", markup=False)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._lines[event.option_index].catalogue.id)
