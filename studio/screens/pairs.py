"""Pairs: what the model will learn from, each pair with its reason, open to the editor's hand."""

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from engine import desk
from engine.domain import PreferencePair, Profile
from studio.screens.doctor import DoctorScreen
from studio.screens.edit_pair import EditPair
from studio.screens.import_report import ShowImport
from studio.screens.pairs_export import ExportPairs
from studio.screens.pairs_load import LoadPairs
from studio.session import Session
from studio.text import cell, count, one_line
from studio.widgets.empty_state import EmptyState
from studio.widgets.pair_detail import PairDetail
from studio.widgets.step_bar import StepBar


class PairsScreen(Screen[None]):
    """The third step."""

    CSS_PATH = "pairs.tcss"
    AUTO_FOCUS = "#pairs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "build", "Build", id="pairs.build", tooltip="Build pairs from the profile"),
        Binding("slash", "filter", "Filter", id="pairs.filter", tooltip="Filter the pairs"),
        Binding("e", "edit", "Edit", id="pairs.edit", tooltip="Edit a pair"),
        Binding("d", "drop", "Drop", id="pairs.drop", tooltip="Drop or restore a pair"),
        Binding("x", "swap", "Swap", id="pairs.swap", tooltip="Swap the sides of a pair"),
        Binding("o", "export", "Export", id="pairs.export", tooltip="Export pairs to a file"),
        Binding("i", "load", "Load", id="pairs.load", tooltip="Load pairs from a file"),
        Binding(
            "D", "doctor", "Doctor", show=False, id="pairs.doctor", tooltip="Look the pairs through"
        ),
        Binding("escape", "leave_filter", show=False),
    ]
    table = getters.query_one("#pairs", DataTable)
    sieve = getters.query_one("#filter", Input)
    detail = getters.query_one(PairDetail)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._pairs: dict[str, PreferencePair] = {}
        self._profile: Profile | None = None
        self._names: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "pairs")
        yield EmptyState()
        with Vertical(id="work"):
            yield Static(id="counts", markup=False)
            yield Input(
                placeholder="Filter: words of a trait, a prompt or an answer",
                id="filter",
                compact=True,
            )
            yield DataTable(id="pairs", cursor_type="row", classes="panel")
            yield PairDetail(classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        self._names = desk.trait_names()
        self.detail.border_title = "Pair"
        self.table.add_columns("", "Track", "Trait", "Chosen", "Rejected")
        self._session.changed.subscribe(self, self._load)
        self._load(None)

    def on_resize(self) -> None:
        self._fill()

    @property
    def _pair(self) -> PreferencePair | None:
        if not self.table.row_count:
            return None
        key = self.table.coordinate_to_cell_key(self.table.cursor_coordinate).row_key.value
        return self._pairs.get(key or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("edit", "drop", "swap", "filter", "export", "doctor") and not self._pairs:
            return None
        if action == "load":
            return True if self._session.reader is not None else None
        if action == "build":
            reader = self._session.reader
            return True if reader is not None and reader.profile_built else None
        return True

    @work(group="load", exclusive=True)
    async def _load(self, _: None) -> None:
        reader = self._session.reader
        pairs: list[PreferencePair] = []
        with self._session.errors_told():
            if reader is not None:
                pairs = await self._session.ask(desk.pairs, reader.id)
                self._profile = await self._session.ask(desk.profile, reader.id)
        self.set_class(not pairs, "-empty")
        self.empty.update(self._invitation())
        found = {pair.id: pair for pair in pairs}
        if found != self._pairs:
            self._pairs = found
            self._fill()
        if pairs and self.focused is None:
            self.table.focus()
        self.refresh_bindings()

    def _invitation(self) -> str:
        reader = self._session.reader
        what = "A pair shows the model two answers and which of them this reader would prefer.\n\n"
        if reader is None:
            return what + "Press 1 to bring in a reader first."
        name = one_line(reader.name, 40)
        if not reader.profile_built:
            return what + f"Press 2 to build the profile of {name} first."
        return what + f"Press b to build pairs from the profile of {name}."

    def _fill(self) -> None:
        """Show the pairs that the filter lets through; the cursor stays on its pair if it can."""
        at = self._pair.id if self._pair else None
        row = self.table.cursor_row
        half = max(14, (self.size.width - 50) // 2)
        words = self.sieve.value.lower().split()
        shown = [pair for pair in self._pairs.values() if self._matches(pair, words)]
        self.table.clear()
        for pair in shown:
            self.table.add_row(
                cell(_marks(pair)),
                cell(pair.track),
                cell(self._names.get(pair.trait_id, pair.trait_id), 20),
                cell(pair.chosen, half),
                cell(pair.rejected, half),
                key=pair.id,
            )
        ids = [pair.id for pair in shown]
        self.table.move_cursor(row=ids.index(at) if at in ids else min(row, len(ids) - 1))
        self.table.border_title = f"{len(shown)} of {count(len(self._pairs), 'pair')}"
        self.query_one("#counts", Static).update(self._counts())
        self._show_pair()

    def _matches(self, pair: PreferencePair, words: list[str]) -> bool:
        trait = self._names.get(pair.trait_id, pair.trait_id)
        text = f"{pair.track} {trait} {pair.prompt} {pair.chosen} {pair.rejected}".lower()
        return all(word in text for word in words)

    def _counts(self) -> str:
        kept = [pair for pair in self._pairs.values() if not pair.dropped]
        by_track = Counter(pair.track for pair in kept)
        tracks = ", ".join(f"{track} {number}" for track, number in by_track.items())
        held_out = sum(pair.held_out for pair in kept)
        dropped = len(self._pairs) - len(kept)
        return (
            f"{tracks}. {held_out} held out (h), {len(kept) - held_out} to train on, "
            f"{dropped} dropped (d)."
        )

    @on(DataTable.RowHighlighted, "#pairs")
    def _show_pair(self) -> None:
        pair = self._pair
        self.detail.display = pair is not None
        if pair is not None:
            name = self._names.get(pair.trait_id, pair.trait_id)
            self.detail.show(pair, name, self._profile)

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self._fill()

    @on(Input.Submitted, "#filter")
    def action_leave_filter(self) -> None:
        self.table.focus()

    def action_filter(self) -> None:
        self.sieve.focus()

    @work(group="change", exclusive=True)
    async def action_build(self) -> None:
        reader = self._session.reader
        if reader is None:
            return
        with self._session.errors_told():
            report = await self._session.ask(desk.build_pairs, reader.id)
            self.notify(
                f"{count(report.pairs, 'pair')} built, {report.held_out} held out.", markup=False
            )
            await self._reload()

    @work(group="ask", exclusive=True)
    async def action_edit(self) -> None:
        pair = self._pair
        if pair is None:
            return
        edited = await self.app.push_screen_wait(EditPair(pair))
        if edited is None:
            return
        with self._session.errors_told():
            await self._session.ask(
                desk.edit_pair,
                pair.id,
                prompt=edited.prompt,
                chosen=edited.chosen,
                rejected=edited.rejected,
            )
            await self._reload()

    @work(group="change")
    async def action_drop(self) -> None:
        if (pair := self._pair) is not None:
            with self._session.errors_told():
                await self._session.ask(desk.drop_pair, pair.id, not pair.dropped)
                await self._reload()

    @work(group="change")
    async def action_swap(self) -> None:
        if (pair := self._pair) is not None:
            with self._session.errors_told():
                await self._session.ask(desk.swap_pair, pair.id)
                await self._reload()

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        if (reader := self._session.reader) is not None:
            written = await self.app.push_screen_wait(ExportPairs(self._session, reader.id))
            if written is not None:
                told = f"{count(written.pairs, 'pair')} written to {written.file}."
                self.notify(told, markup=False)

    @work(group="ask", exclusive=True)
    async def action_load(self) -> None:
        if (reader := self._session.reader) is not None:
            loaded = await self.app.push_screen_wait(LoadPairs(self._session, reader.id))
            if loaded is not None:
                with self._session.errors_told():
                    await self._reload()
                await self.app.push_screen_wait(ShowImport(loaded))

    def action_doctor(self) -> None:
        if (reader := self._session.reader) is not None:
            self.app.push_screen(DoctorScreen(self._session, reader))

    async def _reload(self) -> None:
        await self._session.refresh()
        self._load(None)


def _marks(pair: PreferencePair) -> str:
    """d: dropped, h: held out, e: edited."""
    marks = (("d", pair.dropped), ("h", pair.held_out), ("e", pair.edited))
    return "".join(mark for mark, is_so in marks if is_so)
