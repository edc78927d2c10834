"""Train: tune a model on a reader's pairs, watch it learn, export it for the previews."""

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Label, Select, Static

from engine import pair_doctor
from engine import runs as engine_runs
from engine.domain import Run
from engine.train.config import PRESET_NOTES
from studio.screens.choose_quant import ChooseQuant
from studio.session import Session
from studio.text import cell, count, one_line
from studio.widgets.empty_state import EmptyState
from studio.widgets.run_view import RunView
from studio.widgets.step_bar import StepBar

EMBEDDED, OTHER = "embedded", ""
MOST_EXAMINED = 20_000
"""Pairs that the doctor looks through whenever the screen is shown: some three seconds."""


class TrainScreen(Screen[None]):
    """The fourth step."""

    CSS_PATH = "train.tcss"
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "train", "Train", id="train.start", tooltip="Train a model on the pairs"),
        Binding("s", "stop", "Stop", id="train.stop", tooltip="Stop a run, keeping a checkpoint"),
        Binding("g", "resume", "Go on", id="train.resume", tooltip="Resume a stopped run"),
        Binding("e", "export", "Export", id="train.export", tooltip="Export a trained model"),
        Binding("escape", "leave_input", show=False),
    ]
    table = getters.query_one("#runs", DataTable)
    view = getters.query_one(RunView)
    base = getters.query_one("#base", Select)
    preset = getters.query_one("#preset", Select)
    other = getters.query_one("#other", Input)
    empty = getters.query_one(EmptyState)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[Run, ...] = ()

    def compose(self) -> ComposeResult:
        yield StepBar(self._session, "train")
        yield EmptyState()
        with Vertical(id="work"):
            with Horizontal(id="settings"):
                yield Label("Base")
                yield Select(
                    (("embedded SmolLM2-135M", EMBEDDED), ("another, typed here:", OTHER)),
                    id="base",
                    value=EMBEDDED,
                    allow_blank=False,
                    compact=True,
                )
                yield Input(
                    placeholder="GGUF file, folder or Hugging Face id", id="other", compact=True
                )
                yield Label("Preset")
                yield Select(
                    ((preset, preset) for preset in PRESET_NOTES),
                    id="preset",
                    value="quick",
                    allow_blank=False,
                    compact=True,
                )
            yield Static(id="note", markup=False)
            yield Static(id="doctor", markup=False)
            yield DataTable(id="runs", cursor_type="row", classes="panel")
            yield RunView(classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        self.table.border_title = "Runs"
        self.table.add_columns("State", "Work", "Begun", "What")
        self._session.changed.subscribe(self, self._show)
        self._session.tracker.changed.subscribe(self, self._show_work)
        self._show(None)

    @property
    def _run(self) -> Run | None:
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run, reader = self._run, self._session.reader
        going_on = run is not None and self._session.tracker.is_going_on(run.id)
        possible = {
            "train": reader is not None and reader.pairs > 0,
            "stop": going_on,
            "resume": run is not None and not going_on and run.state in ("stopped", "failed"),
            "export": run is not None and run.kind == "train" and run.state == "finished",
        }
        return True if possible.get(action, True) else None

    def _show(self, _: None) -> None:
        reader = self._session.reader
        runs = tuple(
            run
            for run in self._session.runs
            if run.kind in ("train", "export") and reader is not None and run.subject == reader.id
        )
        self.set_class(not runs and (reader is None or not reader.pairs), "-empty")
        self.empty.update(self._invitation())
        if runs != self._shown:
            self._fill(runs)
        self.view.display = bool(runs)
        self.table.display = bool(runs)
        if self.focused is None and not self.has_class("-empty"):
            (self.table if runs else self.base).focus()
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
        self._shown = runs
        self.table.clear()
        for run in runs:
            self.table.add_row(
                cell(run.state),
                cell(run.kind),
                cell(f"{run.created_at.astimezone():%Y-%m-%d %H:%M}"),
                cell(run.title, 80),
                key=run.id,
            )
        ids = [run.id for run in runs]
        is_new = bool(runs) and runs[0].id not in known
        self.table.move_cursor(row=0 if is_new or at not in ids else ids.index(at))
        self._show_run()

    def _show_work(self, key: str) -> None:
        if self._run is not None and self._run.id == key:
            self._show_run()

    @on(DataTable.RowHighlighted, "#runs")
    def _show_run(self) -> None:
        run = self._run
        if run is None:
            return
        if run.id not in self._session.tracker.works:
            self._session.follow(run, announce=False)
        self.view.show(run, self._session.tracker.works.get(run.id))
        self.refresh_bindings()

    @on(Select.Changed, "#preset")
    def _explain(self) -> None:
        self.query_one("#note", Static).update(PRESET_NOTES[str(self.preset.value)])

    @on(Select.Changed, "#base")
    def _base_chosen(self) -> None:
        self.other.display = self.base.value == OTHER
        if self.other.display:
            self.other.focus()

    @on(Input.Submitted, "#other")
    def action_leave_input(self) -> None:
        if self.focused is self.other:
            self.preset.focus()

    @work(group="ask", exclusive=True)
    async def action_train(self) -> None:
        reader = self._session.reader
        assert reader is not None
        base = str(self.base.value) or self.other.value.strip()
        if not base:
            self.notify("Type the base model's file, folder or id first.", markup=False)
            self.other.focus()
            return
        with self._session.errors_told():
            preset = str(self.preset.value)
            await self._session.ask(engine_runs.start_training, [reader.id], base, preset)
            await self._session.refresh()
            self.table.focus()

    @work(group="ask")
    async def action_stop(self) -> None:
        if (run := self._run) is not None:
            with self._session.errors_told():
                self._session.stopping.add(run.id)
                await self._session.ask(engine_runs.stop, run.id)
                self.notify("Stopping; what was learnt so far is kept.", markup=False)

    @work(group="ask")
    async def action_resume(self) -> None:
        if (run := self._run) is not None:
            with self._session.errors_told():
                self._session.follow(await self._session.ask(engine_runs.resume, run.id))
                await self._session.refresh()

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        run = self._run
        quant = await self.app.push_screen_wait(ChooseQuant())
        if run is not None and quant is not None:
            with self._session.errors_told():
                await self._session.ask(engine_runs.start_export, run.id, quant)
                await self._session.refresh()
