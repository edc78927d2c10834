"""One metric of a run over its steps: a small curve, and its figures in words."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Sparkline, Static


class MetricChart(Vertical):
    """Named by TRL's own key, with first, lowest, highest and last value as text."""

    DEFAULT_CSS = """
    MetricChart {
        width: 1fr; height: auto; padding: 0 1;
        Sparkline { height: 3; }
        .figures { color: $text-muted; }
    }
    """

    def __init__(self, metric: str) -> None:
        super().__init__()
        self._metric = metric

    def compose(self) -> ComposeResult:
        yield Static(self._metric, markup=False)
        yield Sparkline([])
        yield Static("no figures yet", classes="figures", markup=False)

    def show(self, values: list[float]) -> None:
        """Show the values so far, oldest first."""
        told = "no figures yet"
        if values:
            told = f"last {_told(values[-1])}\nmin {_told(min(values))}  max {_told(max(values))}"
        # A curve needs a range: one value, or always the same one, is drawn as nothing at all.
        self.query_one(Sparkline).data = values if len(set(values)) > 1 else []
        self.query_one(".figures", Static).update(told)


def _told(value: float) -> str:
    """Three decimals at most, so that three charts fit beside each other on 80 columns."""
    return f"{round(value, 3):g}"
