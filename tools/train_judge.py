"""The embedded judge's part of the training: examples as vectors, and a regression of the side.

Every training sentence is compared with the examples as if it were none of them, and judged by what
was learned from other traits; the threshold is chosen on that.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from engine.bank import signs
from engine.frameworks import all_statements, dimensions
from engine.profile.cues import cues
from engine.profile.embedded_stance import LEFT_OUT, Examples, Floats, closeness, unit
from engine.profile.words import is_turned
from models.encoder import Encoder
from tools.logistic import fitted as logistic

FOLDS = 5
CHUNK = 256
JUDGE_DECAY = 1e-3
SIGN_WEIGHT = 0.3
"""A sign of the bank beside a plain sentence: signs are hard on purpose."""
RIGHT_SIDES = 0.85
"""Share of right sides, among left-out examples above the side threshold."""


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
    """The examples as vectors, and the regression over them."""
    known = training_sentences()
    traits = sorted({one.trait for one in known if one.trait})
    layers = encoder.embed_layers([one.text for one in known])
    vectors = layers[:, -1].astype(np.float16).astype(np.float32)
    logits = layers.reshape(len(layers), -1) @ value_heads["value_weights"]
    values = (logits + value_heads["value_bias"]).astype(np.float16).astype(np.float32)
    examples, example_of = _examples(known, traits, vectors, values)
    rows = _Rows.of(known, traits, vectors, values, examples, example_of)
    weights, logits = _side(rows)
    least, report = _threshold(rows, logits)
    tensors: dict[str, NDArray[np.generic]] = {
        "examples": examples.vectors.astype(np.float16),
        "example_rows": examples.rows.astype(np.int16),
        "example_values": examples.values.astype(np.float16),
        "turned": examples.turned.astype(np.uint8),
        "neutral": examples.neutral.astype(np.float16),
        "side_weights": weights,
        "least_side": np.array([least], dtype=np.float32),
    }
    about = {"traits": traits, "examples fingerprint": fingerprint(known), **report}
    return tensors, about


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
    return [one for one in found if one.trait is None or one.trait in wanted]


def fingerprint(known: Sequence[Sentence]) -> str:
    """Of the texts the judge was trained on, so that a test can tell when to train again."""
    lines = "\n".join(f"{one.trait}\t{one.pole}\t{one.text}" for one in known)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _examples(
    known: Sequence[Sentence], traits: Sequence[str], vectors: Floats, values: Floats
) -> tuple[Examples, NDArray[np.int64]]:
    """The examples, and for each sentence its own row among them, or -1."""
    place = {trait: number for number, trait in enumerate(traits)}
    example_of = np.full(len(known), -1)
    members: list[list[list[int]]] = [[[], []] for _ in traits]
    for number, one in enumerate(known):
        if one.is_example and one.trait:
            example_of[number] = example_of.max() + 1
            members[place[one.trait]][int(one.pole < 0)].append(int(example_of[number]))
    count = int(example_of.max()) + 1
    most = max(len(side) for sides in members for side in sides)
    rows = [[side + [count] * (most - len(side)) for side in sides] for sides in members]
    examples = Examples(
        vectors[example_of >= 0],
        np.array(rows),
        np.array([is_turned(one.text) for one in known])[example_of >= 0],
        unit(values[example_of >= 0]),
        vectors[[one.trait is None for one in known]],
    )
    return examples, example_of


@dataclass(frozen=True)
class _Rows:
    """Every sentence with a side, compared with all examples of its trait but itself."""

    side: Floats
    """(P, S)"""
    pole: Floats
    weight: Floats
    fold: NDArray[np.int64]
    """By trait, so that no trait is judged by what was learned from it."""

    @classmethod
    def of(
        cls,
        known: Sequence[Sentence],
        traits: Sequence[str],
        vectors: Floats,
        values: Floats,
        examples: Examples,
        example_of: NDArray[np.int64],
    ) -> "_Rows":
        place = {trait: number for number, trait in enumerate(traits)}
        similarity = vectors @ examples.vectors.T
        for example, hidden in _hidden(examples):
            similarity[np.flatnonzero(example_of == example), hidden] = LEFT_OUT
        sided = [number for number, one in enumerate(known) if one.trait is not None]
        side = []
        for start in range(0, len(sided), CHUNK):
            part = sided[start : start + CHUNK]
            texts = [known[number].text for number in part]
            seen = closeness(texts, similarity[part], values[part], examples)
            own = [place[known[number].trait or ""] for number in part]
            side.append(seen.side[np.arange(len(part)), own])
        return cls(
            np.concatenate(side),
            np.array([known[number].pole for number in sided], dtype=np.float32),
            np.array([known[number].weight for number in sided], dtype=np.float32),
            np.array([place[known[number].trait or ""] % FOLDS for number in sided]),
        )


def _hidden(examples: Examples) -> Iterator[tuple[int, int]]:
    """For each example, what is left out when it is judged itself: it, and one of the other side.

    A side that has lost one must not look farther away than the other for that alone.
    """
    count = len(examples.vectors)
    for sides in examples.rows:
        for mine, other in zip(sides, sides[::-1], strict=True):
            last = int(other[other < count][-1])
            for own, counterpart in zip(mine, other, strict=True):
                if own < count:
                    yield int(own), int(own)
                    yield int(own), min(int(counterpart), last)


def _side(rows: _Rows) -> tuple[Floats, Floats]:
    """The regression of the side: its weights, and the left-out logit of every sentence.

    Without a bias and fed both ways round, it favours neither side.
    """
    spread = rows.side.std(axis=0)

    def fitted(chosen: NDArray[np.bool_]) -> Floats:
        both = np.concatenate([rows.side[chosen], -rows.side[chosen]]) / spread
        truth = np.concatenate([rows.pole[chosen], -rows.pole[chosen]]) > 0
        weights, _ = logistic(
            both,
            truth[:, None].astype(np.float32),
            JUDGE_DECAY,
            np.concatenate([rows.weight[chosen]] * 2),
            with_bias=False,
        )
        return np.asarray(weights[:, 0] / spread, dtype=np.float32)

    logits = np.zeros(len(rows.fold), dtype=np.float32)
    for held in range(FOLDS):
        logits[rows.fold == held] = rows.side[rows.fold == held] @ fitted(rows.fold != held)
    return fitted(np.ones(len(rows.fold), dtype=bool)), logits


def _threshold(rows: _Rows, logits: Floats) -> tuple[float, dict[str, object]]:
    """The least logit above which `RIGHT_SIDES` of the plain sentences are right."""
    right = logits * rows.pole > 0
    plain = rows.weight == 1
    order = np.argsort(-np.abs(logits[plain]), kind="stable")
    shares = np.cumsum(right[plain][order]) / np.arange(1, len(order) + 1)
    last = int(np.flatnonzero(shares >= RIGHT_SIDES).max(initial=0))
    least = float(np.abs(logits[plain])[order[last]])
    judged = np.abs(logits) >= least

    def shares_of(kind: NDArray[np.bool_]) -> dict[str, float]:
        return {
            "right side, all": round(float(right[kind].mean()), 3),
            "judged": round(float(judged[kind].mean()), 3),
            "right side, judged": round(float(right[kind & judged].mean()), 3),
        }

    by_kind = {"plain sentences": shares_of(plain), "signs and statements": shares_of(~plain)}
    return least, {"side by cross-validation": by_kind}
