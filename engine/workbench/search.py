"""Looking a query up, a stretch at a time: the first page is there before all is searched."""

import time
from pathlib import Path

import numpy as np

from engine.domain import PreferencePair
from engine.workbench.folding import folded_bytes
from engine.workbench.index import PairIndex, Rows
from engine.workbench.pages import page
from engine.workbench.pattern import Matcher, matcher
from engine.workbench.query import PairQuery

STRETCH = 256
"""Rows that are looked at in one go, in some tenths of a millisecond."""


class Search:
    """One query over an index; may be carried on from any thread, one at a time.

    Args:
        within: what a broader query (`is_narrower`) found; None searches all.
    """

    def __init__(self, index: PairIndex, query: PairQuery, within: Rows | None = None) -> None:
        self.query = query
        self.stopped = False
        """Set it from another thread, and the search ends where it is."""
        self.index = index
        self._within = within
        self._left: Rows | None = None
        self._words = [folded_bytes(word) for word in query.words]
        self._matchers: list[Matcher] = []

    @property
    def is_over(self) -> bool:
        return self.stopped or (self._left is not None and not len(self._left))

    def take(self, least: int | None = None, within_s: float | None = None) -> Rows:
        """The next rows, at least so many as long as there are any; all that are left for None.

        Args:
            within_s: after this time fewer will do, or none.

        Raises:
            BadInput: an expression is none or takes too long, or the query names a trait or a
                pair that is not there.
        """
        began = time.monotonic()
        if self._left is None:
            self._matchers = [matcher(pattern) for pattern in self.query.patterns]
            self._left = self.index.candidates(self.query, self._within)
        if not self._words and not self._matchers:
            taken, self._left = self._left[:least], self._left[least:] if least else self._left[:0]
            return taken
        found: list[int] = []
        while not self.is_over and (least is None or len(found) < least):
            if within_s is not None and time.monotonic() - began > within_s:
                break
            found += self._matching(self._left[:STRETCH].tolist())
            self._left = self._left[STRETCH:]
            # Lets go of the interpreter's lock: the window takes keys and paints meanwhile.
            time.sleep(0)
        return np.array(found, np.int64)

    def _matching(self, rows: list[int]) -> list[int]:
        texts = self.index.texts
        for word in self._words:
            rows = [row for row in rows if word in texts[row]]
        for is_found in self._matchers:
            rows = [row for row in rows if is_found(texts[row].decode())]
        return rows


def next_page(
    data_dir: Path, search: Search, least: int, within_s: float
) -> tuple[Rows, list[PreferencePair]]:
    """Carry a search on: the next rows that it finds, and the first `least` of these pairs, read.

    Raises:
        BadInput: as `Search.take`.
    """
    rows = search.take(least, within_s)
    return rows, page(data_dir, search.index.ids_of(rows[:least].tolist()))


def found(index: PairIndex, query: PairQuery) -> Rows:
    """All rows that a query finds, in its order.

    Raises:
        BadInput: as `Search.take`.
    """
    return Search(index, query).take()
