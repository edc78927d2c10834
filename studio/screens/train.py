"""Train: tune a model on a reader's pairs, watch it learn, export it for the previews."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from engine import pair_doctor
from engine import runs as engine_runs
from engine.domain import Run
from engine.train.config import config_for
from studio.run_words import Watched, advice_in_full
from studio.screens.choose_quant import ChooseQuant
from studio.screens.compare_runs import CompareRuns
from studio.screens.descriptions import Descriptions
from studio.screens.preflight import PreflightDialog
from studio.screens.show_lines import ShowLines
from studio.screens.train_keys import KEYS
from studio.session import Session
from studio.text import cell, count, moment, one_line
from studio.watching import Watching
from studio.widgets.empty_state import EmptyState
from studio.widgets.run_view import RunView
from studio.widgets.step_bar import StepBar
from studio.widgets.training_order import TrainingOrder

MOST_EXAMINED = 20_000
"""Pairs that the doctor looks through whenever the screen is shown: some three seconds."""
LOW = 30
"""Lines below which the screen saves on each."""


class TrainScreen(Screen[None]):
    """The fourth step."""

    CSS_PATH = "train.tcss"
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    table = getters.query_one("#runs", DataTable)
    view = getters.query_one(RunView)
    order = getters.query_one(TrainingOrder)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[Run, ...] = ()
        self._places: Mapping[str, int] = {}
        self._watching = Watching(session)

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "train")
        yield EmptyState()
        with Vertical(id="work"):
            yield TrainingOrder()
            yield Static(id="doctor", markup=False)
            yield DataTable(id="runs", cursor_type="row", classes="panel")
            yield RunView()
        yield Footer()

    def on_mount(self) -> None:
        self.table.border_title = "Runs"
        self.table.add_columns("State", "Work", "Begun", "What")
        self._session.changed.subscribe(self, self._show)
        self._session.tracker.changed.subscribe(self, self._show_work)
        self._show(None)

    def on_resize(self) -> None:
        self.set_class(self.size.height < LOW, "-low")

    @property
    def _run(self) -> Run | None:
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    @property
    def _watched(self) -> Watched | None:
        return self._watching.watched(self._run) if self._run else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        watched, reader = self._watched, self._session.reader
        is_training = watched is not None and watched.run.kind == "train"
        state = watched.state if watched else ""
        has_pairs = reader is not None and reader.pairs > 0
        possible = {
            "train": has_pairs,
            "knobs": has_pairs,
            "readers": has_pairs,
            "stop": state == "running",
            "resume": state in ("stopped", "failed"),
            "take_out": state == "waiting",
            "export": is_training and state == "finished",
            "descriptions": watched is not None and bool(watched.samples),
            "advice": watched is not None and bool(watched.advice),
            "metric": is_training and state != "waiting",
            "page": self.view.has_pages,
            "compare": is_training,
            "watch": watched is not None,
        }
        return possible.get(action, True)

    def _show(self, _: None) -> None:
        reader = self._session.reader
        runs = tuple(
            run
            for run in self._session.runs
            if run.kind in ("train", "export") and reader is not None and run.subject == reader.id
        )
        self.set_class(not runs and (reader is None or not reader.pairs), "-empty")
        self.empty.update(self._invitation())
        self.order.show(reader, self._session.readers)
        if (runs, self._session.places) != (self._shown, self._places):
            self._fill(runs)
        self.set_class(not runs, "-no-runs")
        if self.focused is None and not self.has_class("-empty"):
            (self.table if runs else self.order.base).focus()
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

    def _fill(self, runs: tuple[Run, ...]) -> None:
        at = self._run.id if self._run else None
        known = {run.id for run in self._shown}
        self._shown, self._places = runs, self._session.places
        self.table.clear()
        for run in runs:
            place = self._session.places.get(run.id)
            self.table.add_row(
                cell(f"{run.state} {place}" if place else run.state),
                cell(run.kind),
                cell(moment(run.created_at)),
                cell(run.title, 120),
                key=run.id,
            )
        ids = [run.id for run in runs]
        is_new = bool(runs) and runs[0].id not in known
        self.table.move_cursor(row=0 if is_new or at not in ids else ids.index(at))
        self._show_run()

    def _show_work(self, key: str) -> None:
        if self._run is not None and self._run.id == key:
            self._draw()

    @on(DataTable.RowHighlighted, "#runs")
    def _show_run(self) -> None:
        run = self._run
        if run is None:
            return
        if run.id not in self._session.tracker.works and run.state != "waiting":
            self._session.follow(run, announce=False)
        self._draw()
        self._read_settings(run)

    @work(group="page", exclusive=True)
    async def _read_settings(self, run: Run) -> None:
        with self._session.errors_told():
            await self._watching.read(run)
            self._draw()

    def _draw(self) -> None:
        if (watched := self._watched) is not None:
            self.view.show(watched)
            self.refresh_bindings()

    def action_leave(self) -> None:
        self.order.leave_base()
        if self.has_class("-close"):
            self.action_watch()

    @on(DataTable.RowSelected, "#runs")
    def action_watch(self) -> None:
        self.toggle_class("-close")
        if not self.has_class("-close"):
            self.table.focus()

    def action_page(self) -> None:
        self.view.turn_page()

    def action_metric(self, by: int) -> None:
        self.view.turn_metric(by)

    def action_advice(self) -> None:
        if (watched := self._watched) is not None:
            lines = advice_in_full(watched.advice)
            self.app.push_screen(ShowLines("What the run doctor says, the newest first", lines))

    def action_descriptions(self) -> None:
        if self._run is not None:
            self.app.push_screen(Descriptions(self._session, self._run))

    def action_compare(self) -> None:
        run = self._run
        others = [
            other
            for other in self._session.runs
            if run is not None and other.kind == "train" and other.id != run.id
        ]
        if run is not None and others:
            self.app.push_screen(CompareRuns(self._session, run, others))
        else:
            self.notify("There is no other training to compare this one with.", markup=False)

    def action_knobs(self) -> None:
        self.order.ask_settings()

    def action_readers(self) -> None:
        self.order.ask_readers()

    @work(group="ask", exclusive=True)
    async def action_train(self) -> None:
        if (order := self.order.order) is not None:
            with self._session.errors_told():
                config = config_for(order.preset, order.base, order.changes)
                dialog = PreflightDialog(self._session, order.reader_ids, config)
                taken = await self.app.push_screen_wait(dialog)
                if taken is None:
                    return
                await self._session.ask(
                    engine_runs.start_training,
                    order.reader_ids,
                    order.base,
                    order.preset,
                    {**order.changes, **taken},
                    queue=any(
                        run.kind == "train" and run.state in ("running", "waiting")
                        for run in self._session.runs
                    ),
                )
                await self._session.refresh()
                self.table.focus()

    @work(group="ask")
    async def action_stop(self) -> None:
        if (run := self._run) is not None:
            with self._session.errors_told():
                self._session.stopping.add(run.id)
                await self._session.ask(engine_runs.stop, run.id)
                self._draw()
                self.notify("Stopping; what was learnt so far is kept.", markup=False)

    @work(group="ask")
    async def action_take_out(self) -> None:
        if (run := self._run) is not None:
            with self._session.errors_told():
                await self._session.ask(engine_runs.cancel, run.id)
                await self._session.refresh()

    @work(group="ask")
    async def action_resume(self) -> None:
        if (run := self._run) is not None:
            with self._session.errors_told():
                self._session.follow(await self._session.ask(engine_runs.resume, run.id))
                await self._session.refresh()

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        run = self._run
        order = await self.app.push_screen_wait(ChooseQuant())
        if run is not None and order is not None:
            with self._session.errors_told():
                await self._session.ask(engine_runs.start_export, run.id, order)
                await self._session.refresh()
