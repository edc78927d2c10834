"""Train: tune a model on a reader's pairs, watch it learn, export it for the previews."""

from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Footer, Static

from engine import pair_doctor
from studio.screens.runs import RunsScreen
from studio.screens.train_keys import KEYS
from studio.text import count, one_line
from studio.widgets.empty_state import EmptyState
from studio.widgets.run_view import RunView
from studio.widgets.step_bar import StepBar
from studio.widgets.training_order import TrainingOrder

MOST_EXAMINED = 20_000
"""Pairs that the doctor looks through whenever the screen is shown: some three seconds."""


class TrainScreen(RunsScreen):
    """The fourth step."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS
    order = getters.query_one(TrainingOrder)
    empty = getters.query_one(EmptyState)

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "train")
        yield EmptyState()
        with Vertical(id="work"):
            yield TrainingOrder()
            yield Static(id="doctor", markup=False)
            yield DataTable(id="runs", cursor_type="row", classes="panel")
            yield RunView()
        yield Footer()

    @property
    def subject(self) -> str | None:
        reader = self._session.reader
        return reader.id if reader else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("train", "knobs", "readers"):
            reader = self._session.reader
            return reader is not None and reader.pairs > 0
        return super().check_action(action, parameters)

    def _show(self, _: None) -> None:
        super()._show(None)
        reader, has_runs = self._session.reader, bool(self._shown)
        self.set_class(not has_runs and (reader is None or not reader.pairs), "-empty")
        self.empty.update(self._invitation())
        self.order.show(reader, self._session.readers)
        if self.focused is None and not self.has_class("-empty"):
            (self.table if has_runs else self.order.choice.base).focus()
        self.refresh_bindings()
        self._examine()

    @work(group="load", exclusive=True)
    async def _examine(self) -> None:
        """Say what the pair doctor would mend first: a note, training goes ahead all the same."""
        reader, wrong = self._session.reader, ""
        if reader is not None and reader.pairs > MOST_EXAMINED:
            wrong = f"{count(reader.pairs, 'pair')} are too many to be looked through unasked."
        elif reader is not None and reader.pairs:
            with self._session.errors_told():
                wrong = await self._session.ask(pair_doctor.stops, [reader.id])
        line = self.query_one("#doctor", Static)
        line.display = bool(wrong)
        line.update(f"{wrong} Press 3, then D, to see and mend it.")

    def _invitation(self) -> str:
        reader = self._session.reader
        what = "Training teaches a small model what this reader prefers, on this computer.\n\n"
        if reader is None:
            return what + "Press 1 to bring in a reader first."
        first = "3 to build pairs" if reader.profile_built else "2 to build the profile"
        return what + f"Press {first} of {one_line(reader.name, 40)} first."

    def action_leave(self) -> None:
        self.order.choice.leave()
        if self.has_class("-close"):
            self.action_watch()

    def action_knobs(self) -> None:
        self.order.ask_settings(self._session.runs)

    def action_readers(self) -> None:
        self.order.ask_readers()

    def action_train(self) -> None:
        if (order := self.order.order) is not None:
            self.begin(order)
