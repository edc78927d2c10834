"""A bag-of-words probe: can the side of a pair be told from which words stand in it?

Logistic regression on what the chosen answer has and the rejected has not, without a bias: to turn
a pair round is to turn the verdict round. Folds leave out whole topics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from engine.domain import PreferencePair
from engine.pairs.doctor.corpus import CHOSEN, REJECTED, Corpus

FOLDS = 5
MOST_PAIRS = 4_000
"""Of more, every so many-th is looked at."""
MOST_WORDS = 800
LEAST_IN = 4
"""Pairs that a word must tell apart to be looked at."""
DECAY = 0.02
"""Weight of the squared weights in the mean loss."""
STEPS = 60
MOST_CLUES = 2

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Probed:
    """What the probe could tell of pairs that it was not fitted on."""

    margins: Floats
    """(P,): positive where it was right; 0 where it had nothing to go by."""
    words: tuple[tuple[str, int, int], ...]
    """The weightiest words, with the pairs in whose chosen and in whose rejected answer alone they
    stand; the weightiest first."""
    clues: tuple[tuple[str, ...], ...]
    """For each pair, the words that spoke loudest for its chosen answer; the loudest first."""

    @property
    def accuracy(self) -> float:
        """0 to 1; 0.5 is chance, and a pair that it had nothing to go by counts half."""
        return float(np.mean(self.margins > 0) + np.mean(self.margins == 0) / 2)


def probed(corpus: Corpus, places: Sequence[int], pairs: Sequence[PreferencePair]) -> Probed:
    """Probe the pairs that stand at these places of the corpus."""
    features, names = _features(corpus, places)
    folds = np.array([_fold(pair.topic) for pair in pairs])
    margins = np.zeros(len(pairs), np.float32)
    clues: list[tuple[str, ...]] = [()] * len(pairs)
    for fold in np.unique(folds):
        left_out = folds == fold
        weights = fitted(features[~left_out])
        margins[left_out] = features[left_out] @ weights
        for at in np.flatnonzero(left_out):
            spoke = features[at] * weights
            loudest = np.argsort(-spoke, kind="stable")[:MOST_CLUES]
            clues[at] = tuple(names[word] for word in loudest if spoke[word] > 0)
    weights = fitted(features)
    clear = np.abs(features.sum(axis=0)) * np.abs(weights)
    words = [
        (names[at], int((features[:, at] > 0).sum()), int((features[:, at] < 0).sum()))
        for at in np.argsort(-clear, kind="stable")
    ]
    return Probed(margins, tuple(words), tuple(clues))


def fitted(differences: Floats) -> Floats:
    """Logistic regression by Nesterov's accelerated gradient.

    Args:
        differences: (P, W), +1 for a word of the chosen answer alone, -1 of the rejected alone.

    Returns:
        (W,): positive weights speak for chosen.
    """
    number = max(1, len(differences))
    # The loss is no steeper than a quarter of the mean squared length of a row, at the most.
    steepest = 0.25 * _largest_eigenvalue(differences) / number + 2 * DECAY
    weights = ahead = np.zeros(differences.shape[1], np.float32)
    for step in range(STEPS):
        wrong = 1 / (1 + np.exp(np.clip(differences @ ahead, -30, 30)))
        slope = 2 * DECAY * ahead - differences.T @ wrong / number
        following = ahead - slope / steepest
        ahead = following + np.float32(step / (step + 3)) * (following - weights)
        weights = following
    return weights.astype(np.float32)


def _largest_eigenvalue(rows: Floats) -> float:
    """An upper estimate of that of `rows.T @ rows`, by power iteration."""
    vector = np.ones(rows.shape[1], np.float32)
    length = 1.0
    for _ in range(8):
        vector = rows.T @ (rows @ (vector / max(1e-9, float(np.linalg.norm(vector)))))
        length = float(np.linalg.norm(vector))
    return 1.2 * length


def _features(corpus: Corpus, places: Sequence[int]) -> tuple[Floats, list[str]]:
    """(P, W) of -1, 0, 1, and the words."""
    sides = [[np.unique(corpus.text(at, side)) for side in (CHOSEN, REJECTED)] for at in places]
    alone = [
        (np.setdiff1d(chosen, rejected, True), np.setdiff1d(rejected, chosen, True))
        for chosen, rejected in sides
    ]
    counts = np.bincount(
        np.concatenate([np.empty(0, np.int32), *(ids for both in alone for ids in both)]),
        minlength=len(corpus.vocabulary),
    )
    chosen_words = np.argsort(-counts, kind="stable")[:MOST_WORDS]
    chosen_words = chosen_words[counts[chosen_words] >= LEAST_IN]
    column = np.full(len(counts), -1, np.int64)
    column[chosen_words] = np.arange(len(chosen_words))
    features = np.zeros((len(places), len(chosen_words)), np.float32)
    for row, both in enumerate(alone):
        for ids, sign in zip(both, (1, -1), strict=True):
            columns = column[ids]
            features[row, columns[columns >= 0]] = sign
    names = list(corpus.vocabulary)
    return features, [names[at] for at in chosen_words]


def _fold(topic: str) -> int:
    return sha256(topic.encode()).digest()[0] % FOLDS
