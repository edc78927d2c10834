"""Near-duplicates: texts of different entries that mean the same to the sentence encoder."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.bank_check.bars import MOST_NEARNESS
from engine.bank_check.measure import Measure
from engine.bank_check.probes import Layers


def nearest_twins(texts: Mapping[str, str], embed: Layers) -> Measure:
    """How near the two nearest texts of different entries are.

    Args:
        texts: by `entry/place`; texts of one entry may be near, they are told to be.
    """
    keys = list(texts)
    vectors = embed(list(texts.values()))[:, -1]
    near = vectors @ vectors.T
    entries = np.array([key.rpartition("/")[0] for key in keys])
    near[entries[:, None] == entries[None, :]] = -1.0
    worst = float(near.max())
    told = f"the two nearest texts of different entries have a cosine of {worst:.2f}"
    return Measure(
        "texts.nearness", round(worst, 3), told, most=MOST_NEARNESS, worst=_named(near, keys)
    )


def _named(near: NDArray[np.float32], keys: list[str]) -> tuple[str, ...]:
    rows, columns = np.nonzero(np.triu(near > MOST_NEARNESS, 1))
    return tuple(f"{keys[row]} = {keys[column]}" for row, column in zip(rows, columns, strict=True))
