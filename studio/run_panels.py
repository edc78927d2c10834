"""What is drawn of a run: which of its metrics share a chart, and how their values are told.

Metrics have TRL's own names; those of ours beside them are in `engine.train.trainer`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from studio.pictures.curves import Curve
from studio.text import duration, number, size
from studio.tracker import Work

HELD_OUT = "held_out/"


@dataclass(frozen=True)
class Series:
    """A metric as one curve of a chart."""

    metric: str
    name: str
    mark: str = ""
    style: str = "$primary"


@dataclass(frozen=True)
class Panel:
    """One chart."""

    title: str
    series: tuple[Series, ...]
    told: Callable[[float], str]
    bounds: tuple[float, float] | None = None
    """The ends of the scale, where they do not depend on the run."""


def share(value: float) -> str:
    """A share of 1 in percent."""
    return f"{value:.0%}"


def _with_held_out(metric: str, name: str) -> tuple[Series, Series]:
    held_out = Series(HELD_OUT + name, "held-out", "◆", "$warning")
    return Series(metric, "train"), held_out


def _alone(metric: str, name: str) -> tuple[Series]:
    return (Series(metric, name),)


PANELS = (
    Panel("loss", _with_held_out("loss", "loss"), number),
    Panel(
        "rewards/accuracies", _with_held_out("rewards/accuracies", "accuracies"), share, (0.0, 1.0)
    ),
    Panel("rewards/margins", _with_held_out("rewards/margins", "margins"), number),
    Panel(
        "logps",
        (
            Series("logps/chosen", "chosen"),
            Series("logps/rejected", "rejected", "x", "$success"),
            Series("held_out/logps/chosen", "held-out chosen", "◆", "$warning"),
            Series("held_out/logps/rejected", "held-out rejected", "◇", "$warning"),
        ),
        number,
    ),
    Panel("learning_rate", _alone("learning_rate", "now"), number),
    Panel("grad_norm", _alone("grad_norm", "now"), number),
    Panel("pairs per second", _alone("pairs_per_second", "now"), number),
    Panel("time left", _alone("eta_s", "now"), duration),
    Panel(
        "memory",
        (Series("memory_now_bytes", "now"), Series("memory_bytes", "peak", "x", "$success")),
        size,
    ),
    Panel("GPU memory", _alone("gpu_memory_bytes", "now"), size),
    Panel("GPU use", _alone("gpu_use", "now"), share, (0.0, 1.0)),
)
ALWAYS = 4
"""Panels at the beginning that are shown before they have a figure."""


def panels_of(work: Work | None) -> tuple[Panel, ...]:
    """The first four, and those of the others that the run has figures for."""
    known = work.series if work else {}
    return PANELS[:ALWAYS] + tuple(
        panel for panel in PANELS[ALWAYS:] if any(series.metric in known for series in panel.series)
    )


def curves_of(panel: Panel, work: Work | None) -> list[Curve]:
    """The panel's curves, as far as the run has come."""
    known = work.series if work else {}
    return [
        Curve(series.name, known[series.metric], series.mark, series.style)
        for series in panel.series
        if series.metric in known
    ]
