"""Which file to import, and as what; then its columns, its readers, and the import itself."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import ClassVar, Literal, cast

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from engine import imports
from engine.reports import BooksReport, ImportReport, PreferencesReport
from engine.sources.choice import EVERYONE, Choice
from engine.sources.columns import ColumnMap
from engine.sources.formats import GENERAL
from engine.sources.look import FileLook
from models.errors import BadInput, UserError
from studio.reading import Reading, Stopped
from studio.screens.choose_columns import ChooseColumns, written
from studio.screens.choose_readers import ChooseReaders
from studio.session import Session
from studio.text import visible
from studio.widgets.file_choice import FileChoice
from studio.widgets.reading_line import ReadingLine

Kind = Literal["reviews", "books", "preferences"]
KINDS: tuple[tuple[str, Kind], ...] = (
    ("Reviews", "reviews"),
    ("Books", "books"),
    ("Preferences", "preferences"),
)
FORMATS: Mapping[Kind, Callable[[], tuple[tuple[str, str], ...]]] = {
    "reviews": imports.review_formats,
    "books": imports.book_formats,
    "preferences": imports.preference_formats,
}
EXAMPLES: Mapping[Kind, str] = {
    "reviews": "reviews.csv",
    "books": "books.csv",
    "preferences": "preferences.jsonl",
}
STOPPED = "Stopped. Nothing was imported."

Report = ImportReport | BooksReport | PreferencesReport


class ImportFile(ModalScreen[Report | None]):
    """Asks for the file, reads it, and gives back what was found in it; None: nothing was taken."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "import_file.tcss"]
    AUTO_FOCUS = "#path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="import.cancel", tooltip="Stop, or close")
    ]
    file = getters.query_one(FileChoice)
    line = getters.query_one(ReadingLine)
    format = getters.query_one("#format", Select)
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, session: Session, kind: Kind = "reviews") -> None:
        """
        Args:
            kind: what the file is taken to hold until the editor says otherwise.
        """
        super().__init__()
        self._session = session
        self._first_kind: Kind = kind
        self._mapping: tuple[Path, ColumnMap] | None = None
        """The columns that were chosen last, and of which file."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Import a file"
            with Vertical(id="form"):
                yield FileChoice(EXAMPLES[self._first_kind])
                with Horizontal(id="what"):
                    yield Label("It holds")
                    yield Select(
                        KINDS, id="kind", value=self._first_kind, allow_blank=False, compact=True
                    )
                    yield Label("as")
                    yield Select(
                        _formats(self._first_kind),
                        id="format",
                        value="",
                        allow_blank=False,
                        compact=True,
                    )
            yield ReadingLine()
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Columns…", id="columns", compact=True)
                yield Button("Import", id="import", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.watch(self.line, "reading", self._shut)

    @property
    def _kind(self) -> Kind:
        return cast(Kind, self.query_one("#kind", Select).value)

    @property
    def _format_name(self) -> str | None:
        return str(self.format.value) or None

    @on(FileChoice.Picked)
    def _go_on(self) -> None:
        self.query_one("#import", Button).focus()

    @on(Select.Changed, "#kind")
    def _change_kind(self) -> None:
        with self.prevent(Select.Changed):
            self.format.set_options(_formats(self._kind))
        self.file.path.placeholder = EXAMPLES[self._kind]
        self._shut(self.line.reading)

    @on(Select.Changed, "#format")
    def _change_format(self) -> None:
        self._shut(self.line.reading)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop what is going on; with nothing going on, close."""
        reading = self.line.reading
        if reading is None:
            self.dismiss(None)
            return
        reading.stop()
        # Reading alone may end whenever its thread hears of it; the store has to be left first.
        if not reading.is_storing:
            self.workers.cancel_group(self, "import")
            self.line.reading = None
            self.refusal.update(STOPPED)

    @on(Button.Pressed, "#import")
    @on(Input.Submitted, "#path")
    def _submit(self) -> None:
        self._begin(asks_columns=False)

    @on(Button.Pressed, "#columns")
    def _choose_columns(self) -> None:
        self._begin(asks_columns=True)

    @work(group="import", exclusive=True)
    async def _begin(self, asks_columns: bool) -> None:
        self.refusal.update("")
        try:
            path = await self.file.chosen()
            if path is None:
                return
            report: Report | None
            match self._kind:
                case "books":
                    report = await self._books(path)
                case "preferences":
                    report = await self._preferences(path)
                case "reviews":
                    report = await self._reviews(path, asks_columns)
        except Stopped:
            self.refusal.update(STOPPED)
        except UserError as error:
            self.refusal.update(visible(f"{error.message}\n{error.hint}".strip()))
        else:
            if report is not None:
                self.dismiss(report)

    async def _books(self, path: Path) -> BooksReport:
        reading = Reading(path)
        return await self.line.wait_for(
            reading, reading.store_books, self._session.data_dir, self._format_name
        )

    async def _preferences(self, path: Path) -> PreferencesReport:
        """One file, as the dataset of its name."""
        reading = Reading(path)
        return await self.line.wait_for(
            reading, reading.store_preferences, self._session.data_dir, self._format_name, None
        )

    async def _reviews(self, path: Path, asks_columns: bool) -> ImportReport | None:
        """One file of reviews, question by question; None where the editor went back."""
        format_name = self._format_name
        look: FileLook | None = None
        if format_name in (None, *GENERAL):
            reading = Reading(path)
            look = await self.line.wait_for(reading, reading.look)
            if asks_columns and not imports.has_columns(look):
                raise BadInput(f"{look.name} has no columns to choose from.")
            if imports.has_columns(look):
                asks_columns = asks_columns or look.mapping is not None
        while True:
            columns: dict[str, str] | None = None
            one_reader = look is not None and look.one_reader
            if look is not None and asks_columns:
                mapping = await self._columns(path, look, format_name)
                if mapping is None:
                    return None
                columns = written(mapping)
                one_reader = "reader" not in columns
            choice = EVERYONE
            if not one_reader:
                asked = await self._readers(path, format_name, columns)
                if asked is None and asks_columns:
                    continue
                if asked is None:
                    return None
                choice = asked
            reading = Reading(path)
            return await self.line.wait_for(
                reading, reading.store_reviews, self._session.data_dir, format_name, choice, columns
            )

    async def _columns(
        self, path: Path, look: FileLook, format_name: str | None
    ) -> ColumnMap | None:
        known = self._mapping
        before = known[1] if known and known[0] == path else imports.guess_columns(look)
        mapping = await self.app.push_screen_wait(ChooseColumns(path, look, format_name, before))
        if mapping is not None:
            self._mapping = (path, mapping)
        return mapping

    async def _readers(
        self, path: Path, format_name: str | None, columns: dict[str, str] | None
    ) -> Choice | None:
        reading = Reading(path)
        readers = await self.line.wait_for(reading, reading.survey, format_name, columns)
        if len(readers) < 2:
            return EVERYONE
        return await self.app.push_screen_wait(ChooseReaders(path.name, readers))

    def _shut(self, reading: Reading | None) -> None:
        """Shut the form while a file is read."""
        form = self.query_one("#form")
        was_shut = form.disabled
        form.disabled = reading is not None
        self.query_one("#import", Button).disabled = reading is not None
        mapped = self._kind == "reviews" and self._format_name in (None, *GENERAL)
        self.query_one("#columns", Button).disabled = reading is not None or not mapped
        if was_shut and reading is None:
            self.file.path.focus()


def _formats(kind: Kind) -> list[tuple[str, str]]:
    known = FORMATS[kind]()
    return [("whatever the file shows", ""), *((label, name) for name, label in known)]
