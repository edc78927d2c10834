"""What a run's figures say is wrong with it, in plain words, each with one next step.

The same for a live run and for one of yesterday. An advice names the step from which on it held
and goes when it no longer does, but for what cannot mend. Nothing here loads torch.
"""

from collections.abc import Sequence

from engine.train.config import TrainConfig
from engine.train.run_figures import Advice as Advice
from engine.train.run_figures import seen_of
from engine.train.run_rules import RULES, margins_explode, not_a_number
from models.events import Metric


def diagnose(metrics: Sequence[Metric], config: TrainConfig) -> tuple[Advice, ...]:
    """What is wrong with the run as far as its metrics tell; empty for a healthy one."""
    seen = seen_of(metrics, config)
    # What breaks the model explains all that is wrong with it besides.
    if (broken := not_a_number(seen) or margins_explode(seen)) is not None:
        return (broken,)
    return tuple(advice for rule in RULES if (advice := rule(seen)) is not None)
