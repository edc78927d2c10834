"""Runs: a list of them, the one under the cursor in full, and what can be done to it."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.screen import Screen
from textual.widgets import DataTable

from engine import runs as engine_runs
from engine.domain import Run, RunKind
from engine.train.config import config_for
from studio.run_words import Watched, advice_in_full
from studio.screens.choose_quant import ChooseQuant
from studio.screens.compare_runs import CompareRuns
from studio.screens.descriptions import Descriptions
from studio.screens.preflight import PreflightDialog
from studio.screens.show_lines import ShowLines
from studio.session import Session
from studio.text import cell, moment
from studio.watching import Watching
from studio.widgets.run_order import Order
from studio.widgets.run_view import RunView

LOW = 30
"""Lines below which the screen saves on each."""


class RunsScreen(Screen[None]):
    """What the screens that train have in common; each lays it out with `#runs` and a `RunView`."""

    CSS_PATH = "runs.tcss"
    AUTO_FOCUS = "#runs"
    KINDS: ClassVar[tuple[RunKind, ...]] = ("train", "export")
    table = getters.query_one("#runs", DataTable)
    view = getters.query_one(RunView)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[Run, ...] = ()
        self._places: Mapping[str, int] = {}
        self._watching = Watching(session)

    def on_mount(self) -> None:
        self.table.border_title = "Runs"
        self.table.add_columns("State", "Work", "Begun", "What")
        self._session.changed.subscribe(self, self._show)
        self._session.tracker.changed.subscribe(self, self._show_work)
        self._show(None)

    def on_resize(self) -> None:
        self.set_class(self.size.height < LOW, "-low")

    @property
    def subject(self) -> str | None:
        """Whose runs are listed: a reader's id or a dataset's subject; None lists none."""
        raise NotImplementedError

    @property
    def _run(self) -> Run | None:
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    @property
    def _watched(self) -> Watched | None:
        return self._watching.watched(self._run) if self._run else None

    @property
    def _is_training(self) -> bool:
        """Whether a training goes on or waits: another one has to wait behind it."""
        return any(
            run.kind == "train" and run.state in ("running", "waiting")
            for run in self._session.runs
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        watched = self._watched
        is_training = watched is not None and watched.run.kind == "train"
        state = watched.state if watched else ""
        possible = {
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
        """List the runs as they stand now."""
        subject = self.subject
        runs = tuple(
            run for run in self._session.runs if run.kind in self.KINDS and run.subject == subject
        )
        if (runs, self._session.places) != (self._shown, self._places):
            self._fill(runs)
        self.set_class(not runs, "-no-runs")

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

    @work(group="ask", exclusive=True)
    async def begin(self, order: Order) -> None:
        """Tell what a training needs, and start it if the editor wants it."""
        with self._session.errors_told():
            config = config_for(order.preset, order.base, order.changes)
            dialog = PreflightDialog(self._session, order.reader_ids, config, self._is_training)
            taken = await self.app.push_screen_wait(dialog)
            if taken is None:
                return
            await self._session.ask(
                engine_runs.start_training,
                order.reader_ids,
                order.base,
                order.preset,
                {**order.changes, **taken},
                queue=self._is_training,
            )
            await self._session.refresh()
            self.table.focus()

    def action_stop(self) -> None:
        self._ask_to_stop()

    @work(group="ask")
    async def _ask_to_stop(self) -> None:
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
