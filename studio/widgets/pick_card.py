"""One of the two ways to take a moment, on a card."""

from typing import Literal

from textual.widgets import Static

Letter = Literal["a", "b"]


class PickCard(Static, can_focus=True):
    """Its key is in the corner; the one with the focus has a heavy border and an arrow."""

    DEFAULT_CSS = """
    PickCard {
        width: 1fr; height: 7; padding: 1 2; border: round $panel-lighten-2;
        border-title-color: $text-accent; border-title-style: bold;
        &:focus { border: heavy $primary; }
    }
    """

    def __init__(self, letter: Letter) -> None:
        super().__init__(id=letter, markup=False)
        self._letter = letter
        self.border_title = letter

    def on_focus(self) -> None:
        self.border_title = f"▸ {self._letter}"
        self.border_subtitle = "enter takes it"

    def on_blur(self) -> None:
        self.border_title = self._letter
        self.border_subtitle = ""
