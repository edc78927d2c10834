"""Which pairs are about the same: rare words that they share, weighed by tf-idf. No model."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_AROUND = re.compile(r"^\W+|\W+$")
LEAST_LETTERS = 3
"""Shorter words say nothing about what a text is about."""
NO_WORD = 0


class _Vocabulary(dict[bytes, int]):
    """Raw words of texts, in UTF-8, to the number of the word they are without punctuation."""

    def __init__(self) -> None:
        super().__init__()
        self.names = [""]
        self._numbers: dict[str, int] = {}

    def __missing__(self, raw: bytes) -> int:
        name = _AROUND.sub("", raw.decode())
        number = NO_WORD
        if len(name) >= LEAST_LETTERS:
            number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        self[raw] = number
        return number


class WordIndex:
    """The words of many texts, to rank the texts by what they share with one of them.

    Args:
        texts: folded, in UTF-8; row n is the nth.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        self._vocabulary = _Vocabulary()
        self._words = [self._words_of(text) for text in texts]
        self._join()

    def update(self, texts: Sequence[tuple[int, bytes]]) -> None:
        """Take over the changed texts of some rows."""
        for row, text in texts:
            self._words[row] = self._words_of(text)
        self._join()

    def scores(self, row: int) -> NDArray[np.float32]:
        """How like the text of this row each row's is: float32 (rows,), 0 to 1."""
        weights = np.zeros(len(self._vocabulary.names), np.float32)
        own = self._words[row]
        weights[own] = self._squares[own]
        shared = np.add.reduceat(weights[self._all], self._starts) if self._words else weights
        return np.asarray(shared / (self._norms * max(self._norms[row], 1e-9)), np.float32)

    def shared(self, row: int, other: int, most: int = 4) -> tuple[str, ...]:
        """The words that two texts share and not all have, the rarest first."""
        both = np.intersect1d(self._words[row], self._words[other])
        both = both[self._squares[both] > 0]
        both = both[np.argsort(-self._squares[both], kind="stable")]
        return tuple(self._vocabulary.names[word] for word in both[:most])

    def _words_of(self, text: bytes) -> NDArray[np.int32]:
        numbers = set(map(self._vocabulary.__getitem__, set(text.split())))
        # Every text has at least one entry, so that `reduceat` has a segment for each.
        numbers.add(NO_WORD)
        return np.fromiter(numbers, np.int32, len(numbers))

    def _join(self) -> None:
        lengths = np.array([len(words) for words in self._words])
        self._starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        self._all = np.concatenate(self._words) if self._words else np.zeros(0, np.int32)
        counts = np.bincount(self._all, minlength=len(self._vocabulary.names))
        rarity = np.log((1 + len(self._words)) / (1 + counts))
        rarity[NO_WORD] = 0
        self._squares = (rarity**2).astype(np.float32)
        squares = self._squares[self._all]
        sums = np.add.reduceat(squares, self._starts) if self._words else squares
        self._norms = np.sqrt(np.maximum(sums, 1e-9))
