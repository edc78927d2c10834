"""Which files an export is to make."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Label, SelectionList
from textual.widgets.selection_list import Selection

from engine.export_order import ExportOrder, check_order
from models.errors import BadInput
from models.quantisations import QUANTS

ADAPTER = "adapter"


class ChooseQuant(ModalScreen[ExportOrder | None]):
    """Gives back what to make; None exports nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="quant.cancel", tooltip="Export nothing")
    ]
    files = getters.query_one("#files", SelectionList)
    importance = getters.query_one("#importance", Checkbox)
    refusal = getters.query_one("#refusal", Label)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Export the model"
            yield SelectionList(
                *(
                    Selection(f"{name}: {kind.words}", name, name == "Q4_K_M")
                    for name, kind in QUANTS.items()
                ),
                Selection("The adapter alone, for llama.cpp to lay over the base", ADAPTER),
                id="files",
                compact=True,
            )
            yield Checkbox(
                "Round by what the run's own pairs show to count", id="importance", compact=True
            )
            yield Label(id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Export", id="export", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#export", Button).focus()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#export")
    def _export(self) -> None:
        chosen = self.files.selected
        quants = tuple(name for name in QUANTS if name in chosen)
        order = ExportOrder(quants, ADAPTER in chosen, self.importance.value)
        try:
            check_order(order)
        except BadInput as error:
            self.refusal.update(str(error))
        else:
            self.dismiss(order)
