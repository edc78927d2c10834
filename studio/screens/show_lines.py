"""Lines to read: what a questionnaire told, what the run doctor says, a description in full."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from studio.text import one_line


class ShowLines(ModalScreen[None]):
    """Read-only; escape or enter closes it."""

    CSS_PATH = "show_lines.tcss"
    AUTO_FOCUS = "#lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", id="lines.close", tooltip="Close what is read")
    ]

    def __init__(self, heading: str, lines: Iterable[str]) -> None:
        super().__init__()
        self._heading = heading
        self._lines = tuple(lines)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", classes="panel") as lines:
            lines.border_title = Content(one_line(self._heading, 60))
            yield Static("\n".join(self._lines), markup=False)
        yield Footer()
