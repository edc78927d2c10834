"""Events of training runs as their children write them: metrics, held-out figures, descriptions."""

import math
from collections.abc import Iterator

from models.events import Event, Finished, Item, Metric, Note, Step

TEXTS = (
    "A man builds a house by the sea. [/INST] It is a novel about a family and its country.",
    "Three generations of women keep a house, and the poor man's school is the heart of it. You "
    "will finish it at three in the morning.",
    "He gives bricks and a school to the peasants and thinks he bought their souls; the women of "
    "the house know better. A family you will want to live with, told without a villain and "
    "without a moral, in a country that never quite says its name. It asks who owns a house: "
    "the one who paid for it, or those who kept it alive for three generations. Slow, warm, angry.",
)
VERDICT = {
    "kind": "learned",
    "beats_card": True,
    "says": "It learned: training moved 77% (63% to 87%) of the pairs it never saw towards the "
    "chosen answer. Tuning beat the card in the prompt alone: 73% against 52% of them.",
}


def _figures(pairs: int, accuracy: float) -> dict[str, object]:
    return {
        "pairs": pairs,
        "accuracy_before": 0.5,
        "accuracy": accuracy,
        "accuracy_interval": [accuracy - 0.12, accuracy + 0.11],
        "reward_accuracy": accuracy + 0.04,
        "mean_margin": accuracy - 0.3,
    }


TRACKS = {
    "interests": _figures(12, 0.833),
    "values": _figures(24, 0.708),
    "personality": _figures(12, 0.667),
}


def beginning() -> Iterator[Event]:
    """What comes before the first step."""
    yield Note("No GPU here: training on the CPU, 2 threads, bfloat16.")
    yield Note("152 pairs to train on, 48 held out.")
    yield Step(200, 200, "reference log-probabilities")
    yield from at_checkpoint(0)


def training(steps: int, total: int, every: int = 5) -> Iterator[Event]:
    """The first `steps` of `total` steps, with a checkpoint each `every`."""
    for step in range(1, steps + 1):
        yield Metric(step, _values(step, total))
        yield Step(step, total, "training")
        if step % every == 0:
            yield from at_checkpoint(step)


def at_checkpoint(step: int) -> Iterator[Event]:
    """The held-out figures of a checkpoint and its description."""
    learnt = 1 - math.exp(-step / 8)
    yield Metric(
        step,
        {
            "held_out/loss": 0.69 - 0.2 * learnt,
            "held_out/accuracies": 0.5 + 0.25 * learnt,
            "held_out/margins": 0.9 * learnt,
            "held_out/logps/chosen": -142 + 4 * learnt,
            "held_out/logps/rejected": -142 - 9 * learnt,
        },
    )
    text = TEXTS[min(step // 5, len(TEXTS) - 1)]
    title = "The House of the Spirits"
    yield Item(
        {"kind": "sample", "step": step, "book": "b1", "title": title, "text": text, "seconds": 3.2}
    )


def _values(step: int, total: int) -> dict[str, float]:
    learnt = 1 - math.exp(-step / 6)
    wave = math.sin(step * 2.1)
    return {
        "loss": 0.69 - 0.5 * learnt + 0.05 * wave,
        "rewards/accuracies": min(1.0, 0.5 + 0.45 * learnt + 0.05 * wave),
        "rewards/margins": 2.1 * learnt + 0.2 * wave,
        "logps/chosen": -140 + 6 * learnt + 2 * wave,
        "logps/rejected": -140 - 15 * learnt + 2 * wave,
        "learning_rate": 1e-4 * (1 + math.cos(math.pi * step / total)) / 2,
        "grad_norm": 12 - 5 * learnt,
        "pairs_per_second": 1.21,
        "eta_s": (total - step) * 6.6,
        "memory_bytes": 1.9e9,
        "memory_now_bytes": 1.7e9,
    }


def finished(steps: int = 20, **more: object) -> Finished:
    """The end of a run."""
    checkpoints = [
        {"step": step, "path": f"checkpoints/checkpoint-{step}", "held_out": {}}
        for step in range(5, steps + 1, 5)
    ]
    held_out = {**_figures(48, 0.729), "tracks": TRACKS}
    result = {"device": "cpu", "steps": steps, "seconds": 131, "held_out": held_out}
    told = {"verdict": VERDICT, "checkpoints": checkpoints}
    return Finished({**result, **told, **more})
