"""The pair doctor: what is wrong with a reader's pairs, what mending does, and what it did."""

from collections.abc import Collection, Mapping
from contextlib import aclosing
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static, TabbedContent, TabPane

from engine import desk, pair_doctor
from engine.domain import TRACKS, Track
from engine.pair_doctor import Examination
from engine.pairs.doctor.coverage import Row
from engine.pairs.doctor.finding import Finding, Kind
from engine.pairs.doctor.table import SAFE, TITLES
from engine.store.readers import ReaderSummary
from models.errors import JobFailed
from models.events import Failed, Step
from studio.screens.doctor_cases import DoctorCases
from studio.session import Session
from studio.text import cell, count, one_line, progress

FINDINGS, COVERAGE = "found", "grid"


class DoctorScreen(ModalScreen[None]):
    """Opened over the pairs; escape goes back to them, enter opens the pairs of a finding."""

    CSS_PATH = "doctor.tcss"
    AUTO_FOCUS = "#findings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mend", "Mend", id="doctor.mend", tooltip="Mend this finding"),
        Binding("M", "mend_all", "Mend all", id="doctor.all", tooltip="Mend all that is safe"),
        Binding("t", "count", "Tokens", id="doctor.count", tooltip="Count the tokens of the pairs"),
        Binding(
            "c", "coverage", "Coverage", id="doctor.grid", tooltip="Show the grid, or leave it"
        ),
        Binding("escape", "leave", "Back", id="doctor.back", tooltip="Back to the pairs"),
    ]
    tabs = getters.query_one(TabbedContent)
    table = getters.query_one("#findings", DataTable)
    cells = getters.query_one("#coverage", DataTable)
    story = getters.query_one("#story", Static)
    did = getters.query_one("#did", Static)

    def __init__(self, session: Session, reader: ReaderSummary) -> None:
        super().__init__()
        self._session = session
        self._reader = reader
        self._found: Examination | None = None
        self._names: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="heading", markup=False)
        with TabbedContent(initial=FINDINGS):
            with TabPane("Findings", id=FINDINGS):
                yield DataTable(id="findings", cursor_type="row", classes="panel")
                yield Static(id="story", markup=False)
            with TabPane("Coverage", id=COVERAGE):
                yield DataTable(id="coverage", cursor_type="row", classes="panel")
        yield Static(id="did", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#heading", Static).update(
            f"The pair doctor on the pairs of {one_line(self._reader.name, 40)}"
        )
        self.table.add_columns("", "Finding", "Pairs", "Mending")
        self.table.border_subtitle = "enter opens the pairs"
        self.cells.add_columns("Trait", *(track.capitalize() for track in TRACKS))
        self._names = desk.trait_names()
        self._look()

    @property
    def _finding(self) -> Finding | None:
        findings = self._found.findings if self._found else ()
        row = self.table.cursor_row
        return findings[row] if 0 <= row < len(findings) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        finding, found = self._finding, self._found
        possible = {
            "mend": finding is not None and bool(finding.remedy),
            "mend_all": found is not None and any(f.remedy and f.safe for f in found.findings),
            "count": found is not None and found.uncounted > 0,
        }
        return True if possible.get(action, True) else None

    @work(group="load", exclusive=True)
    async def _look(self) -> None:
        with self._session.errors_told():
            self._show(await self._session.ask(pair_doctor.examine, self._reader.id))

    def _show(self, found: Examination) -> None:
        at = self.table.cursor_row
        self._found = found
        self.table.clear()
        for finding in found.findings:
            does = finding.remedy or "nothing"
            self.table.add_row(
                cell(finding.severity),
                cell(finding.title),
                cell(f"{len(finding.cases):,}" if finding.cases else ""),
                cell(does if finding.safe or not finding.remedy else f"{does} (m alone)"),
            )
        self.table.border_title = count(len(found.pairs), "pair")
        self.table.move_cursor(row=min(at, len(found.findings) - 1))
        self._tell_story()
        self._show_grid(found.grid)
        self.refresh_bindings()

    @on(DataTable.RowHighlighted, "#findings")
    def _tell_story(self) -> None:
        """The sentence of the finding under the cursor, and what was not looked at."""
        found, finding = self._found, self._finding
        if found is None:
            return
        told = [finding.told if finding else "Nothing is wrong with these pairs."]
        if found.uncounted:
            told.append(
                f"{count(found.uncounted, 'pair')} not counted in tokens for {found.base} yet: "
                "press t to find what is too long."
            )
        self.story.update("\n\n".join(told))
        self.refresh_bindings()

    def _show_grid(self, rows: Collection[Row]) -> None:
        self.cells.clear()
        for row in sorted(rows, key=lambda row: (not row.holes, not row.is_known)):
            name = self._names.get(row.trait_id, row.trait_id)
            numbers = [cell(_number(row, track)) for track in TRACKS]
            self.cells.add_row(cell(name, 24), *numbers)
        holes = sum(len(row.holes) for row in rows)
        known = sum(row.is_known for row in rows)
        self.cells.border_title = f"{known} of {count(len(rows), 'trait')} known"
        self.cells.border_subtitle = f"{count(holes, 'hole')}: known, without a pair; · unknown"

    @on(DataTable.RowSelected, "#findings")
    @work(group="ask", exclusive=True)
    async def _open(self) -> None:
        finding, found = self._finding, self._found
        if finding is None or found is None:
            return
        if not finding.cases:
            self.action_coverage()
            return
        by_id = {pair.id: pair for pair in found.pairs}
        cases = DoctorCases(self._session, finding, by_id, self._names)
        wants_mending = await self.app.push_screen_wait(cases)
        if wants_mending:
            self._mend([finding.kind])
        else:
            self._look()

    def action_mend(self) -> None:
        if (finding := self._finding) is not None:
            self._mend([finding.kind])

    def action_mend_all(self) -> None:
        self._mend(SAFE)

    @work(group="change", exclusive=True)
    async def _mend(self, kinds: Collection[Kind]) -> None:
        with self._session.errors_told():
            report = await self._session.ask(pair_doctor.mend, self._reader.id, kinds)
            told = ". ".join(f"{TITLES[kind]}: {did}" for kind, did in report.told.items())
            if report.changed:
                told += ". u on the pairs screen takes it back"
            self.did.update(f"{told or 'There is nothing to mend'}.")
            self._session.changed.publish(None)
            self._show(await self._session.ask(pair_doctor.examine, self._reader.id))

    @work(group="count", exclusive=True)
    async def action_count(self) -> None:
        """Count in a child process, which leaving this screen stops."""
        with self._session.errors_told():
            counting = pair_doctor.count_tokens(self._session.data_dir, self._reader.id)
            async with aclosing(counting) as events:
                async for event in events:
                    match event:
                        case Step(done, total, note):
                            self.did.update(one_line(f"{progress(done, total)}  {note}"))
                        case Failed(message, hint):
                            raise JobFailed(message, hint)
            self._show(await self._session.ask(pair_doctor.examine, self._reader.id))
            found = self._found
            self.did.update(f"Counted for {found.base}." if found else "")

    def action_coverage(self) -> None:
        """The other tab, with its table in focus."""
        to_grid = self.tabs.active == FINDINGS
        self.tabs.active = COVERAGE if to_grid else FINDINGS
        (self.cells if to_grid else self.table).focus()

    @work(group="change")
    async def action_leave(self) -> None:
        with self._session.errors_told():
            await self._session.refresh()
            if self.is_current:
                self.dismiss()


def _number(row: Row, track: Track) -> str:
    if track not in row.pairs:
        return ""
    return "hole" if track in row.holes else str(row.pairs[track] or "·")
