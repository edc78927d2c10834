"""How small the exported model is to be."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Select

from models.quantisations import QUANTS


class ChooseQuant(ModalScreen[str | None]):
    """Gives back a quantisation type; None exports nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="quant.cancel", tooltip="Export nothing")
    ]
    choice = getters.query_one("#quant", Select)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Export the model"
            yield Select(
                ((f"{name}: {kind.words}", name) for name, kind in QUANTS.items()),
                id="quant",
                value="Q4_K_M",
                allow_blank=False,
                compact=True,
            )
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Export", id="export", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#export", Button).focus()

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(str(self.choice.value) if event.button.id == "export" else None)
