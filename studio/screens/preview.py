"""Preview: the same book described by the base and by the tuned model, side by side."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer

from engine import desk
from engine.domain import Book
from engine.preview import DEFAULT_SAMPLING, Bench, Pane
from models.errors import UserError
from studio.session import Session
from studio.text import one_line
from studio.widgets.answer_pane import AnswerPane
from studio.widgets.book_list import BookList
from studio.widgets.empty_state import EmptyState
from studio.widgets.pane_choice import PaneChoice
from studio.widgets.step_bar import StepBar

NARROW = 100
"""Below this many columns the panes stand below each other."""


class PreviewScreen(Screen[None]):
    """The fifth step."""

    CSS_PATH = "preview.tcss"
    AUTO_FOCUS = "#books"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "g", "generate", "Generate", id="preview.generate", tooltip="Generate descriptions"
        ),
        Binding(
            "r", "regenerate", "Again", id="preview.again", tooltip="Regenerate the focused pane"
        ),
        Binding("slash", "search", "Search", id="preview.search", tooltip="Search for a book"),
        Binding("escape", "stop", "Stop", id="preview.stop", tooltip="Stop the generation"),
    ]
    books = getters.query_one(BookList)
    choices = getters.query_one(PaneChoice)
    panes = getters.query_one("#panes", Container)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._offered: tuple[str, list[Pane]] | None = None

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "preview")
        yield EmptyState()
        with Horizontal(id="work"):
            with Vertical(id="side"):
                yield BookList(classes="panel")
                yield PaneChoice()
            yield Container(id="panes")
        yield Footer()

    def on_mount(self) -> None:
        self.choices.add_class("panel")
        self.choices.border_title = "Panes (space)"
        self._session.changed.subscribe(self, self._load)
        self._load(None)

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")

    @property
    def _is_writing(self) -> bool:
        return any(worker.group == "write" and worker.is_running for worker in self.workers)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        possible = {
            "generate": not self.has_class("-empty"),
            "regenerate": isinstance(self.focused, AnswerPane),
            "search": not self.has_class("-empty"),
        }
        return True if possible.get(action, True) else None

    @work(group="load", exclusive=True)
    async def _load(self, _: None) -> None:
        reader = self._session.reader
        self.set_class(reader is None or not reader.profile_built, "-empty")
        self.empty.update(self._invitation())
        if reader is not None and reader.profile_built:
            with self._session.errors_told():
                self.books.show(await self._session.ask(desk.books, reader.id))
                bench = await self._session.bench()
                await self._offer(reader.id, await asyncio.to_thread(bench.panes, reader.id))
        if self.focused is None and not self.has_class("-empty"):
            self.books.options.focus()
        self.refresh_bindings()

    def _invitation(self) -> str:
        reader = self._session.reader
        what = "Here the base model and the tuned model describe the same book.\n\n"
        if reader is None:
            return what + "Press 1 to bring in a reader first."
        return what + f"Press 2 to build the profile of {one_line(reader.name, 40)} first."

    async def _offer(self, reader_id: str, panes: list[Pane]) -> None:
        if (reader_id, panes) != self._offered:
            same_reader = self._offered is not None and self._offered[0] == reader_id
            self._offered = (reader_id, panes)
            self.choices.offer(panes, afresh=not same_reader)
            await self._lay_out(self.choices.chosen)

    @on(PaneChoice.Changed)
    async def _panes_chosen(self, event: PaneChoice.Changed) -> None:
        await self._lay_out(event.chosen)

    async def _lay_out(self, chosen: Sequence[Pane]) -> None:
        """Panes as chosen, in the order they are offered; what they say stays."""
        for widget in self.panes.query(AnswerPane):
            if widget.pane not in chosen:
                await widget.remove()
        present = [widget.pane for widget in self.panes.query(AnswerPane)]
        for place, pane in enumerate(chosen):
            if pane not in present:
                before = place if place < len(self.panes.children) else None
                await self.panes.mount(AnswerPane(pane), before=before)

    def action_search(self) -> None:
        self.books.search.focus()

    def action_stop(self) -> None:
        if self.focused is self.books.search:
            self.books.options.focus()
        self.workers.cancel_group(self, "write")

    def action_generate(self) -> None:
        self._write_all(list(self.panes.query(AnswerPane)))

    def action_regenerate(self) -> None:
        if isinstance(self.focused, AnswerPane):
            self._write_all([self.focused])

    @work(group="write", exclusive=True)
    async def _write_all(self, panes: Sequence[AnswerPane]) -> None:
        reader, book = self._session.reader, self.books.book
        if reader is None or book is None:
            self.notify("Choose a book first.", markup=False)
            return
        with self._session.errors_told():
            bench = await self._session.bench()
            await asyncio.gather(*(self._write(bench, reader.id, book, pane) for pane in panes))
            if note := bench.untold_note():
                self.notify(note, severity="warning", markup=False)
            self._session.previewed.add(reader.id)
            self._session.changed.publish(None)

    async def _write(self, bench: Bench, reader_id: str, book: Book, pane: AnswerPane) -> None:
        pane.wait()
        pane.border_subtitle = Content(one_line(book.title, 40))
        stream = bench.stream(reader_id, book.id, pane.pane.id, DEFAULT_SAMPLING)
        try:
            # Closed explicitly: that is what stops the model.
            async with aclosing(stream) as events:
                async for event in events:
                    pane.see(event)
        except UserError as error:
            pane.refuse(error)
        except asyncio.CancelledError:
            pane.stop()
            raise
