"""Looking a query up, a stretch at a time: the first page is there before all is searched."""

import time

import numpy as np

from engine.workbench.index import PairIndex, Rows
from engine.workbench.pattern import matcher
from engine.workbench.query import PairQuery

STRETCH = 256
"""Rows that are looked at in one go, in some tenths of a millisecond."""


class Search:
    """One query over an index; may be carried on from any thread, one at a time.

    Args:
        within: what a broader query (`is_narrower`) found; None searches all.

    Raises:
        BadInput: an expression that is none, or a pair that is not there.
    """

    def __init__(self, index: PairIndex, query: PairQuery, within: Rows | None = None) -> None:
        self.query = query
        self.stopped = False
        """Set it from another thread, and the search ends where it is."""
        self._index = index
        self._left = index.candidates(query, within)
        self._words = [word.casefold().encode() for word in query.words]
        self._is_found = matcher(query.pattern) if query.pattern else None

    @property
    def is_over(self) -> bool:
        return not len(self._left) or self.stopped

    def take(self, least: int | None = None) -> Rows:
        """The next rows, at least so many as long as there are any; all that are left for None.

        Raises:
            BadInput: the expression takes too long.
        """
        if not self._words and self._is_found is None:
            taken, self._left = self._left[:least], self._left[least:] if least else self._left[:0]
            return taken
        found: list[int] = []
        while not self.is_over and (least is None or len(found) < least):
            found += self._matching(self._left[:STRETCH].tolist())
            self._left = self._left[STRETCH:]
            # Lets go of the interpreter's lock: the window takes keys and paints meanwhile.
            time.sleep(0)
        return np.array(found, np.int64)

    def _matching(self, rows: list[int]) -> list[int]:
        texts = self._index.texts
        for word in self._words:
            rows = [row for row in rows if word in texts[row]]
        if self._is_found is not None:
            rows = [row for row in rows if self._is_found(texts[row].decode())]
        return rows


def found(index: PairIndex, query: PairQuery) -> Rows:
    """All rows that a query finds, in its order.

    Raises:
        BadInput: an expression that is none or takes too long, or a pair that is not there.
    """
    return Search(index, query).take()
