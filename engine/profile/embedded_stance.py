"""On which side of a statement or facet a sentence is: by the example sentences it is close to.

Closeness in meaning tells the topic but hardly the side, so the side is decided by what else
the examples of each side share with the sentence: denials and aversions above all. A logistic
regression weighs that; it was fitted to examples left out of what they were compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.profile.words import is_turned

Floats = NDArray[np.float32]

TURNED_APART = 0.15
"""What a cosine is lowered by where only one of the two texts is turned by a denial."""
NEAREST = 3
LEFT_OUT = -1.0
"""A similarity that stands for "do not look at this example"."""
SIDE = (
    "mean of nearest",
    "nearest, turned alike",
    "mean of nearest, turned alike",
    "mean",
    "mean by values",
)


@dataclass(frozen=True)
class Examples:
    """The example sentences of every trait, as `Heads` has them."""

    vectors: Floats
    rows: NDArray[np.int64]
    turned: NDArray[np.bool_]
    values: Floats
    """(N, 20) value logits, each row of length 1."""
    neutral: Floats
    """(K, 384) sentences that say nothing of their writer."""


@dataclass(frozen=True)
class Closeness:
    """How close texts are to the examples of each trait."""

    side: Floats
    """(U, T, len(SIDE)): for less against; swapping the sides changes the sign."""
    near: Floats
    """(U, T): mean cosine with the nearest three examples of the nearer side."""
    nearest: Floats
    """(U, T): cosine with the nearest example of either side."""


def closeness(
    texts: Sequence[str], similarity: Floats, values: Floats, examples: Examples
) -> Closeness:
    """Compare texts with the examples of every trait.

    Args:
        texts: U sentences or clauses.
        similarity: float32 (U, N), cosines with the examples; `LEFT_OUT` hides one.
        values: float32 (U, 20), the texts' value logits.
        examples: N examples of T traits.
    """
    turned = np.array([is_turned(text) for text in texts], dtype=bool)
    apart = turned[:, None] != examples.turned[None, :]  # (U, N)
    alike = np.where(similarity > LEFT_OUT, similarity - TURNED_APART * apart, LEFT_OUT)
    by_values = np.where(similarity > LEFT_OUT, unit(values) @ examples.values.T, LEFT_OUT)
    nearest, near, mean = _by_side(similarity, examples.rows)  # (U, T, 2) each
    nearest_alike, near_alike, _ = _by_side(alike, examples.rows)
    *_, mean_by_values = _by_side(by_values, examples.rows)
    both_sides = (near, nearest_alike, near_alike, mean, mean_by_values)
    side = np.stack([scores[..., 0] - scores[..., 1] for scores in both_sides], axis=-1)
    return Closeness(side.astype(np.float32), near.max(axis=2), nearest.max(axis=2))


def unit(rows: Floats) -> Floats:
    """Each row scaled to length 1."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(1e-6, lengths), dtype=np.float32)


def _by_side(similarity: Floats, rows: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """For each text, trait and side: the nearest, the mean of the nearest three, and the mean."""
    padded = np.concatenate([similarity, np.full((len(similarity), 1), LEFT_OUT)], axis=1)
    gathered = -np.sort(-padded[:, rows], axis=-1)  # (U, T, 2, M)
    there = gathered > LEFT_OUT
    kept = np.where(there, gathered, 0.0)
    count = np.maximum(1, there.sum(axis=-1))
    few = np.maximum(1, there[..., :NEAREST].sum(axis=-1))
    return kept[..., 0], kept[..., :NEAREST].sum(axis=-1) / few, kept.sum(axis=-1) / count
