"""The checkpoints of a run, each with what was seen of it; an editor picks one by reading."""

from engine.jobs import RunDir, metrics
from engine.train.checkpoints import whole_checkpoints

SEEN = "held_out/"


def kept_checkpoints(run: RunDir) -> list[dict[str, object]]:
    """What a result lists: step, path, and the held-out figures (empty where none were taken)."""
    seen = {
        metric.step: {
            name.removeprefix(SEEN): value
            for name, value in metric.values.items()
            if name.startswith(SEEN)
        }
        for metric in metrics(run)
        if any(name.startswith(SEEN) for name in metric.values)
    }
    return [
        {"step": kept.step, "path": str(kept.path), "held_out": seen.get(kept.step, {})}
        for kept in whole_checkpoints(run)
    ]
