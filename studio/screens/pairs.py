"""Pairs: what the model will learn from, by the hundred thousand, open to the editor's hand."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from engine import desk, workbench
from engine.store.journal_reach import Reach
from engine.workbench import PairQuery, Verb
from models.errors import BadInput
from studio.drafts import may_go
from studio.pair_finder import PairFinder
from studio.pair_words import built
from studio.screens import pairs_beside
from studio.screens.build_pairs import BuildPairs
from studio.screens.doctor import DoctorScreen
from studio.screens.filter_pairs import FilterPairs
from studio.screens.pairs_edit import store_edit
from studio.screens.pairs_keys import (
    KEYS,
    NEEDS_A_PAIR,
    NEEDS_PAIRS,
    NOT_WHILE_EDITING,
    TAKEN_BACK,
)
from studio.screens.rewrite_pair import RewritePair, Wish
from studio.screens.show_journal import ShowJournal
from studio.session import Session
from studio.text import count, visible
from studio.widgets.empty_state import EmptyState
from studio.widgets.pair_counts import PairCounts, counts_told
from studio.widgets.pair_list import PairList
from studio.widgets.pair_pane import PairPane
from studio.widgets.step_bar import StepBar

PANE_AFTER_S = 0.06
"""The pair is shown in full once the keys have stopped for so long."""
TOLD_FOR_S = 12
"""How long the counts of a building stay."""
SLOW_TO_READ = 20_000
"""Pairs that take long enough to read for a word about it."""


class PairsScreen(Screen[None]):
    """The third step."""

    CSS_PATH = "pairs.tcss"
    AUTO_FOCUS = "#pairs"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    list_ = getters.query_one(PairList)
    sieve = getters.query_one("#filter", Input)
    counts = getters.query_one(PairCounts)
    wrong = getters.query_one("#wrong", Static)
    pane = getters.query_one(PairPane)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._names: Mapping[str, str] = desk.trait_names()
        self._finder = PairFinder(session, PairList(), self._names, self._tell)
        self._left_out: Mapping[str, int] = {}
        self._loading = asyncio.Lock()
        self._showing: Timer | None = None
        self._had_one = False
        self._wish = Wish()

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "pairs")
        yield EmptyState()
        with Vertical(id="work"):
            yield PairCounts()
            yield Input(
                placeholder="Filter: words, /expression/, track:values is:flagged (f2 asks)",
                id="filter",
                compact=True,
            )
            yield Static(id="wrong", markup=False)
            yield self._finder.listed
            yield PairPane()
        yield Footer()

    def on_mount(self) -> None:
        self.list_.add_class("panel")
        self._session.drafts.append(self)
        self._session.changed.subscribe(self, self._load)
        self._session.moved.subscribe(self, self._go_to)
        self.watch(self.sieve, "value", self._finder.hold_frame, init=False)
        self._load(None)

    def on_unmount(self) -> None:
        self._session.drafts.remove(self)
        self._finder.stop()

    @property
    def unsaved(self) -> str:
        """As a draft of the session."""
        edited = self.pane.edited
        return "the edit of a pair" if edited is not None and edited.changed else ""

    async def store(self) -> bool:
        """As a draft of the session."""
        is_done = False
        with self._session.errors_told():
            is_done = await store_edit(self.app, self._session, self.pane)
        await self._reload()
        return is_done

    @property
    def _has_pairs(self) -> bool:
        index = self._finder.index
        return index is not None and len(index) > 0

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.pane.is_editing and action in NOT_WHILE_EDITING:
            return False
        if action in NEEDS_A_PAIR:
            return True if self._has_pairs and self.list_.count else None
        if action in NEEDS_PAIRS:
            return True if self._has_pairs else None
        if action == "filter":
            # Also while the pairs are read: words meant for the filter must not act on pairs.
            return None if self.has_class("-empty") else True
        if action == "load":
            return True if self._session.reader is not None else None
        if action == "build":
            reader = self._session.reader
            return True if reader is not None and reader.profile_built else None
        return True

    @work(group="load")
    async def _load(self, _: None) -> None:
        # To the end, one after the other: half a load would leave the list behind its counts.
        async with self._loading:
            await self._read()

    @work(group="load")
    async def _go_to(self, reach: Reach) -> None:
        """Put the cursor where something was undone or done again."""
        async with self._loading:
            await self._read()
            is_listed = self._finder.go_to(reach.pair_ids)
            if is_listed is False and reach.pairs == len(reach.pair_ids):
                told = "What was changed is not among the pairs that are shown."
                self.notify(told, markup=False)

    async def _read(self) -> None:
        reader = self._session.reader
        with self._session.errors_told():
            if reader is None:
                self._finder.index = None
            else:
                if reader.pairs > SLOW_TO_READ and not self._has_pairs:
                    self.set_class(True, "-empty")
                    self.empty.update(f"Reading {count(reader.pairs, 'pair')}.")
                await self._finder.follow(reader.id, self.sieve.value)
                self._left_out = await self._session.ask(workbench.without_a_pair, reader.id)
        self.set_class(not self._has_pairs, "-empty")
        self.empty.update(pairs_beside.invitation(self._session.reader))
        if self._has_pairs:
            self._tell_counts()
            if self.focused is None:
                self.list_.focus()
        self.refresh_bindings()
        self._make_fast()

    @work(group="letters", exclusive=True)
    async def _make_fast(self) -> None:
        """Not as a part of reading: what is changed meanwhile is listed at once."""
        await self._finder.make_fast()

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self._start_looking(None)

    @work(group="search", exclusive=True)
    async def _start_looking(self, keep: str | None) -> None:
        await self._finder.look(self.sieve.value, keep)

    def _tell(self, mistake: BadInput | None) -> None:
        """Say what the filter's mistake is, if it has one, and count."""
        if mistake is not None:
            self.wrong.update(visible(str(mistake)))
        if self.wrong.display is (mistake is None):
            self.wrong.display = mistake is not None
        self._tell_counts()

    @on(PairList.SelectionChanged)
    def _tell_counts(self) -> None:
        index = self._finder.index
        if index is None:
            return
        selected = self.list_.selected
        unshown = self._finder.unshown(selected)
        found = self._finder.found
        told = counts_told(index.counts(), found, len(selected), unshown, self._left_out)
        self.counts.tell(told)
        self.list_.border_title = Content(pairs_beside.order_told(self._finder.query))

    @on(PairList.PageWanted)
    @work(group="page", exclusive=True)
    async def _read_page(self, event: PairList.PageWanted) -> None:
        with self._session.errors_told():
            self.list_.keep(await self._session.ask(workbench.page, event.ids))

    @on(PairList.Moved)
    def _show_pair_soon(self) -> None:
        """Once the list is drawn, and the keys have stopped for a moment."""
        if self._showing is not None:
            self._showing.stop()
        self._showing = self.set_timer(PANE_AFTER_S, self._show_pair)

    def _show_pair(self) -> None:
        pair = self.list_.current
        if pair is not None or not self.list_.count:
            self.pane.show(pair, self._name_of(pair.trait_id) if pair else "")
        if bool(self.list_.count) is not self._had_one:
            self._had_one = bool(self.list_.count)
            self.refresh_bindings()

    def _name_of(self, trait_id: str) -> str:
        return self._names.get(trait_id, trait_id)

    @on(Input.Submitted, "#filter")
    def _leave_filter(self) -> None:
        self.list_.focus()

    def action_filter(self) -> None:
        self.sieve.focus()

    def action_leave(self) -> None:
        """One step back: out of the filter line, out of the selection, out of the filter."""
        if self.focused is self.sieve or self.pane.reading.has_focus:
            self.list_.focus()
        elif self.has_class("-reading"):
            self.action_read()
        elif self.list_.selected:
            self.list_.select(())
        elif self.sieve.value:
            self._set_filter("")

    def _set_filter(self, line: str) -> None:
        """Put another filter into its line; the cursor stays on its pair where it can."""
        with self.sieve.prevent(Input.Changed):
            self.sieve.value = line
        self._start_looking(self.list_.current_id)

    @work(group="ask", exclusive=True)
    async def action_ask_filter(self) -> None:
        line = await self.app.push_screen_wait(FilterPairs(self._finder.query))
        if line is not None:
            self._set_filter(line)

    def action_sort(self) -> None:
        keys = workbench.SORT_KEYS
        key = keys[(keys.index(self._finder.query.sort) + 1) % len(keys)]
        self._ask(replace(self._finder.query, sort=key))

    def action_turn_round(self) -> None:
        self._ask(replace(self._finder.query, descending=not self._finder.query.descending))

    def action_more_like(self) -> None:
        if (pair_id := self.list_.current_id) is not None:
            self._ask(PairQuery(like=pair_id))

    def _ask(self, query: PairQuery) -> None:
        """Show what answers a question: the cursor goes to the top, where the answer begins."""
        self.sieve.value = workbench.query_text(query)

    def action_select_shown(self) -> None:
        self.list_.select_shown()

    def action_invert(self) -> None:
        self.list_.invert()

    @work(group="ask", exclusive=True)
    async def action_act(self, verb: Verb) -> None:
        unshown = self._finder.unshown(self.list_.selected)
        if not unshown or await pairs_beside.is_act_meant(self, unshown):
            self._act(verb)

    @work(group="change")
    async def _act(self, verb: Verb) -> None:
        index = self._finder.index
        ids = sorted(self.list_.selected) or [one for one in [self.list_.current_id] if one]
        if index is None or not ids:
            return
        rows = index.rows(ids)
        if verb in TAKEN_BACK and index.all_are(TAKEN_BACK[verb][0], rows):
            verb = TAKEN_BACK[verb][1]
        with self._session.errors_told():
            acted = await self._session.ask(workbench.act, verb, ids)
            if len(ids) > 1:
                done = f"{acted.title}: done. u undoes it."
                self.notify(done if acted.changed else "They were so already.", markup=False)
            await self._reload()

    def action_read(self) -> None:
        """Give the pair the room of the list, or take it back."""
        self.toggle_class("-reading")

    def action_unfold(self) -> None:
        self.pane.reading.toggle_prompt()

    def action_scroll_pair(self, by: int) -> None:
        half = max(1, self.pane.reading.size.height // 2)
        self.pane.reading.scroll_relative(y=by * half, animate=False)

    def action_edit(self) -> None:
        if self.list_.current is not None:
            self._show_pair()  # the pane may still show the pair before
            self.pane.edit(reader.name if (reader := self._session.reader) else "")
            self.set_class(self.pane.is_editing, "-editing")

    @on(PairPane.SaveAsked)
    @work(group="ask", exclusive=True)
    async def _save(self) -> None:
        await self.store()

    @on(PairPane.LeaveAsked)
    @work(group="ask", exclusive=True)
    async def _leave_edit(self) -> None:
        if await may_go(self.app, self):
            self.pane.stop_editing()

    @on(PairPane.Left)
    def _back_to_list(self) -> None:
        self.set_class(False, "-editing")
        self.list_.focus()
        self._show_pair()
        self.refresh_bindings()

    @work(group="ask", exclusive=True)
    async def action_rewrite(self) -> None:
        if (pair := self.list_.current) is None:
            return
        if await self.app.push_screen_wait(RewritePair(self._session, pair, self._wish)):
            with self._session.errors_told():
                await self._reload()

    @work(group="ask", exclusive=True)
    async def action_evidence(self) -> None:
        if (pair_id := self.list_.current_id) is not None:
            with self._session.errors_told():
                await pairs_beside.show_evidence(self.app, self._session, pair_id, self._names)

    def action_journal(self) -> None:
        if (pair_id := self.list_.current_id) is not None:
            self.app.push_screen(ShowJournal(self._session, pair_id))

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        if (reader := self._session.reader) is not None:
            query = self._finder.query
            await pairs_beside.export_pairs(self, self._session, reader.id, query)

    @work(group="ask", exclusive=True)
    async def action_load(self) -> None:
        if (reader := self._session.reader) is not None:
            await pairs_beside.load_pairs(self, self._session, reader.id, self._reload)

    def action_doctor(self) -> None:
        if (reader := self._session.reader) is not None:
            self.app.push_screen(DoctorScreen(self._session, reader))

    @work(group="ask", exclusive=True)
    async def action_build(self) -> None:
        reader = self._session.reader
        if reader is None:
            return
        with self._session.errors_told():
            before = await self._session.ask(desk.pair_choice, reader.id)
            choice = await self.app.push_screen_wait(BuildPairs(before))
            if choice is not None:
                report = await self._session.ask(desk.build_pairs, reader.id, choice)
                self.notify("\n".join(built(report)), timeout=TOLD_FOR_S, markup=False)
                await self._reload()

    async def _reload(self) -> None:
        """Read what was changed; every screen hears of it."""
        await self._session.refresh()
