"""One run, live or of yesterday: what to do next, where it stands, its curves, what came of it."""

from textual import getters
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.domain import Run
from studio.run_panels import curves_of, panels_of
from studio.run_words import Watched, advice_in_short, last_told, next_step, outcome, standing
from studio.text import one_line
from studio.widgets.metric_chart import MetricChart

AT_ONCE = 4
MOST_OF_TITLE = 300
"""Characters of a title that are shown: a list of changed settings may be long."""
WIDE, TALL = 96, 26
"""Columns and lines from which on four charts stand beside the outcome."""


class RunView(Vertical):
    """The lower part of the train screen: curves and outcome, one of them where room is short."""

    whole = getters.query_one("#whole", Static)
    next = getters.query_one("#next", Static)
    state = getters.query_one("#state", Static)
    told = getters.query_one("#told", Static)
    advice = getters.query_one("#advice", Static)
    outcome = getters.query_one("#outcome", Static)
    charts = getters.query_one("#charts", Container)
    page = getters.query_one("#page", VerticalScroll)

    def __init__(self) -> None:
        super().__init__(classes="panel")
        self._watched: Watched | None = None
        self._first = 0
        """The panel of the first chart."""
        self._turned = False
        """Whether the editor wants the other page than the one that comes first."""

    def compose(self) -> ComposeResult:
        yield Static(id="whole", markup=False)
        yield Static(id="next", markup=False)
        yield Static(id="state", markup=False)
        yield Static(id="told", markup=False)
        yield Static(id="advice", markup=False)
        with VerticalScroll(id="page"):
            yield Static(id="outcome", markup=False)
        with Container(id="charts"):
            for _ in range(AT_ONCE):
                yield MetricChart()

    def show(self, watched: Watched) -> None:
        """Show a run and what its events told so far."""
        if self._watched is None or self._watched.run.id != watched.run.id:
            self._first, self._turned = 0, False
        self._watched = watched
        self.next.update(f"▸ {next_step(watched)}")
        self.state.update(standing(watched))
        self.told.update(last_told(watched))
        self.told.display = bool(last_told(watched))
        self.advice.update(advice_in_short(watched.advice))
        self.advice.display = bool(watched.advice)
        self.outcome.update(outcome(watched))
        self._lay_out()

    def turn_metric(self, by: int) -> None:
        """Go on to the next charts, or back."""
        if self._watched is not None:
            shown = self._at_once
            pages = -(-len(panels_of(self._watched.work)) // shown)
            self._first = (self._first // shown + by) % pages * shown
            self._lay_out()

    def turn_page(self) -> None:
        """From the curves to the outcome, or back, where there is no room for both."""
        self._turned = not self._turned
        self._lay_out()

    @property
    def has_pages(self) -> bool:
        """Whether curves and outcome take turns."""
        watched = self._watched
        if watched is None or self._is_large or watched.run.kind != "train":
            return False
        return watched.state == "finished"

    @property
    def _is_large(self) -> bool:
        return self.size.width >= WIDE and self.size.height >= TALL

    @property
    def _at_once(self) -> int:
        return AT_ONCE if self._is_large else 1

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        watched = self._watched
        if watched is None:
            return
        self._entitle(watched.run)
        told, is_training = bool(outcome(watched).plain), watched.run.kind == "train"
        self.set_class(self._is_large, "-large")
        self.set_class(not self.has_pages and is_training, "-both")
        # What came of it is what one wants to know of a run that has ended.
        self.page.display = told and (not self.has_pages or not self._turned)
        self.charts.display = is_training and (not self.has_pages or self._turned)
        self._draw(watched)

    def _entitle(self, run: Run) -> None:
        """The title in the frame; where it is cut there, whole on lines of its own too."""
        title = Content(one_line(run.title, MOST_OF_TITLE))
        self.border_title = title
        self.whole.update(title)
        self.set_class(title.cell_length > self.size.width - 2, "-cut")

    def _draw(self, watched: Watched) -> None:
        panels = panels_of(watched.work)
        first = min(self._first, len(panels) - 1)
        last_step = watched.work.last_step if watched.work else 0
        for at, chart in enumerate(self.query(MetricChart), first):
            chart.display = at < min(len(panels), first + self._at_once)
            if chart.display:
                place = f"{at + 1} of {len(panels)}, m turns over" if at == first else ""
                chart.show(panels[at], curves_of(panels[at], watched.work), last_step, place)
