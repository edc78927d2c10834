"""The same book's description at every checkpoint, side by side: picked by reading."""

from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from engine import runs as engine_runs
from engine.domain import Run
from studio.screens.show_lines import ShowLines
from studio.session import Session
from studio.text import duration, one_line, visible
from studio.widgets.sample_pane import Sample, SamplePane, samples_of

PANE_WIDTH = 38
"""Columns that a description wants at least."""


class Descriptions(ModalScreen[None]):
    """Opened over the runs; escape goes back to them."""

    CSS_PATH = "descriptions.tcss"
    AUTO_FOCUS = "SamplePane"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="strip.back", tooltip="Back to the runs"),
        # Before the panes, which would scroll sideways.
        Binding("left", "go(-1)", "Before", id="strip.left", tooltip="Go left", priority=True),
        Binding("right", "go(1)", "After", id="strip.right", tooltip="Go right", priority=True),
        Binding("enter", "read", "In full", id="strip.read", tooltip="Read it in full"),
        Binding("p", "pick", "Pick", id="strip.pick", tooltip="Pick this checkpoint to export"),
    ]
    strip = getters.query_one("#strip", Horizontal)

    def __init__(self, session: Session, run: Run) -> None:
        super().__init__()
        self._session = session
        self._run_id = run.id
        self._samples: list[Sample] = []
        self._at = 0
        """The description that the cursor is on."""
        self._first = 0
        """The leftmost that is shown."""
        self._picked: int | None = None
        self._last: int | None = None
        """The last checkpoint of a run that has finished."""

    def compose(self) -> ComposeResult:
        yield Static("", id="heading", markup=False)
        yield Horizontal(id="strip")
        yield Footer()

    def on_mount(self) -> None:
        self._session.tracker.changed.subscribe(self, self._see)
        self._read()

    def on_resize(self) -> None:
        self._lay_out()

    def _see(self, key: str) -> None:
        if key == self._run_id:
            self._read()

    @work(group="load", exclusive=True)
    async def _read(self) -> None:
        """Which checkpoint is the run's own: the picked one, else the last."""
        with self._session.errors_told():
            run = await self._session.ask(engine_runs.find_run, self._run_id)
            kept = await self._session.ask(engine_runs.checkpoints, self._run_id)
        picked = run.result.get("picked")
        self._picked = picked if isinstance(picked, int) else None
        has_ended = run.state == "finished" and kept
        self._last = kept[-1].step if has_ended else None
        self._lay_out()

    @work(group="page", exclusive=True)
    async def _lay_out(self) -> None:
        """As many panes as fit, filled from the leftmost on."""
        work = self._session.tracker.works[self._run_id]
        self._samples = samples_of(work.items, work.series)
        fit = max(1, min(len(self._samples), self.size.width // PANE_WIDTH))
        panes = self.query(SamplePane)
        if len(panes) < fit:
            await self.strip.mount(*(SamplePane() for _ in range(fit - len(panes))))
        for pane in list(panes)[fit:]:
            await pane.remove()
        self._show()

    def _show(self) -> None:
        panes, count = list(self.query(SamplePane)), len(self._samples)
        if not panes or not count:
            return
        self._at = max(0, min(count - 1, self._at))
        self._first = max(self._at - len(panes) + 1, min(self._first, self._at))
        self._first = max(0, min(self._first, count - len(panes)))
        for at, pane in enumerate(panes, self._first):
            pane.show(self._samples[at], self._mark(self._samples[at]))
        panes[self._at - self._first].focus()
        last = self._first + len(panes)
        shown = f"{self._first + 1} to {last} of {count}" if count > 1 else "the only one"
        title = one_line(self._samples[self._at].title, 50)
        self.query_one("#heading", Static).update(f"{title}, written at each checkpoint: {shown}")

    def _mark(self, sample: Sample) -> str:
        if self._picked is not None:
            return "picked" if sample.step == self._picked else ""
        return "the one exported" if sample.step == self._last else ""

    def action_go(self, by: int) -> None:
        self._at += by
        self._show()

    def action_read(self) -> None:
        sample = self._samples[self._at]
        cost = f"Written in {duration(sample.seconds)}."
        lines = [visible(sample.text), "", sample.figures, cost]
        self.app.push_screen(ShowLines(f"{sample.name}: {sample.title}", lines))

    @work(group="change")
    async def action_pick(self) -> None:
        step = self._samples[self._at].step
        with self._session.errors_told():
            await self._session.ask(engine_runs.pick_checkpoint, self._run_id, step)
            self._picked = step
            self._show()
            await self._session.refresh()
            told = f"The checkpoint of step {step:,} is picked: e on the Train screen exports it."
            self.notify(told, markup=False)

    def action_close(self) -> None:
        self.dismiss()
