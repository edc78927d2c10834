"""Library: every file of a model on this disk; delete what is not needed, export a folder."""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from engine.library import listing
from engine.library.artefact import Artefact
from engine.library.folder import export_folder
from engine.library.room import freed_bytes
from studio.library_words import SORT_WORDS, amount, deletion_lines, detail_lines, pane_lines
from studio.screens.confirm import Confirm
from studio.screens.export_folder import ExportFolder, FolderOrder
from studio.screens.show_lines import ShowLines
from studio.session import Session
from studio.text import cell, count, lately
from studio.widgets.empty_state import EmptyState
from studio.widgets.step_bar import StepBar
from studio.widgets.work_line import WorkLine

FOLDER_WORK = "folder"
"""What the export of a folder is tracked by."""
SIDE_BY_SIDE_FROM = 100
"""Columns; in fewer the pane stands below the list."""


class LibraryScreen(Screen[None]):
    """Opened over any step, and left for it."""

    CSS_PATH = "library.tcss"
    AUTO_FOCUS = "#artefacts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "Find", id="library.find", tooltip="Filter by words"),
        Binding(
            "s", "sort", "Sort", show=False, id="library.sort", tooltip="Order by another column"
        ),
        Binding("d", "delete", "Delete", id="library.delete", tooltip="Delete this from the disk"),
        Binding(
            "x",
            "delete_run",
            "Clear run",
            id="library.delete_run",
            tooltip="Delete all that came of this training but its adapter",
        ),
        Binding("e", "export", "Export", id="library.export", tooltip="Export a folder for others"),
        Binding("y", "copy", "Path", show=False, id="library.copy", tooltip="Copy the path"),
        Binding("escape", "leave", "Back", id="library.leave", tooltip="Back to the step before"),
    ]
    table = getters.query_one("#artefacts", DataTable)
    words = getters.query_one("#words", Input)
    told = getters.query_one("#told", Static)
    empty = getters.query_one(EmptyState)
    line = getters.query_one(WorkLine)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._every: Sequence[Artefact] = ()
        self._shown: Sequence[Artefact] = ()
        self._sort = next(iter(listing.SORTS))

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "library")
        yield EmptyState()
        yield Input(placeholder="a run, a reader, a base, GGUF", id="words", compact=True)
        with Container(id="work"):
            yield DataTable(id="artefacts", cursor_type="row", classes="panel")
            with VerticalScroll(id="details", classes="panel") as details:
                details.border_title = "What it is"
                yield Static(id="told", markup=False)
        yield WorkLine()
        yield Footer()

    def on_mount(self) -> None:
        self.table.add_columns("Kind", "Size", "Frees", "For", "Made", "Effect")
        self.empty.update("There is nothing: no base is installed and nothing was trained here.")
        self._session.changed.subscribe(self, self._read_again)
        self._session.tracker.changed.subscribe(self, self._show_work)

    def on_resize(self) -> None:
        self.set_class(self.size.width >= SIDE_BY_SIDE_FROM, "-wide")

    def on_screen_resume(self) -> None:
        self._read()

    def _read_again(self, _: None) -> None:
        # Of a screen that is not open nothing is read; it reads when it is opened.
        if self.is_current:
            self._read()

    @work(group="load", exclusive=True)
    async def _read(self) -> None:
        with self._session.errors_told():
            self._every = await self._session.ask(listing.artefacts)
            self._fill()

    @property
    def _chosen(self) -> Artefact | None:
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        chosen = self._chosen
        possible = {
            "delete": chosen is not None and not chosen.fixed,
            "delete_run": chosen is not None and bool(chosen.train_run_id),
            "export": chosen is not None and chosen.kind in FolderOrder.KINDS,
            "copy": chosen is not None,
        }
        return True if possible.get(action, True) else None

    @on(Input.Changed, "#words")
    def _fill(self) -> None:
        at = self._chosen.id if self._chosen else None
        self._shown = listing.shown(self._every, self.words.value, self._sort)
        self.table.clear()
        for it in self._shown:
            self.table.add_row(
                cell(it.words),
                cell(amount(it.size_bytes)),
                cell("-" if it.fixed else amount(it.frees_bytes)),
                cell(", ".join(it.reader_ids), 12),
                cell(lately(it.made_at)),
                cell(it.effect or it.base, 40),
                key=it.id,
            )
        ids = [it.id for it in self._shown]
        if ids:
            self.table.move_cursor(row=ids.index(at) if at in ids else 0)
        self.set_class(not self._every, "-empty")
        self.table.border_title = (
            f"Library: {len(self._shown)} of {count(len(self._every), 'thing')}, "
            f"{amount(sum(it.size_bytes for it in self._shown))}, {SORT_WORDS[self._sort]}"
        )
        self._tell()

    @on(DataTable.RowHighlighted, "#artefacts")
    def _tell(self) -> None:
        chosen = self._chosen
        lines = pane_lines(chosen, self._session.data_dir) if chosen else ["No words like these."]
        self.told.update("\n".join(lines))
        self.query_one("#details").scroll_home(animate=False)
        self.refresh_bindings()

    @on(DataTable.RowSelected, "#artefacts")
    @work(group="change", exclusive=True)
    async def _show_all(self) -> None:
        if (chosen := self._chosen) is not None:
            with self._session.errors_told():
                hashed = await self._session.ask(listing.hashed, chosen)
                self.app.push_screen(ShowLines(chosen.words, detail_lines(hashed)))

    @on(Input.Submitted, "#words")
    def _to_table(self) -> None:
        self.table.focus()

    def action_find(self) -> None:
        self.words.focus()

    def action_sort(self) -> None:
        orders = cycle(listing.SORTS)
        self._sort = next(islice(orders, [*listing.SORTS].index(self._sort) + 1, None))
        self._fill()

    async def action_leave(self) -> None:
        """End what is going on, then the filter, then the screen: one at a time."""
        if self._session.tracker.is_going_on(FOLDER_WORK):
            self._session.tracker.cancel(FOLDER_WORK)
        elif self.words.value or self.words.has_focus:
            self.words.value = ""
            self.table.focus()
        else:
            await self.run_action("app.leave_library")

    def action_copy(self) -> None:
        if (chosen := self._chosen) is not None:
            self.app.copy_to_clipboard(str(chosen.path))
            self.notify(str(chosen.path), title="Copied", markup=False)

    def action_delete(self) -> None:
        if (chosen := self._chosen) is not None:
            self._delete([chosen])

    @work(group="ask", exclusive=True)
    async def action_delete_run(self) -> None:
        if (chosen := self._chosen) is not None:
            with self._session.errors_told():
                found = listing.of_run_but_the_adapter(self._every, chosen.train_run_id)
                self._delete(found)

    @work(group="ask", exclusive=True)
    async def _delete(self, chosen: Sequence[Artefact]) -> None:
        with self._session.errors_told():
            listing.check_deletable(chosen)
            freed = await self._session.ask(lambda _: freed_bytes(it.path for it in chosen))
            told = "\n".join(deletion_lines(chosen, freed))
            verb = f"Delete {amount(freed)}"
            heading = f"Delete {count(len(chosen), 'thing')}?"
            if await self.app.push_screen_wait(Confirm(heading, told, verb)):
                deleted = await self._session.ask(listing.delete, [it.id for it in chosen])
                self.notify(f"Deleted; {amount(deleted.freed_bytes)} are free.", markup=False)
                self._read()

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        if (chosen := self._chosen) is None:
            return
        if self._session.tracker.is_going_on(FOLDER_WORK):
            self.notify("A folder is being written; wait for it.", markup=False)
            return
        order = await self.app.push_screen_wait(ExportFolder(chosen))
        if order is not None:
            events = export_folder(self._session.data_dir, chosen, order.folder, order.card_of)
            self._session.tracker.watch(FOLDER_WORK, f"The folder {order.folder.name}", events)

    def _show_work(self, key: str) -> None:
        if key == FOLDER_WORK:
            self.line.show(self._session.tracker.works.get(key))
