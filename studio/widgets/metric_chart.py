"""One chart of a run: its curves over the steps, with their figures in words above."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from studio.pictures.curves import Curve, curve_chart, curve_words
from studio.run_panels import Panel

ROOMY = 9
"""Lines above which a second one of words costs the curve little."""


class MetricChart(Widget):
    """Draws itself for the room it has; the same curves are not drawn twice."""

    DEFAULT_CSS = "MetricChart { width: 1fr; height: 1fr; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._panel: Panel | None = None
        self._place = ""
        self._curves: Sequence[Curve] = ()
        self._last_step = 0
        self._points: object = None

    def show(
        self, panel: Panel, curves: Sequence[Curve], last_step: int = 0, place: str = ""
    ) -> None:
        """Show a panel's curves.

        Args:
            last_step: how far the axis of steps goes at least.
            place: which of how many charts this is, and how to get to the others.
        """
        points = [(curve.sign, len(curve.points), [*curve.points.items()][-1:]) for curve in curves]
        drawn = (panel.title, points, last_step, place)
        self._panel, self._curves, self._last_step, self._place = panel, curves, last_step, place
        if drawn != self._points:
            self._points = drawn
            self.refresh()

    def render(self) -> Content:
        panel, (width, height) = self._panel, self.content_size
        if panel is None:
            return Content("")
        heading = Content.assemble((panel.title, "bold"), (f"  {self._place}", "$text-muted"))
        is_long = height > ROOMY or len(panel.series) > 2
        words = curve_words(self._curves, panel.told, width, 2 if is_long else 1)
        chart = curve_chart(
            self._curves,
            width,
            height - 1 - len(words),
            panel.told,
            panel.bounds,
            self._last_step,
        )
        return Content("\n").join([heading, *words, *(chart or [Content("No figures yet.")])])
