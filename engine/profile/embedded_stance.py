"""On which side of a statement or facet a sentence is: by the example sentences it is close to.

Closeness in meaning tells the topic but hardly the side, so the side is decided by what else
the examples of each side share with the sentence: denials and aversions above all. Two logistic
regressions decide whether the sentence is about the trait and which side it takes; both were
fitted to examples that had been left out of what they were compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.profile.words import book_words, first_person, is_habitual, is_turned, others

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
RELEVANCE = (
    "nearest",
    "mean of nearest",
    "mean",
    "lead over neutral",
    "habitual",
    "book words",
    "others",
    "writer leads",
    "writer",
    "words",
    "facet",
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
    facets: NDArray[np.bool_]
    """(T,) which traits are facets of the Big Five."""


@dataclass(frozen=True)
class Features:
    """What the two regressions see."""

    side: Floats
    """(U, T, len(SIDE)): for less against; swapping the sides changes the sign."""
    relevance: Floats
    """(U, T, len(RELEVANCE))."""


def features(
    texts: Sequence[str],
    similarity: Floats,
    neutral_similarity: Floats,
    values: Floats,
    examples: Examples,
) -> Features:
    """Compare texts with the examples of every trait.

    Args:
        texts: U sentences or clauses.
        similarity: float32 (U, N), cosines with the examples; `LEFT_OUT` hides one.
        neutral_similarity: float32 (U, K), cosines with the neutral sentences, likewise.
        values: float32 (U, 20), the texts' value logits.
        examples: N examples of T traits, and K neutral sentences.
    """
    turned = np.array([is_turned(text) for text in texts], dtype=bool)
    apart = turned[:, None] != examples.turned[None, :]  # (U, N)
    alike = np.where(similarity > LEFT_OUT, similarity - TURNED_APART * apart, LEFT_OUT)
    nearest, near, mean = _closeness(similarity, examples.rows)  # (U, T, 2) each
    nearest_alike, near_alike, _ = _closeness(alike, examples.rows)
    by_values = np.where(similarity > LEFT_OUT, unit(values) @ examples.values.T, LEFT_OUT)
    *_, mean_by_values = _closeness(by_values, examples.rows)
    both_sides = (near, nearest_alike, near_alike, mean, mean_by_values)
    side = [scores[..., 0] - scores[..., 1] for scores in both_sides]
    by_words = np.array([_words(text) for text in texts], dtype=np.float32).reshape(-1, 6)
    traits = examples.rows.shape[0]
    top = nearest.max(axis=2)  # (U, T)
    relevance = [
        top,
        near.max(axis=2),
        mean.max(axis=2),
        top - neutral_similarity.max(axis=1)[:, None],
        *(np.repeat(column[:, None], traits, axis=1) for column in by_words.T),
        np.repeat(examples.facets[None, :], len(texts), axis=0),
    ]
    return Features(
        np.stack(side, axis=-1).astype(np.float32), np.stack(relevance, axis=-1).astype(np.float32)
    )


def unit(rows: Floats) -> Floats:
    """Each row scaled to length 1."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(1e-6, lengths), dtype=np.float32)


def _closeness(similarity: Floats, rows: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """For each text, trait and side: the nearest, the mean of the nearest three, and the mean."""
    padded = np.concatenate([similarity, np.full((len(similarity), 1), LEFT_OUT)], axis=1)
    gathered = -np.sort(-padded[:, rows], axis=-1)  # (U, T, 2, M)
    there = gathered > LEFT_OUT
    kept = np.where(there, gathered, 0.0)
    count = np.maximum(1, there.sum(axis=-1))
    few = np.maximum(1, there[..., :NEAREST].sum(axis=-1))
    return kept[..., 0], kept[..., :NEAREST].sum(axis=-1) / few, kept.sum(axis=-1) / count


def _words(text: str) -> tuple[float, ...]:
    found = text.split()
    return (
        float(is_habitual(text)),
        min(3.0, book_words(text)),
        min(3.0, others(text)),
        float(bool(found) and found[0] in ("I", "I'm", "I've", "I\u2019m", "My", "We", "Our")),
        float(first_person(text)),
        min(40, len(found)) / 20,
    )
