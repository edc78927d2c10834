"""Many books at once: a publisher's file, its descriptions written, read and accepted."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static

from engine.catalogues import review
from engine.catalogues.state import CatalogueLine, CatalogueRow, RowState
from engine.catalogues.writing import write_again, written
from models.errors import UserError
from studio import replacing
from studio.catalogue_words import ABOUT_OUT, ALL_READ, INVITATION, NAMES, TO_WRITE, how_far
from studio.drafts import may_go
from studio.screens.ask_words import AskWords, Blank
from studio.screens.catalogue_keys import KEYS
from studio.screens.choose_catalogue import ChooseCatalogue
from studio.screens.confirm import Confirm
from studio.screens.open_catalogue import OpenCatalogue
from studio.screens.past_texts import PastTexts
from studio.session import Session
from studio.text import count, one_line
from studio.typed_path import typed_path
from studio.widgets.empty_state import EmptyState
from studio.widgets.reviewed_row import ReviewedRow
from studio.widgets.step_bar import StepBar
from studio.widgets.work_line import WorkLine

NARROW = 100
"""Below this many columns the list stands above the texts."""
LISTED = 100
LOOK_EVERY_S = 2.0
"""How long a description that another window or command wrote may go unseen."""
VIEWS: tuple[RowState, ...] = ("waiting", "accepted", "to_write", "skipped", "trouble")


class CatalogueScreen(Screen[None]):
    """Opened over the previews; escape goes back to them."""

    CSS_PATH = "catalogue.tcss"
    AUTO_FOCUS = "#rows"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    head = getters.query_one("#head", Static)
    work_line = getters.query_one(WorkLine)
    listed = getters.query_one("#rows", OptionList)
    row = getters.query_one(ReviewedRow)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._lines: Sequence[CatalogueLine] = ()
        self._id: str | None = None
        self._view: RowState = "waiting"
        self._rows: Sequence[CatalogueRow] = ()
        self._is_again = False
        """Whether a text is being written again."""

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "preview")
        yield EmptyState()
        with Vertical(id="work"):
            yield Static(id="head", markup=False)
            yield WorkLine()
            with Horizontal(id="desk"):
                yield OptionList(id="rows", classes="panel", markup=False)
                yield ReviewedRow()
        yield Footer()

    def on_mount(self) -> None:
        self._session.drafts.append(self)
        self._session.changed.subscribe(self, self._load)
        self._session.moved.subscribe(self, self._load)
        self._session.tracker.changed.subscribe(self, self._news)
        self.set_interval(LOOK_EVERY_S, self._count)
        self._load(None)

    def on_unmount(self) -> None:
        self._session.drafts.remove(self)

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")

    @property
    def _line(self) -> CatalogueLine | None:
        """The catalogue on screen."""
        return next((line for line in self._lines if line.catalogue.id == self._id), None)

    @property
    def _key(self) -> str:
        """What the writing of this catalogue is tracked by."""
        return f"catalogue:{self._id}"

    @property
    def _is_writing(self) -> bool:
        return self._session.tracker.is_going_on(self._key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        line, shown = self._line, self.row.shown if self.is_mounted else None
        is_reading = line is not None and not self.row.is_editing
        has_text = is_reading and shown is not None and shown.description is not None
        possible = {
            **dict.fromkeys(("accept", "edit", "history"), has_text),
            "again": is_reading and shown is not None and not self._is_again,
            "skip": is_reading and shown is not None,
            "write": is_reading and not self._is_writing and bool(line and line.counts["to_write"]),
            "stop": self._is_writing,
            **dict.fromkeys(("view", "out"), is_reading),
            "accept_plain": is_reading and self._view == "waiting",
            "others": is_reading and len(self._lines) > 1,
            "keep": line is not None and self.row.is_editing,
        }
        return possible.get(action, True)

    @work(group="load", exclusive=True)
    async def _load(self, _: object) -> None:
        reader = self._session.reader
        with self._session.errors_told():
            self._lines = await self._session.ask(review.catalogues, reader.id) if reader else []
            if self._line is None:
                self._id = self._lines[0].catalogue.id if self._lines else None
            self.set_class(self._id is None, "-empty")
            if self._id is None:
                self.empty.update(INVITATION.format(one_line(reader.name, 40) if reader else "…"))
            else:
                self._rows = await self._session.ask(review.queue, self._id, self._view, LISTED)
                self._list_rows()
        self._news(self._key)

    def _list_rows(self) -> None:
        """The rows in the list, with the cursor on the one that it was on, or in its place."""
        line, shown = self._line, self.row.shown
        assert line is not None
        told = f"{one_line(line.catalogue.name, 40)} by {one_line(line.catalogue.pane_id, 30)}"
        self.head.update(f"{told}: {how_far(line)}")
        self.listed.border_title = Content(f"{NAMES[self._view].capitalize()} (v)")
        number = line.counts[self._view]
        self.listed.border_subtitle = f"{LISTED} of {number:,}" if number > LISTED else ""
        before = self.listed.highlighted or 0
        places = [row.place for row in self._rows]
        at = places.index(shown.row.place) if shown and shown.row.place in places else before
        with self.prevent(OptionList.OptionHighlighted):
            self.listed.clear_options()
            self.listed.add_options(map(_row_line, self._rows))
            self.listed.highlighted = min(at, len(places) - 1) if places else None
        self._show_row()

    @on(OptionList.OptionHighlighted, "#rows")
    def _row_chosen(self) -> None:
        self._show_row()

    def _show_row(self) -> None:
        at = self.listed.highlighted
        if at is None or at >= len(self._rows):
            is_done = self._line is not None and not self._line.counts["to_write"]
            waits = ALL_READ if is_done else TO_WRITE
            nothing = f"No row is {NAMES[self._view]}."
            self.row.clear(waits if self._view == "waiting" else nothing)
            self.refresh_bindings()
        elif self._rows[at].trouble:
            self.row.clear(one_line(self._rows[at].trouble))
            self.refresh_bindings()
        elif self._id is not None:
            self._read(self._id, self._rows[at].place)

    @work(group="page", exclusive=True)
    async def _read(self, catalogue_id: str, place: int) -> None:
        with self._session.errors_told():
            self.row.show(await self._session.ask(review.read_row, catalogue_id, place))
            if self._is_again:
                self.row.wait("Writing it again…")
        self.refresh_bindings()

    def _news(self, key: str) -> None:
        """Show how far the writing is; a new text may be one to read."""
        if key != self._key:
            return
        work = self._session.tracker.works.get(key)
        self.work_line.show(work, "x stops")
        self.refresh_bindings()
        self._count()

    @work(group="count", exclusive=True)
    async def _count(self) -> None:
        """See what was written here or elsewhere: it is no change of the journal, and no signal
        tells of it."""
        before = self._line
        if before is None or self.row.is_editing:
            return
        with self._session.errors_told():
            line = await self._session.ask(review.catalogue_line, before.catalogue.id)
            if line == before or self._line is not before:
                return
            self._lines = [
                line if one.catalogue.id == line.catalogue.id else one for one in self._lines
            ]
            self._rows = await self._session.ask(
                review.queue, line.catalogue.id, self._view, LISTED
            )
            self._list_rows()

    def action_accept(self) -> None:
        shown = self.row.shown
        if shown is not None and self._id is not None:
            is_new = shown.row.state != "accepted"
            self._change(partial(review.accept, accepted=is_new), [shown.row.place])

    def action_skip(self) -> None:
        shown = self.row.shown
        if shown is not None and self._id is not None:
            skips = shown.row.state != "skipped"
            self._change(partial(review.skip, skipped=skips), [shown.row.place])

    @work(group="change")
    async def _change(self, call: "partial[object]", places: list[int]) -> None:
        # Of the next row nothing is on screen yet: a second key press is not meant for it.
        self.row.shown = None
        with self._session.errors_told():
            await self._session.ask(call, self._id, places)
            await self._session.refresh()
        self._load(None)

    @work(group="ask", exclusive=True)
    async def action_accept_plain(self) -> None:
        line = self._line
        if line is None:
            return
        number = line.counts["waiting"] - line.flagged
        if not number:
            self.notify("The checks found something in each that waits.", markup=False)
            return
        told = f"{count(number, 'description')} in which the checks found nothing, read or unread."
        if await self.app.push_screen_wait(Confirm("Accept them all?", told, "Accept")):
            with self._session.errors_told():
                await self._session.ask(review.accept_unflagged, line.catalogue.id)
                await self._session.refresh()

    def action_edit(self) -> None:
        self.row.edit()
        self.refresh_bindings()

    @work(group="change")
    async def action_keep(self) -> None:
        await self.store()

    @property
    def unsaved(self) -> str:
        """What is not stored yet; see `studio.drafts`."""
        return "the edit of a description" if self.row.is_changed else ""

    async def store(self) -> bool:
        """Store what was typed; False where that was refused."""
        shown = self.row.shown
        if shown is None or shown.description is None or self._id is None:
            return True
        began, place = shown.description.id, shown.row.place
        try:
            await self._session.ask(review.edit, self._id, place, self.row.typed, began)
        except UserError as error:
            self._session.tell(error)
            return False
        self._stop_editing()
        await self._session.refresh()
        return True

    def _stop_editing(self) -> None:
        self.row.stop_editing()
        self.listed.focus()
        self._load(None)

    @work(group="ask", exclusive=True)
    async def action_leave(self) -> None:
        """Leave the field, or go back; a writing that was begun goes on."""
        if self.row.is_editing:
            if await may_go(self.app, self) and self.row.is_editing:
                self._stop_editing()
        else:
            self.dismiss()

    def action_stop(self) -> None:
        self._session.tracker.cancel(self._key)
        self.notify("Stopped. What was written is kept; w goes on.", markup=False)

    @work(group="write", exclusive=True)
    async def action_again(self) -> None:
        shown = self.row.shown
        if shown is None or self._id is None:
            return
        self._is_again = True
        self.row.wait("Writing it again…")
        self.refresh_bindings()
        with self._session.errors_told():
            try:
                bench = await self._session.bench()
                await write_again(self._session.data_dir, self._id, shown.row.place, bench)
                await self._session.refresh()
            finally:
                self._is_again = False
        self._load(None)

    @work(group="load")
    async def action_write(self) -> None:
        line = self._line
        if line is None:
            return
        events = written(self._session.data_dir, line.catalogue.id, await self._session.bench())
        title = f"Describing {one_line(line.catalogue.name, 40)}"
        self._session.tracker.watch(self._key, title, events)

    def action_view(self) -> None:
        """Show the rows in the next state."""
        self._view = VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)]
        self.row.shown = None
        self.listed.highlighted = None
        self._load(None)

    @work(group="load")
    async def action_history(self) -> None:
        shown = self.row.shown
        if shown is None or shown.description is None:
            return
        of = shown.description
        self.app.push_screen(PastTexts(self._session, of.reader_id, shown.book, of.id))

    @work(group="ask", exclusive=True)
    async def action_out(self) -> None:
        line = self._line
        if line is None:
            return
        stem, dot, kind = line.catalogue.name.partition(".")
        there = Path.home() / f"{stem}-new{dot}{kind}"
        blank = Blank("File", str(there), "Name the file.")
        question = AskWords("Write the file out", ABOUT_OUT, [blank], "Write it")
        words = await self.app.push_screen_wait(question)
        if words is None:
            return
        with self._session.errors_told():
            path, catalogue_id = typed_path(words[0]), line.catalogue.id
            done = await replacing.written(
                self.app,
                path,
                lambda force: self._session.ask(
                    review.hand_out, catalogue_id, path, replaces=force
                ),
            )
            if done is None:
                return
            told = f"{done.file}: {done.new:,} of {count(done.rows, 'row')} with a new description."
            self.notify(told, markup=False)

    @work(group="ask", exclusive=True)
    async def action_bring_in(self) -> None:
        reader = self._session.reader
        if reader is None:
            return
        with self._session.errors_told():
            bench = await self._session.bench()
            panes = [
                pane
                for pane in await self._session.ask(lambda _: bench.panes(reader.id))
                if pane.provider is not None
            ]
            panes.sort(key=lambda pane: pane.id != "tuned")
            taken = await self.app.push_screen_wait(OpenCatalogue(self._session, reader.id, panes))
            if taken is not None:
                self._id, self._view = taken.catalogue.id, "waiting"
                await self._session.refresh()
                self._load(None)

    @work(group="ask", exclusive=True)
    async def action_others(self) -> None:
        if chosen := await self.app.push_screen_wait(ChooseCatalogue(self._lines)):
            self._id, self._view = chosen, "waiting"
            self._load(None)


def _row_line(row: CatalogueRow) -> Content:
    """Short, with a mark where something was found."""
    mark = f"!{row.flags} " if row.flags else ""
    return Content.assemble(
        (f"{row.place + 1:>5} ", "dim"), (mark, "bold"), one_line(row.title or row.trouble, 60)
    )
