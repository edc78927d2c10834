"""Preview: the same book described by the base and by the tuned model, side by side."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from engine import desk
from engine.domain import Book
from engine.panes import Pane, find_pane
from engine.past_descriptions import flags_of
from engine.preview import DEFAULT_SAMPLING, Bench
from engine.sampling import told
from engine.shelf import find_book
from models.chat import Sampling
from models.errors import UserError
from studio.preview_words import agreement_line, meter_line
from studio.screens.ask_words import AskWords, Blank
from studio.screens.catalogue import CatalogueScreen
from studio.screens.past_texts import PastTexts
from studio.screens.set_sampling import SetSampling
from studio.session import Session
from studio.text import one_line
from studio.widgets.answer_pane import AnswerPane
from studio.widgets.book_list import BookList
from studio.widgets.empty_state import EmptyState
from studio.widgets.pane_choice import PaneChoice
from studio.widgets.step_bar import StepBar

NARROW = 100
"""Below this many columns the panes stand below each other."""
BESIDE = 3
"""Panes that are wide enough beside each other; four stand two by two."""
WRITING = "write "
"""What the group of a pane's worker begins with; the pane's id follows."""
METER = "meter"
NEED_A_PROFILE = ("search", "sampling", "history", "add", "catalogue")
ADDING = (
    "local:FILE.gguf, endpoint:NAME, endpoint:URL#MODEL, or card:READER for the tuned model with "
    "another reader's card."
)


class PreviewScreen(Screen[None]):
    """The fifth step."""

    CSS_PATH = "preview.tcss"
    AUTO_FOCUS = "#books"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "generate", "Write", id="preview.generate", tooltip="Generate descriptions"),
        Binding(
            "r", "regenerate", "Again", id="preview.again", tooltip="Regenerate the focused pane"
        ),
        Binding(
            "enter",
            "read",
            "In full",
            show=False,
            id="preview.read",
            tooltip="Read the focused pane's text in full",
        ),
        Binding("s", "sampling", "Sampling", id="preview.sampling", tooltip="Set the sampling"),
        Binding("h", "history", "History", id="preview.history", tooltip="Show earlier texts"),
        Binding(
            "c",
            "catalogue",
            "Many",
            show=False,
            id="preview.many",
            tooltip="Describe many books: a catalogue",
        ),
        Binding("a", "add", "Add", show=False, id="preview.add", tooltip="Add a model or a card"),
        Binding(
            "slash", "search", "Search", show=False, id="preview.search", tooltip="Search a book"
        ),
        Binding("escape", "stop", "Stop", id="preview.stop", tooltip="Stop the generation"),
    ]
    books = getters.query_one(BookList)
    choices = getters.query_one(PaneChoice)
    panes = getters.query_one("#panes", Container)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._sampling = DEFAULT_SAMPLING
        self._offered: tuple[str, list[Pane]] | None = None

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "preview")
        yield EmptyState()
        with Horizontal(id="work"):
            with Vertical(id="side"):
                yield BookList(classes="panel")
                yield PaneChoice()
                yield Static(id="sampling", classes="quiet", markup=False)
            yield Container(id="panes")
        yield Footer()

    def on_mount(self) -> None:
        self.choices.add_class("panel")
        self.choices.border_title = "Panes (space, a adds)"
        self._show_sampling()
        self._session.changed.subscribe(self, self._load)
        self._load(None)

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        possible = {
            "generate": not self.has_class("-empty"),
            "regenerate": isinstance(self.focused, AnswerPane),
            "read": isinstance(self.focused, AnswerPane),
            **dict.fromkeys(
                ("search", "sampling", "history", "add", "catalogue"), not self.has_class("-empty")
            ),
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
        self.set_class(len(chosen) > BESIDE, "-many")
        for widget in self.panes.query(AnswerPane):
            if widget.pane not in chosen:
                self.workers.cancel_group(self, f"{WRITING}{widget.pane.id}")
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
        for worker in self.workers:
            if worker.node is self and worker.group.startswith(WRITING):
                worker.cancel()

    def action_generate(self) -> None:
        for pane in self.panes.query(AnswerPane):
            self._write(pane, self._sampling)

    def action_regenerate(self) -> None:
        """Write one pane again, otherwise: from the next seed."""
        if not isinstance(self.focused, AnswerPane):
            return
        pane, sampling = self.focused, self._sampling
        if pane.sampling is not None and sampling.temperature > 0:
            sampling = replace(sampling, seed=pane.sampling.seed + 1)
        elif pane.sampling == sampling:
            note = "At temperature 0 a model writes the same words again: s sets the sampling."
            self.notify(note, markup=False)
        self._write(pane, sampling)

    def action_sampling(self) -> None:
        self.app.push_screen(SetSampling(self._sampling), self._take_sampling)

    def _take_sampling(self, sampling: Sampling | None) -> None:
        if sampling is not None:
            self._sampling = sampling
            self._show_sampling()

    def _show_sampling(self) -> None:
        self.query_one("#sampling", Static).update(f"{told(self._sampling)} (s)".capitalize())

    def action_history(self) -> None:
        reader, book = self._session.reader, self.books.book
        if reader is None or book is None:
            self.notify("Choose a book first.", markup=False)
            return
        self.app.push_screen(PastTexts(self._session, reader.id, book))

    @work(group="load")
    async def action_read(self) -> None:
        """Open the focused pane's text among the earlier ones of its book."""
        if not isinstance(self.focused, AnswerPane) or self.focused.kept is None:
            self.notify("This pane has no text that is kept.", markup=False)
            return
        kept = self.focused.kept
        with self._session.errors_told():
            book = await self._session.ask(find_book, kept.book_id)
            self.app.push_screen(PastTexts(self._session, kept.reader_id, book, kept.id))

    def action_catalogue(self) -> None:
        self.app.push_screen(CatalogueScreen(self._session))

    def action_add(self) -> None:
        question = AskWords("Add a pane", ADDING, [Blank("Which?", refusal=ADDING)], "Add")
        self.app.push_screen(question, self._take_pane)

    def _take_pane(self, words: tuple[str, ...] | None) -> None:
        if words is not None and self._session.reader is not None:
            self._add(self._session.reader.id, words[0])

    @work(group="load")
    async def _add(self, reader_id: str, pane_id: str) -> None:
        with self._session.errors_told():
            self.choices.add(await self._session.ask(find_pane, reader_id, pane_id))

    async def _measure(self, bench: Bench, pane: AnswerPane) -> None:
        kept = pane.kept
        assert kept is not None
        try:
            line = meter_line(await bench.meter(kept), desk.trait_names())
            line = f"{line} ({agreement_line(await bench.meter_agreement())})"
        except UserError as error:
            line = f"Meter: not read. {error}"
        if pane.is_attached and pane.kept is kept:
            pane.measure(line)

    def _write(self, pane: AnswerPane, sampling: Sampling) -> None:
        """Let a pane write, beside the others; what it was writing is stopped."""
        reader, book = self._session.reader, self.books.book
        if reader is None or book is None:
            self.notify("Choose a book first.", markup=False)
            return
        self.run_worker(
            self._written(pane, reader.id, book, sampling),
            group=f"{WRITING}{pane.pane.id}",
            exclusive=True,
        )

    async def _written(
        self, pane: AnswerPane, reader_id: str, book: Book, sampling: Sampling
    ) -> None:
        pane.wait(sampling)
        pane.border_subtitle = Content(one_line(book.title, 40))
        bench = await self._session.bench()
        try:
            # Closed explicitly: that is what stops the model.
            stream = bench.stream(reader_id, book.id, pane.pane.id, sampling)
            async with aclosing(stream) as events:
                async for event in events:
                    pane.see(event)
        except UserError as error:
            pane.refuse(error)
        except asyncio.CancelledError:
            if pane.is_attached:
                pane.stop()
            raise
        if note := bench.untold_note():
            self.notify(note, severity="warning", markup=False)
        if pane.kept is not None:
            with self._session.errors_told():
                pane.check(await self._session.ask(flags_of, pane.kept))
                self.run_worker(self._measure(bench, pane), group=METER, exclusive=False)
        self._session.previewed.add(reader_id)
        self._session.changed.publish(None)
