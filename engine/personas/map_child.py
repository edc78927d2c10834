"""The child that groups sentences: `python -m engine.personas.map_child`, one line of JSON in.

    {"texts": ["…", "…"]}
        → {"labels": [0, 1], "nearness": [0.9, 0.8], "twins": [[0, 1, 0.97]]}

`labels`: the group of each text. `nearness`: its cosine with its group's middle. `twins`: places of
two texts that say the same, with their cosine. A child that cannot load the encoder says
{"failed", "hint"}. Heavy: torch and scikit-learn.
"""

import json
import os
import sys

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from engine.personas.map import MOST_TWINS
from models.encoder import Encoder, Vectors
from models.errors import UserError
from models.events import JsonObject
from models.library import embedded_encoder

MOST_GROUPS = 12
LARGEST_MEAN_GROUP = 50
"""Fewer groups than this makes are not tried: the best silhouette is often that of two halves,
which tell of no readers. From six groups on it is the silhouette alone that counts."""
FEWEST_IN_A_GROUP = 6
"""On average: more groups are not tried."""
TWIN_COSINE = 0.95
ROWS_AT_ONCE = 256
"""Of all cosines: of ten thousand pairs' personas, 20 megabytes in place of 1.6 gigabytes."""
SEED = 0

Labels = NDArray[np.int32]
"""int32 (N,)."""


def grouped(vectors: Vectors) -> Labels:
    """Groups by k-means on the unit sphere, as many as give the best mean silhouette.

    (P. J. Rousseeuw, 1987.) Of texts too few for two groups, one group.
    """
    best, best_score = np.zeros(len(vectors), dtype=np.int32), -1.0
    distinct = len(np.unique(vectors, axis=0))
    fewest = max(2, min(MOST_GROUPS // 2, len(vectors) // LARGEST_MEAN_GROUP))
    most = min(MOST_GROUPS, len(vectors) // FEWEST_IN_A_GROUP, distinct)
    for groups in range(fewest, most + 1):
        found = KMeans(groups, n_init=4, random_state=SEED).fit_predict(vectors)
        score = float(silhouette_score(vectors, found, metric="cosine"))
        if score > best_score:
            best, best_score = found.astype(np.int32), score
    return best


def nearness(vectors: Vectors, labels: Labels) -> NDArray[np.float32]:
    """The cosine of each vector with the middle of its group. float32 (N,)."""
    middles = np.stack([vectors[labels == group].mean(axis=0) for group in range(labels.max() + 1)])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    own: NDArray[np.float32] = (vectors * middles[labels]).sum(axis=1)
    return own


def twins(vectors: Vectors) -> list[tuple[int, int, float]]:
    """The pairs of texts with a cosine of 0.95 or more, the nearest first."""
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        cosines = vectors[start : start + ROWS_AT_ONCE] @ vectors.T  # (rows, N)
        one, other = np.nonzero(np.triu(cosines, start + 1) >= TWIN_COSINE)
        near = cosines[one, other]
        for at in np.argsort(-near, kind="stable")[:MOST_TWINS]:
            found.append((start + int(one[at]), int(other[at]), float(near[at])))
        found = sorted(found, key=lambda twin: -twin[2])[:MOST_TWINS]
    return [(one, other, round(cosine, 3)) for one, other, cosine in found]


def _answer(request: JsonObject) -> JsonObject:
    texts = request["texts"]
    assert isinstance(texts, list)
    vectors = Encoder.load(embedded_encoder()).embed(texts)
    labels = grouped(vectors)
    return {
        "labels": labels.tolist(),
        "nearness": nearness(vectors, labels).tolist(),
        "twins": twins(vectors),
    }


def main() -> int:
    """Answer one line; returns the exit code (1: no encoder)."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the libraries print belongs in the log
    answer: JsonObject
    try:
        answer = _answer(json.loads(sys.stdin.readline()))
    except UserError as error:
        answer = {"failed": error.message, "hint": error.hint}
    print(json.dumps(answer), file=answers, flush=True)
    return int("failed" in answer)


if __name__ == "__main__":
    sys.exit(main())
