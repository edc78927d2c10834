"""Which file of reviews to import, and as what."""

from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, DirectoryTree, Input, Label, Select, Static

from engine import desk
from engine.reports import ImportReport
from models.errors import UserError
from studio.session import Session
from studio.text import visible
from studio.widgets.file_tree import FileTree

FORMATS = (
    ("Find out from the file", ""),
    ("Amazon reviews (JSON Lines)", "amazon2023"),
    ("Goodreads export (CSV)", "goodreads"),
    ("Table (CSV)", "csv"),
    ("JSON Lines", "jsonl"),
    ("Plain text", "text"),
)


class ImportFile(ModalScreen[ImportReport | None]):
    """Asks for the file, reads it, and gives back what was found in it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="import.cancel", tooltip="Import nothing")
    ]
    path = getters.query_one("#path", Input)
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Import reviews"
            yield Label("Path of the file; or pick it below", classes="label")
            yield Input(placeholder="reviews.csv", id="path", compact=True)
            yield FileTree(Path.cwd(), id="tree")
            yield Label("Format", classes="label")
            yield Select(FORMATS, id="format", value="", allow_blank=False, compact=True)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Import", id="import", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.path.focus()

    @on(DirectoryTree.FileSelected)
    def _pick(self, event: DirectoryTree.FileSelected) -> None:
        self.path.value = str(event.path)
        self.query_one("#import", Button).focus()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#import")
    @on(Input.Submitted, "#path")
    def _submit(self) -> None:
        if not self.path.value.strip():
            self.refusal.update("Type the path of a file, or pick one in the tree.")
            return
        self.refusal.update("")
        self.query_one(Vertical).loading = True
        self._read(Path(self.path.value.strip()).expanduser())

    @work(group="import", exclusive=True)
    async def _read(self, path: Path) -> None:
        chosen = self.query_one("#format", Select).value
        try:
            report = await self._session.ask(desk.import_reviews, path, str(chosen) or None)
        except UserError as error:
            self.query_one(Vertical).loading = False
            self.refusal.update(visible(f"{error.message}\n{error.hint}".strip()))
        else:
            self.dismiss(report)
