"""One sentence about what went wrong, and one about what to do."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from studio.text import visible


class Told(ModalScreen[None]):
    """A message that stays until it was read."""

    CSS_PATH = "told.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="told.close", tooltip="Close the message")
    ]

    def __init__(self, message: str, hint: str = "", heading: str = "That did not work") -> None:
        super().__init__()
        self._message = visible(message)
        self._hint = visible(hint)
        self._heading = heading

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static(self._heading, id="heading", markup=False)
            yield Static(self._message, id="message", markup=False)
            yield Static(self._hint, id="hint", markup=False)
            yield Button("Close", id="close", compact=True)

    def on_button_pressed(self) -> None:
        self.dismiss()
