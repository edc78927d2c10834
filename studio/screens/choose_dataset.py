"""Which dataset of preference data: a list with the number of pairs in each."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from studio.text import count, one_line


class ChooseDataset(ModalScreen[str | None]):
    """Gives back the dataset's id; None stays with the one that is open."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="dataset.cancel", tooltip="Stay with this one")
    ]

    def __init__(self, sizes: Mapping[str, int], opened: str) -> None:
        """
        Args:
            sizes: the number of pairs by dataset.
            opened: the dataset that is open, on which the cursor stands to begin with.
        """
        super().__init__()
        self._sizes = sizes
        self._opened = opened

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Datasets"
            box.border_subtitle = "enter chooses   esc cancels"
            lines = (f"{one_line(name, 50)}: {count(n, 'pair')}" for name, n in self._sizes.items())
            yield OptionList(*lines, id="others", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = list(self._sizes).index(self._opened)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(list(self._sizes)[event.option_index])
