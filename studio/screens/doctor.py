"""The pair doctor: what is wrong with a reader's pairs, what mending does, and what it did."""

from collections.abc import Collection, Mapping
from contextlib import aclosing
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static, TabbedContent, TabPane

from engine import desk, pair_doctor, pair_mending
from engine.domain import TRACKS, Track
from engine.pair_doctor import Examination
from engine.pairs.doctor.coverage import SEVERAL_ROWS, Row
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
        Binding(
            "M",
            "mend_all",
            "Mend all",
            id="doctor.all",
            tooltip="Mend all but what drops sound pairs",
        ),
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
        self._is_mending = False

    def compose(self) -> ComposeResult:
        yield Static(id="heading", markup=False)
        with TabbedContent(initial=FINDINGS):
            with TabPane("Findings", id=FINDINGS):
                yield DataTable(id="findings", cursor_type="row", classes="panel")
                yield Static(id="story", markup=False)
            with TabPane("Coverage", id=COVERAGE):
                yield DataTable(id="coverage", cursor_type="row", classes="panel")
                yield Static(SEVERAL_ROWS, id="rows", markup=False)
        yield Static(id="did", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#heading", Static).update(
            f"The pair doctor on the pairs of {one_line(self._reader.name, 40)}"
        )
        self.table.add_columns("", "Finding", "Pairs", "Mending would")
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
            "mend": finding is not None and not self._is_mending,
            "mend_all": finding is not None and not self._is_mending,
            "count": found is not None and found.uncounted > 0,
        }
        return True if possible.get(action, True) else None

    @work(group="load", exclusive=True)
    async def _look(self) -> None:
        if self._found is None:
            self.story.update(f"Looking through {count(self._reader.pairs, 'pair')} …")
        with self._session.errors_told():
            self._show(await self._session.ask(pair_doctor.examine, self._reader.id))

    def _show(self, found: Examination) -> None:
        at = self.table.cursor_row
        self._found = found
        self.table.clear()
        for finding in found.findings:
            would = finding.remedy or "do nothing"
            self.table.add_row(
                cell(finding.severity),
                cell(finding.title),
                cell(f"{len(finding.cases):,}" if finding.cases else ""),
                cell(would if finding.safe or not finding.remedy else f"{would}: by m, not by M"),
            )
        self.table.border_title = count(len(found.pairs), "pair")
        self.table.move_cursor(row=min(at, len(found.findings) - 1))
        self._tell_story()
        self._show_grid(found)
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
                f"The tokens of {count(found.uncounted, 'pair')} are not counted yet for "
                f"{found.base}: press t to find what is too long."
            )
        self.story.update("\n\n".join(told))
        self.refresh_bindings()

    def _show_grid(self, found: Examination) -> None:
        rows = found.grid
        self.cells.clear()
        once = [cell(f"{found.by_track.get(track, 0):,}") for track in TRACKS]
        self.cells.add_row(cell("All, each pair once"), *once)
        for row in sorted(rows, key=lambda row: (not row.holes, not row.is_known)):
            name = self._names.get(row.trait_id, row.trait_id)
            numbers = [cell(_number(row, track)) for track in TRACKS]
            self.cells.add_row(cell(name, 24), *numbers)
        holes = sum(len(row.holes) for row in rows)
        known = sum(row.is_known for row in rows)
        self.cells.border_title = f"{known} of {count(len(rows), 'trait')} known"
        self.cells.border_subtitle = f"{count(holes, 'hole')}: known, no pair; · unknown, no pair"

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
            self._mend_one(finding)
        else:
            self._look()

    def action_mend(self) -> None:
        if (finding := self._finding) is not None:
            self._mend_one(finding)

    def _mend_one(self, finding: Finding) -> None:
        if finding.remedy:
            self._mend([finding.kind])
        else:
            self._say(_left([finding]), is_done=False)

    def action_mend_all(self) -> None:
        findings = self._found.findings if self._found else ()
        if any(finding.remedy and finding.safe for finding in findings):
            self._mend(SAFE)
        else:
            self._say("M mends nothing here.", _left(findings), is_done=False)

    @work(group="change", exclusive=True)
    async def _mend(self, kinds: Collection[Kind]) -> None:
        self._is_mending = True
        self.refresh_bindings()
        self._say("Mending …")
        try:
            with self._session.errors_told():
                report = await self._session.ask(pair_mending.mend, self._reader.id, kinds)
                self._session.changed.publish(None)
                found = await self._session.ask(pair_doctor.examine, self._reader.id)
                did = [f"{TITLES[kind]}: {did}." for kind, did in report.told.items()]
                did += ["u on the pairs screen takes it back."] if did else []
                left = [f for f in found.findings if f.remedy and len(kinds) > 1]
                told = [*did, report.aside, _left(left)]
                self._say(*(told if any(told) else ["There is nothing to mend."]))
                self._show(found)
        finally:
            self._is_mending = False
            self.refresh_bindings()

    def _say(self, *sentences: str, is_done: bool = True) -> None:
        """What was done, or why nothing can be."""
        self.did.set_class(not is_done, "-left")
        self.did.update(" ".join(sentence for sentence in sentences if sentence))

    @work(group="count", exclusive=True)
    async def action_count(self) -> None:
        """Count in a child process, which leaving this screen stops."""
        with self._session.errors_told():
            counting = pair_doctor.count_tokens(self._session.data_dir, self._reader.id)
            async with aclosing(counting) as events:
                async for event in events:
                    match event:
                        case Step(done, total, note):
                            self._say(one_line(f"{progress(done, total)}  {note}"))
                        case Failed(message, hint):
                            raise JobFailed(message, hint)
            self._show(await self._session.ask(pair_doctor.examine, self._reader.id))
            self._say(self._counted())

    def _counted(self) -> str:
        found = self._found
        if found is None:
            return ""
        over = sum(len(finding.cases) for finding in found.findings if finding.kind == "too-long")
        most = pair_doctor.Ruler().max_length
        return f"Counted for {found.base}: {count(over, 'pair')} over {most:,} tokens."

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


def _left(findings: Collection[Finding]) -> str:
    """Why these are not mended with everything else, and what can be done."""
    return " ".join(
        f"{finding.title} is left. {finding.left_because}"
        + (" Press m on its line if you want that." if finding.remedy else "")
        for finding in findings
        if finding.left_because
    )


def _number(row: Row, track: Track) -> str:
    if track not in row.pairs:
        return ""
    return "hole" if track in row.holes else str(row.pairs[track] or "·")
