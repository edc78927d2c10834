"""The words of all pairs as numbers in one row: 100,000 pairs are looked through at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from engine.domain import PreferencePair

_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['\u2019](?!s\b)[^\W_]+)*"
)
"""Runs of letters or digits; signs of scripts that write no spaces stand alone, as
does a genitive's s, so that a name is the same word with it and without."""
PROMPT, CHOSEN, REJECTED = range(3)

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Corpus:
    """Prompt, chosen and rejected of every pair, one text behind the other."""

    vocabulary: dict[str, int]
    """A word in lower case to its number, in the order of first use."""
    words: Ids
    """(N,): the numbers of all words."""
    starts: NDArray[np.int64]
    """(3 P + 1,): where each text begins in `words`; text `3 i + side` is of pair `i`."""

    def text(self, pair: int, side: int) -> Ids:
        """The words of one text of the pair at this place."""
        at = 3 * pair + side
        return self.words[self.starts[at] : self.starts[at + 1]]

    def where(self, phrase: Sequence[str]) -> NDArray[np.int64]:
        """The texts (their numbers, each once) in which these words stand behind one another."""
        ids = [self.vocabulary.get(word) for word in phrase]
        if None in ids or len(self.words) < len(ids):
            return np.empty(0, np.int64)
        found = np.flatnonzero(self.words[: len(self.words) - len(ids) + 1] == ids[0])
        for offset, word in enumerate(ids[1:], 1):
            found = found[self.words[found + offset] == word]
        texts = np.searchsorted(self.starts, found, side="right") - 1
        # A phrase may not run on from one text into the next.
        return np.unique(texts[found + len(ids) <= self.starts[texts + 1]])


def words_of(text: str) -> list[str]:
    """The words in lower case; a text without any is one word by itself."""
    folded = text.casefold()
    return _WORD.findall(folded) or [folded.strip()]


def corpus_of(pairs: Sequence[PreferencePair]) -> Corpus:
    """All texts of the pairs."""
    vocabulary: dict[str, int] = {}
    known: dict[str, Ids] = {}
    texts = list(chain.from_iterable((pair.prompt, pair.chosen, pair.rejected) for pair in pairs))
    for text in texts:
        if text not in known:
            ids = [vocabulary.setdefault(word, len(vocabulary)) for word in words_of(text)]
            known[text] = np.array(ids, np.int32)
    rows = [known[text] for text in texts]
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    return Corpus(vocabulary, np.concatenate([*rows, np.empty(0, np.int32)]), starts)
