"""What two runs were told differently: one beside each of the others."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine import runs as engine_runs
from engine.domain import Run
from engine.train.settings import told_value
from studio.session import Session
from studio.text import moment, one_line


class CompareRuns(ModalScreen[None]):
    """Read-only; the cursor chooses which other run."""

    CSS_PATH = "compare_runs.tcss"
    AUTO_FOCUS = "#others"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="runs.close", tooltip="Back to the runs")
    ]
    told = getters.query_one("#told", Static)

    def __init__(self, session: Session, run: Run, others: Sequence[Run]) -> None:
        super().__init__()
        self._session = session
        self._compared = run
        self._others = others

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"This run: {_title(self._compared)}")
            box.border_subtitle = "up and down choose the other run  esc closes"
            yield Static("Beside which one?", classes="quiet", markup=False)
            yield OptionList(
                *(Option(_title(run)) for run in self._others), id="others", markup=False
            )
            with VerticalScroll():
                yield Static("", id="told", markup=False)

    @on(OptionList.OptionHighlighted, "#others")
    @work(group="load", exclusive=True)
    async def _compare(self, event: OptionList.OptionHighlighted) -> None:
        other = self._others[event.option_index]
        with self._session.errors_told():
            found = await self._session.ask(engine_runs.differences, self._compared.id, other.id)
            self.told.update("\n".join(_lines(found)))


def _title(run: Run) -> str:
    return f"{moment(run.created_at)}  {one_line(run.title, 70)}"


def _lines(found: Sequence[tuple[str, object, object]]) -> list[str]:
    if not found:
        return ["Both were told the same."]
    rows = [("Setting", "This run", "The other"), *((n, _short(a), _short(b)) for n, a, b in found)]
    name, this = (max(len(row[at]) for row in rows) + 2 for at in (0, 1))
    return [f"{row[0]:<{name}}{row[1]:<{this}}{row[2]}" for row in rows]


def _short(value: object) -> str:
    return "none" if value is None else one_line(told_value(value), 30)
