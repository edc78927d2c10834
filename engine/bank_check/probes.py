"""What a simple classifier makes of the scenes: whether the sides can be learned, and are not given
away.

Each pair is the difference of its scenes' sentence embeddings. *Learnable*: a logistic regression
over how that difference lies to the statement and to its opposite, at each of the encoder's three
last layers, statements left out by turns. *Giveaway*: a logistic regression over the bare
differences, which knows no statement, trained on the other dimensions; and one over counts of
negations, words and pleasures. What they can tell, a model would learn in place of the stance.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.bank import Scenario
from engine.bank_check.measure import Measure
from engine.bank_check.texts import negations, pleasure, words
from engine.frameworks import all_statements

Floats = NDArray[np.float64]
Layers = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to float32 (N, 3, D), each vector of length 1."""

LEAST_LEARNABLE = {"plain": 0.90, "everyday": 0.75}
MOST_GIVEN_AWAY = 0.60
STEPS = 200
_FAINT = 1e-9


def probes(scenes: Sequence[Scenario], embed: Layers) -> list[Measure]:
    """All measures of this module."""
    aligned, opposed = (
        embed([getattr(scene, side) for scene in scenes]).astype(np.float64)
        for side in ("aligned", "opposed")
    )
    told = [all_statements()[scene.statement] for scene in scenes]
    text, opposite = (
        embed([getattr(statement, side) for statement in told]).astype(np.float64)
        for side in ("text", "opposite")
    )
    statements = np.array([statement.id for statement in told])
    dimensions = np.array([statement.dimension for statement in told])
    difference = aligned - opposed
    margins = left_out_margins(leanings(difference, text, opposite), statements)
    bare = left_out_margins(_unit(difference[:, -1]), dimensions)
    counts = left_out_margins(_counted(scenes), dimensions)
    return [
        *(_learnable(scenes, margins, grade) for grade in ("plain", "everyday", "subtle")),
        _given_away("meaning", bare, "the difference of meaning, with no statement in sight"),
        _given_away("counts", counts, "counts of negations, words and pleasures"),
    ]


def leanings(difference: Floats, text: Floats, opposite: Floats) -> Floats:
    """How differences lie to their statements.

    Args:
        difference, text, opposite: (N, 3, D).

    Returns:
        (N, 9), each column scaled to a spread of about 1.
    """
    found = [
        (difference * text).sum(axis=2),
        (difference * opposite).sum(axis=2),
        (_unit(difference) * _unit(text - opposite)).sum(axis=2),
    ]
    columns = np.concatenate(found, axis=1)
    return np.asarray(columns / (columns.std(axis=0) + _FAINT))


def left_out_margins(inputs: Floats, groups: NDArray[np.str_]) -> Floats:
    """How surely each row is told the right way round by a probe that saw none of its group.

    Args:
        inputs: (N, F), each row the first text less the second.
        groups: (N,).

    Returns:
        (N,), positive where it is told rightly.
    """
    margins = np.zeros(len(inputs))
    for group in np.unique(groups):
        own = groups == group
        margins[own] = inputs[own] @ fitted(inputs[~own])
    return margins


def fitted(rows: Floats, ridge: float = 0.1) -> Floats:
    """Weights (F,) of a logistic regression without bias that tells `rows` from their negatives.

    Newton's method; `ridge` is the weight of the squared norm.
    """
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        wrong = 1 / (1 + np.exp(np.clip(rows @ weights, -30, 30)))
        slope = ridge * weights - rows.T @ wrong
        curve = (rows * (wrong * (1 - wrong))[:, None]).T @ rows + ridge * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _learnable(scenes: Sequence[Scenario], margins: Floats, grade: str) -> Measure:
    rows = [row for row, scene in enumerate(scenes) if scene.grade == grade]
    share = float((margins[rows] > 0).mean())
    missed = sorted((row for row in rows if margins[row] <= 0), key=lambda row: margins[row])
    return Measure(
        f"learnable.{grade}",
        round(share, 3),
        f"sides of unseen statements told apart on {grade} scenes: {share:.0%}",
        least=LEAST_LEARNABLE.get(grade),
        worst=tuple(scenes[row].id for row in missed),
    )


def _given_away(name: str, margins: Floats, by: str) -> Measure:
    share = float((margins > 0).mean())
    told = f"sides told apart by {by}: {share:.0%}"
    return Measure(f"giveaway.{name}", round(share, 3), told, most=MOST_GIVEN_AWAY)


def _counted(scenes: Sequence[Scenario]) -> Floats:
    return np.array(
        [
            [
                count(scene.aligned) - count(scene.opposed)
                for count in (words, len, negations, pleasure)
            ]
            for scene in scenes
        ],
        dtype=np.float64,
    )


def _unit(vectors: Floats) -> Floats:
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norm, _FAINT))
