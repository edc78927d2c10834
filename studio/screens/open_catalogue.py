"""Which file of a publisher is to be described, and which model writes."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from engine.catalogues.state import CatalogueLine
from engine.panes import Pane
from models.errors import UserError
from studio.reading import Reading, Stopped
from studio.screens.reads_file import ReadsFile
from studio.session import Session
from studio.text import one_line, visible
from studio.widgets.file_choice import FileChoice
from studio.widgets.reading_line import ReadingLine

STOPPED = "Stopped. Nothing was taken in."


class OpenCatalogue(ReadsFile[CatalogueLine]):
    """Takes the file in and gives the catalogue back; None: nothing was taken in."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "import_file.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="catalogue.cancel", tooltip="Stop, or close")
    ]

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


def _told(pane: Pane) -> str:
    return f"Written by: {one_line(pane.title, 40)} ({one_line(pane.detail, 40)})"
