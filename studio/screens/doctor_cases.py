"""The pairs of one finding: why each is there, both answers compared, what mending would do."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static

from engine import workbench
from engine.domain import PreferencePair
from engine.pairs.doctor.finding import WOULD, Case, Finding, deed
from engine.workbench import Verb
from studio.screens.pairs_beside import show_evidence
from studio.screens.show_keys import HELP
from studio.session import Session
from studio.text import cell, count, one_line
from studio.widgets.pair_detail import PairDetail

MOST_SHOWN = 500


class DoctorCases(ModalScreen[bool]):
    """Opened over the doctor's table; True when the editor wants the finding mended."""

    CSS_PATH = "doctor_cases.tcss"
    AUTO_FOCUS = "#cases"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mend", "Mend all of these", id="cases.mend", tooltip="Mend this finding"),
        Binding("d", "drop", "Drop", id="cases.drop", tooltip="Drop or restore this pair"),
        Binding("v", "evidence", "Reviews", id="cases.evidence", tooltip="The reviews behind it"),
        Binding("p", "unfold", "Prompt", id="cases.prompt", tooltip="Unfold a long prompt"),
        Binding("escape", "dismiss(False)", "Back", id="cases.back", tooltip="Back to the table"),
        HELP,
    ]
    table = getters.query_one("#cases", DataTable)
    detail = getters.query_one(PairDetail)

    def __init__(
        self,
        session: Session,
        finding: Finding,
        pairs: Mapping[str, PreferencePair],
        names: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._session = session
        self._finding = finding
        self._cases = finding.cases[:MOST_SHOWN]
        self._pairs = dict(pairs)
        self._names = names

    def compose(self) -> ComposeResult:
        yield Static(f"{self._finding.title}: {self._finding.told}", id="told", markup=False)
        yield DataTable(id="cases", cursor_type="row", classes="panel")
        yield PairDetail(classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        number = len(self._finding.cases)
        shown = "" if number <= MOST_SHOWN else f", the worst {MOST_SHOWN} of them here"
        self.table.border_title = f"{count(number, 'pair')}{shown}"
        self.table.add_columns("Mending would", "Why", "Chosen")

    def on_resize(self) -> None:
        self._fill()

    @property
    def _case(self) -> Case | None:
        row = self.table.cursor_row
        return self._cases[row] if 0 <= row < len(self._cases) else None

    def _fill(self) -> None:
        at = self.table.cursor_row
        self.table.clear()
        room = max(56, self.size.width - 23)
        why = max(40, room // 2)
        for case in self._cases:
            pair = self._pairs[case.pair_id]
            self.table.add_row(
                cell(_outcome(pair, case)), cell(case.why, why), cell(pair.chosen, room - why)
            )
        self.table.move_cursor(row=at)
        self._show_pair()

    @on(DataTable.RowHighlighted, "#cases")
    def _show_pair(self) -> None:
        if (case := self._case) is not None:
            pair = self._pairs[case.pair_id]
            name = self._names.get(pair.trait_id, pair.trait_id)
            self.detail.show(pair, name)
            self.detail.border_title = Content(one_line(f"Pair: {case.why}"))

    def action_unfold(self) -> None:
        self.detail.toggle_prompt()

    @work(group="ask", exclusive=True)
    async def action_evidence(self) -> None:
        if (case := self._case) is not None:
            with self._session.errors_told():
                await show_evidence(self.app, self._session, case.pair_id, self._names)

    def action_mend(self) -> None:
        self.dismiss(True)

    @work(group="change")
    async def action_drop(self) -> None:
        if (case := self._case) is not None:
            pair = self._pairs[case.pair_id]
            with self._session.errors_told():
                verb: Verb = "restore" if pair.dropped else "drop"
                await self._session.ask(workbench.act, verb, [pair.id])
                (self._pairs[pair.id],) = await self._session.ask(workbench.page, [pair.id])
                await self._session.refresh()
                self._fill()


def _outcome(pair: PreferencePair, case: Case) -> str:
    """What mending would do to the pair, to follow its column's head."""
    if pair.dropped:
        return "(is dropped)"
    return WOULD[deed(pair, case.mended)] if case.mended else "do nothing"
