"""Which file of a publisher is to be described, and which model writes."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Select, Static

from engine.catalogues.state import CatalogueLine
from engine.panes import Pane
from models.errors import UserError
from studio.reading import Reading, Stopped
from studio.session import Session
from studio.text import one_line, visible
from studio.widgets.file_choice import FileChoice
from studio.widgets.reading_line import ReadingLine

STOPPED = "Stopped. Nothing was taken in."


class OpenCatalogue(ModalScreen[CatalogueLine | None]):
    """Takes the file in and gives the catalogue back; None: nothing was taken in."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "import_file.tcss"]
    AUTO_FOCUS = "#path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="catalogue.cancel", tooltip="Stop, or close")
    ]
    file = getters.query_one(FileChoice)
    line = getters.query_one(ReadingLine)
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, session: Session, reader_id: str, panes: Sequence[Pane]) -> None:
        """
        Args:
            panes: with a model, the one to begin with first.
        """
        super().__init__()
        self._session = session
        self._reader_id = reader_id
        self._panes = panes

    def compose(self) -> ComposeResult:
        offered = [(Content(_told(pane)), pane.id) for pane in self._panes]
        first = self._panes[0].id
        with Vertical(classes="box") as box:
            box.border_title = "A catalogue: CSV, JSON Lines or ONIX 3"
            with Vertical(id="form"):
                yield FileChoice("catalogue.csv")
                yield Select(offered, id="pane", value=first, allow_blank=False, compact=True)
            yield ReadingLine()
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Take it in", id="take", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.watch(self.line, "reading", self._shut)

    @on(FileChoice.Picked)
    def _go_on(self) -> None:
        self.query_one("#take", Button).focus()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop what is going on; with nothing going on, close."""
        if self.line.reading is None:
            self.dismiss(None)
        else:
            # The store has to be left first: the thread ends when it hears of it.
            self.line.reading.stop()

    @on(Button.Pressed, "#take")
    @on(Input.Submitted)
    def _submit(self) -> None:
        self._take()

    @work(group="loading", exclusive=True)
    async def _take(self) -> None:
        self.refusal.update("")
        try:
            path = await self.file.chosen()
            if path is None:
                return
            reading = Reading(path)
            pane = str(self.query_one("#pane", Select).value)
            asked = (self._session.data_dir, self._reader_id, pane)
            line = await self.line.wait_for(reading, reading.take_catalogue, *asked)
        except Stopped:
            self.refusal.update(STOPPED)
        except UserError as error:
            self.refusal.update(visible(f"{error.message}\n{error.hint}".strip()))
        else:
            self.dismiss(line)

    def _shut(self, reading: Reading | None) -> None:
        """Shut the form while a file is read."""
        form = self.query_one("#form")
        was_shut = form.disabled
        form.disabled = reading is not None
        self.query_one("#take", Button).disabled = reading is not None
        if was_shut and reading is None:
            self.file.path.focus()


def _told(pane: Pane) -> str:
    return f"Written by: {one_line(pane.title, 40)} ({one_line(pane.detail, 40)})"
