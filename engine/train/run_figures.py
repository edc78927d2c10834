"""A run's metrics in the order that rules about them want, and an advice's form."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.train.config import PRESETS, TrainConfig
from models.events import Metric

LOOK_AT_PAIRS = (
    "Look for the reason: D on the Pairs screen, or `persona-studio pairs doctor READER`."
)


@dataclass(frozen=True)
class Advice:
    """One thing to know about a run."""

    id: str
    step: int
    """From which on it holds."""
    says: str
    next_step: str
    grave: bool
    """Going on as it is leads nowhere."""


@dataclass(frozen=True)
class Seen:
    """The metrics by kind, in the order of their steps."""

    config: TrainConfig
    all: Sequence[Metric]
    steps: Sequence[Metric]
    """Of preference training; fine-tuning before it has other figures under these names."""
    looks: Sequence[Metric]
    """At held-out pairs, of preference training."""
    samples: Sequence[Metric]


def seen_of(metrics: Sequence[Metric], config: TrainConfig) -> Seen:
    """Sort a run's metrics; of a run that only fine-tunes there are no steps and no looks."""
    # A step that was done again after a kill counts once.
    steps = _by_step(metric for metric in metrics if "loss" in metric.values)
    looks = _by_step(metric for metric in metrics if "held_out/loss" in metric.values)
    if config.method != "dpo":
        tuned = [metric.step for metric in steps if _is_fine_tuning(metric)]
        last = tuned[-1] if tuned and config.method == "sft-dpo" else math.inf
        steps = [metric for metric in steps if metric.step > last]
        looks = [metric for metric in looks if metric.step > last]
    samples = _by_step(metric for metric in metrics if "sample/tokens" in metric.values)
    return Seen(config, metrics, steps, looks, samples)


def _by_step(metrics: Iterable[Metric]) -> list[Metric]:
    newest = {metric.step: metric for metric in metrics}
    return [newest[step] for step in sorted(newest)]


def _is_fine_tuning(metric: Metric) -> bool:
    """There both sides of a pair are the chosen one."""
    values = metric.values
    return values.get("rewards/margins") == 0.0 == values.get("rewards/accuracies")


def mean(metrics: Sequence[Metric], name: str) -> float:
    """Of a figure that every metric has; 0 for one that it lacks."""
    return sum(metric.values.get(name, 0.0) for metric in metrics) / max(len(metrics), 1)


def since(metrics: Sequence[Metric], window: int, holds: Callable[[Sequence[Metric]], bool]) -> int:
    """The step from which on it held of every `window` metrics to the last; -1 if it does not."""
    step = -1
    for end in range(len(metrics), window - 1, -1):
        if not holds(metrics[end - window : end]):
            break
        step = metrics[end - 1].step
    return step


def again_with(name: str, value: float) -> str:
    """How to train again with another setting."""
    told = f"{value:.1g}" if isinstance(value, float) else str(value)
    return f"Train again with {name} {told}: k on the Train screen, or --set {name}={told}."


def slower(config: TrainConfig) -> str:
    """How to train again at a third of the rate, or at the preset's where it is far above that."""
    own = PRESETS.get(config.preset, TrainConfig()).learning_rate
    third = config.learning_rate / 3
    return again_with("learning_rate", own if third > own else third)


def least(metrics: Sequence[Metric], name: str) -> float:
    """The smallest of a figure."""
    return min(metric.values.get(name, 0.0) for metric in metrics)
