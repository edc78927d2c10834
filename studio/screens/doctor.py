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
from engine.pair_doctor import Examination
from engine.pairs.doctor.finding import Finding, Kind
from engine.pairs.doctor.table import SAFE, TITLES
from engine.store.readers import ReaderSummary
from models.errors import JobFailed
from models.events import Failed, Step
from studio.screens.doctor_cases import DoctorCases
from studio.screens.show_keys import HELP
from studio.session import Session
from studio.text import cell, count, one_line, progress
from studio.widgets.coverage_grid import CoverageGrid

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
        HELP,
    ]
    tabs = getters.query_one(TabbedContent)
    table = getters.query_one("#findings", DataTable)
    grid = getters.query_one(CoverageGrid)
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
                yield CoverageGrid()
        yield Static(id="did", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#heading", Static).update(
            f"The pair doctor on the pairs of {one_line(self._reader.name, 40)}"
        )
        self.table.add_columns("", "Finding", "Pairs", "Mending would")
        self.table.border_subtitle = "enter opens the pairs"
        self._names = desk.trait_names()
        self._look()

    @property
    def _finding(self) -> Finding | None:
        findings = self._found.findings if self._found else ()
        row = self.table.cursor_row
        return findings[row] if 0 <= row < len(findings) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        found = self._found
        is_at_hand = bool(found and self._finding and self.tabs.active == FINDINGS)
        possible = {
            "mend": is_at_hand and not self._is_mending,
            "mend_all": is_at_hand and not self._is_mending,
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
            number = f"{len(finding.cases):,}" if finding.cases else ""
            row = (finding.severity, finding.title, number, _would(finding))
            self.table.add_row(*map(cell, row))
        self.table.border_title = count(len(found.pairs), "pair")
        self.table.move_cursor(row=min(at, len(found.findings) - 1))
        self._tell_story()
        self.grid.show(found, self._names)
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
        told = [""]
        with self._session.errors_told():
            report = await self._session.ask(pair_mending.mend, self._reader.id, kinds)
            self._session.changed.publish(None)
            found = await self._session.ask(pair_doctor.examine, self._reader.id)
            did = [f"{TITLES[kind]}: {did}." for kind, did in report.told.items()]
            did += ["u on the pairs screen takes it back."] if did else []
            left = [finding for finding in found.findings if finding.remedy and len(kinds) > 1]
            told = [*did, report.aside, _left(left)]
            told += [] if any(told) else ["There is nothing to mend."]
            self._show(found)
        self._is_mending = False
        self._say(*told)
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
        (self.grid.table if to_grid else self.table).focus()

    @on(TabbedContent.TabActivated)
    def _show_keys(self) -> None:
        self.refresh_bindings()

    @work(group="change")
    async def action_leave(self) -> None:
        with self._session.errors_told():
            await self._session.refresh()
            if self.is_current:
                self.dismiss()


def _would(finding: Finding) -> str:
    if not finding.remedy:
        return "do nothing"
    return finding.remedy if finding.safe else f"{finding.remedy} (m does it, M does not)"


def _left(findings: Collection[Finding]) -> str:
    """Why these are not mended with everything else, and what can be done."""
    return " ".join(
        f"{finding.title}: {finding.left_because}"
        + ("; m on its line does it all the same." if finding.remedy else ".")
        for finding in findings
        if finding.left_because
    )
