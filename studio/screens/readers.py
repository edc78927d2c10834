"""Readers: bring reviews in, see who wrote how much, choose whom the other screens are about."""

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import DataTable, Footer

from engine import desk, editing
from engine.domain import Reader
from engine.reports import BooksReport, ImportReport, PreferencesReport
from engine.store.readers import ReaderSummary
from studio.screens.ask_words import AskWords, Blank
from studio.screens.confirm import Confirm
from studio.screens.import_file import ImportFile
from studio.screens.import_report import ShowImport
from studio.session import Session
from studio.text import cell, count, visible
from studio.widgets.empty_state import EmptyState
from studio.widgets.review_list import ReviewList
from studio.widgets.step_bar import StepBar, next_step

NAME = Blank("Name", refusal="A reader needs a name. Any will do: it never reaches a model.")
BEGUN = "A reader without reviews. Everything in the profile is unknown until you fill it in."
DUPLICATED = (
    "What is known of this reader comes over as your own word, and you can change it. "
    "Reviews and quotes stay where they are."
)


class ReadersScreen(Screen[None]):
    """The first step."""

    CSS_PATH = "readers.tcss"
    AUTO_FOCUS = "#readers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "i",
            "import_file",
            "Import",
            id="readers.import",
            tooltip="Import reviews, books or preference data",
        ),
        Binding(
            "e",
            "example",
            "Example",
            id="readers.example",
            tooltip="Load the three example readers",
        ),
        Binding("n", "begin", "New", id="readers.new", tooltip="Begin a reader by hand"),
        Binding(
            "d",
            "duplicate",
            "Duplicate",
            id="readers.duplicate",
            tooltip="Duplicate a reader's profile under a new name",
        ),
        Binding(
            "f",
            "forget",
            "Forget",
            id="readers.forget",
            tooltip="Forget a reader and all that was derived",
        ),
        Binding(
            "p",
            "app.go('persona')",
            "Personas",
            show=False,
            id="readers.personas",
            tooltip="Open the personas of preference data",
        ),
    ]
    table = getters.query_one("#readers", DataTable)
    reviews = getters.query_one(ReviewList)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[ReaderSummary, ...] = ()

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "readers")
        yield EmptyState()
        with Horizontal(id="work"):
            yield DataTable(id="readers", cursor_type="row", classes="panel")
            yield ReviewList(classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        self.table.border_title = "Readers"
        self.table.add_columns("Name", "Reviews", "Words", "Profile", "Pairs")
        self.empty.update(
            "A reader is a person whose book reviews you have in a file.\n\n"
            "Press i to import such a file, or e to load three example readers.\n"
            "Press n to begin a reader by hand, without reviews.\n\n"
            "Press p for preference data: requests, each with a chosen and a rejected answer."
        )
        self._session.changed.subscribe(self, self._show)
        self._show(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        reader = self._session.reader
        possible = {
            "forget": reader is not None,
            "duplicate": reader is not None and reader.profile_built,
        }
        return True if possible.get(action, True) else None

    def on_resize(self) -> None:
        self._shown = ()
        self._show(None)

    def _show(self, _: None) -> None:
        readers, reader = self._session.readers, self._session.reader
        self.set_class(not readers, "-empty")
        self.refresh_bindings()
        if readers != self._shown:
            self._shown = readers
            self._fill()
        self.table.border_subtitle = next_step(self._session)
        if reader is not None:
            row = readers.index(reader)
            if self.table.cursor_row != row:
                self.table.move_cursor(row=row)
            self._load_reviews(reader.id)
        if readers and self.focused is None:
            self.table.focus()

    def _fill(self) -> None:
        with self.prevent(DataTable.RowHighlighted):
            self.table.clear()
            for reader in self._shown:
                self.table.add_row(
                    cell(reader.name, max(14, self.size.width - 100)),
                    cell(f"{reader.reviews:,}"),
                    cell(f"{reader.words:,}"),
                    cell("built" if reader.profile_built else ""),
                    cell(f"{reader.pairs:,}" if reader.pairs else ""),
                    key=reader.id,
                )

    @work(group="reviews", exclusive=True)
    async def _load_reviews(self, reader_id: str) -> None:
        with self._session.errors_told():
            self.reviews.show(reader_id, await self._session.ask(desk.reviews, reader_id))

    @on(DataTable.RowHighlighted, "#readers")
    def _choose(self, event: DataTable.RowHighlighted) -> None:
        if event.row_key.value is not None:
            self._session.choose(event.row_key.value)

    @on(DataTable.RowSelected, "#readers")
    async def _go_on(self) -> None:
        await self.run_action("app.go('profile')")

    @work(group="import", exclusive=True)
    async def action_import_file(self) -> None:
        report = await self.app.push_screen_wait(ImportFile(self._session))
        if report is not None:
            await self._imported(report)

    @work(group="import", exclusive=True)
    async def action_example(self) -> None:
        self.notify("Loading the example readers…", markup=False)
        with self._session.errors_told():
            await self._imported(await self._session.ask(desk.import_example))

    async def _imported(self, report: ImportReport | BooksReport | PreferencesReport) -> None:
        with self._session.errors_told():
            await self._session.refresh()
            if isinstance(report, BooksReport):
                # The readers are as before, but the previews have new books.
                self._session.changed.publish(None)
            elif isinstance(report, ImportReport) and report.readers:
                self._session.choose(max(report.readers, key=lambda reader: reader.reviews).id)
            await self.app.push_screen_wait(ShowImport(report))

    @work(group="begin", exclusive=True)
    async def action_begin(self) -> None:
        answer = await self.app.push_screen_wait(
            AskWords("Begin a reader by hand", BEGUN, [NAME], "Begin")
        )
        if answer is not None:
            with self._session.errors_told():
                await self._go_to(await self._session.ask(editing.new_reader, *answer))

    @work(group="begin", exclusive=True)
    async def action_duplicate(self) -> None:
        reader = self._session.reader
        assert reader is not None
        heading = f"Duplicate {reader.name}"
        answer = await self.app.push_screen_wait(AskWords(heading, DUPLICATED, [NAME], "Duplicate"))
        if answer is not None:
            with self._session.errors_told():
                made = await self._session.ask(editing.clone_reader, reader.id, *answer)
                await self._go_to(made)

    async def _go_to(self, reader: Reader) -> None:
        """Open the profile of a reader who was just added."""
        await self._session.refresh()
        self._session.choose(reader.id)
        await self.run_action("app.go('profile')")

    @work(group="forget", exclusive=True)
    async def action_forget(self) -> None:
        reader = self._session.reader
        assert reader is not None
        goes = (
            f"{count(reader.reviews, 'review')}, the profile and {count(reader.pairs, 'pair')} "
            f"of {visible(reader.name)} will be deleted from this computer for good; undo does not "
            "bring them back. Models that were tuned on them stay, and will be named."
        )
        if not await self.app.push_screen_wait(Confirm("Forget this reader?", goes, "Forget")):
            return
        with self._session.errors_told():
            carrying = await self._session.ask(desk.forget, reader.id)
            await self._session.refresh()
            titles = ", ".join(visible(run.title) for run in carrying)
            stays = f" Still made from these reviews: {titles}." if carrying else ""
            self.notify(f"{visible(reader.name)} is forgotten.{stays}", markup=False, timeout=10)
