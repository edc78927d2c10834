"""The pairs most like one, with the rare words that they share."""

from dataclasses import dataclass

from engine.workbench.index import PairIndex


@dataclass(frozen=True)
class Similar:
    """One pair that is like another."""

    pair_id: str
    likeness: float
    """Cosine of the tf-idf of their words, 0 to 1."""
    shared: tuple[str, ...]
    """The rarest words of both."""


def similar(index: PairIndex, pair_id: str, limit: int = 20) -> tuple[Similar, ...]:
    """The other pairs of the reader that are most like one, the likest first.

    Raises:
        BadInput: there is no such pair.
    """
    rows, scores = index.like(pair_id)
    own = index.row(pair_id)
    assert own is not None, "`like` has found it"
    return tuple(
        Similar(index.ids[row], float(score), index.words.shared(own, int(row)))
        for row, score in zip(rows[:limit], scores[:limit], strict=True)
    )
