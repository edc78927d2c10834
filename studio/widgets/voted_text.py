"""One of the two texts of a ballot: which side it is on, and nothing about who wrote it."""

from typing import Literal

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from studio.text import visible

Side = Literal["left", "right"]


class VotedText(VerticalScroll, can_focus=False):
    """Titled with the side and its key; a mark says that it was taken."""

    DEFAULT_CSS = """
    VotedText {
        width: 1fr; height: 1fr; border: round $panel-lighten-2; padding: 0 1;
        border-title-color: $text-accent; border-title-style: bold;
        &.-taken { border: heavy $primary; }
    }
    """

    def __init__(self, side: Side) -> None:
        super().__init__(id=side)
        self._side = side

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def on_mount(self) -> None:
        self.border_title = self._title(False)

    def show(self, text: str, is_taken: bool) -> None:
        """Show a text from its beginning."""
        self.query_one(Static).update(visible(text))
        self.set_class(is_taken, "-taken")
        self.border_title = self._title(is_taken)
        self.scroll_home(animate=False)

    def ask(self, text: str, is_asked: bool) -> None:
        """Show a text that is to be rated; a mark says that it is the one that is asked about."""
        self.show(text, is_asked)
        self.border_title = f"{'▸ ' if is_asked else ''}{self._side.capitalize()}"

    def _title(self, is_taken: bool) -> str:
        return f"{'✓ ' if is_taken else ''}{self._side.capitalize()} ({self._side[0]})"
