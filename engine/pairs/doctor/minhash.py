"""MinHash: which pairs are likely to say the same, without comparing every two of them.

A pair's answers become the set of their shingles (three words in a row), a set becomes a short
sketch whose places agree as often as two sets overlap (A. Broder, On the resemblance and
containment of documents, 1997), and sketches meet in bands. Time grows with the number of pairs.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.pairs.doctor.corpus import PROMPT, Corpus

BLOCK = 5_000
"""Pairs whose shingles are mixed at once: of all 100,000 it would take 0.7 GB for a moment."""
BANDS, ROWS = 12, 4
"""Pairs of an index of 0.7 meet in at least one band with a probability of 96 %, of 0.8: 99.8 %."""

Hashes = NDArray[np.uint64]


def near(corpus: Corpus, least: float) -> Iterator[tuple[int, int]]:
    """Places of pairs whose Jaccard index of shingles is `least` or more.

    Every group of such pairs hangs together by what is given; not every two of it are given.
    """
    shingles, starts, sketches = _sketched(corpus)
    firsts, others = _candidates(sketches)
    for at in _agreeing(sketches, firsts, others, least - 0.2):
        a, b = int(firsts[at]), int(others[at])
        of_a, of_b = (shingles[starts[it] : starts[it + 1]] for it in (a, b))
        if np.array_equal(of_a, of_b) or _index(of_a, of_b) >= least:
            yield a, b


def _sketched(corpus: Corpus) -> tuple[Hashes, NDArray[np.int64], Hashes]:
    """The shingles of all answers (S,), where those of each pair begin (P + 1,), the sketches."""
    pairs = len(corpus.starts) // 3
    blocks = [_shingles(corpus, at, min(at + BLOCK, pairs)) for at in range(0, pairs, BLOCK)]
    sketches = np.concatenate([_sketches(*block) for block in blocks])
    starts = np.zeros(pairs + 1, np.int64)
    np.cumsum(np.concatenate([np.diff(of_pair) for _, of_pair in blocks]), out=starts[1:])
    return np.concatenate([shingles for shingles, _ in blocks]), starts, sketches


def _index(one: Hashes, other: Hashes) -> float:
    """The Jaccard index of two sets, 0 to 1."""
    shared = len(np.intersect1d(one, other))
    return shared / (len(np.unique(one)) + len(np.unique(other)) - shared)


def _agreeing(
    sketches: Hashes, firsts: NDArray[np.int64], others: NDArray[np.int64], least: float
) -> NDArray[np.int64]:
    """The candidates whose sketches agree in at least this share of places."""
    found = [np.empty(0, np.int64)]
    for at in range(0, len(firsts), 100_000):
        part = slice(at, at + 100_000)
        agree = (sketches[firsts[part]] == sketches[others[part]]).mean(axis=1)
        found.append(at + np.flatnonzero(agree >= least))
    return np.concatenate(found)


def _shingles(corpus: Corpus, first: int, last: int) -> tuple[Hashes, NDArray[np.int64]]:
    """The shingles of the answers of pairs `first` to `last`, that one left out, and where those of
    each pair begin.

    Of a text of one or two words, each word is one.
    """
    begins = corpus.starts[3 * first : 3 * last + 1]
    lengths = np.diff(begins)
    ends = np.repeat(begins[1:] - begins[0], lengths)
    words = corpus.words[begins[0] : begins[-1]].astype(np.uint64) + np.uint64(1)
    at = np.arange(len(words))
    mixed = words * _ODD[0]
    for step in (1, 2):
        following = np.zeros_like(words)
        following[:-step] = words[step:]
        following[at + step >= ends] = 0
        mixed = (mixed ^ (mixed >> np.uint64(29))) + following * _ODD[step]
    is_answer = np.repeat(np.arange(len(lengths)) % 3 != PROMPT, lengths)
    kept = is_answer & ((at + 2 < ends) | np.repeat(lengths < 3, lengths))
    # Every text has a word, so that no text's part of the row is empty.
    of_text = np.add.reduceat(kept, begins[:-1] - begins[0], dtype=np.int64)
    starts = np.zeros(len(of_text) // 3 + 1, np.int64)
    np.cumsum(of_text.reshape(-1, 3).sum(axis=1), out=starts[1:])
    return mixed[kept], starts


def _sketches(shingles: Hashes, starts: NDArray[np.int64]) -> Hashes:
    """The smallest of each pair's shingles under each of the hash functions: (pairs, functions)."""
    sketches = np.empty((len(starts) - 1, BANDS * ROWS), np.uint64)
    for function, seed in enumerate(_SEEDS):
        mixed = (shingles ^ seed) * _ODD[0]
        mixed ^= mixed >> np.uint64(32)
        mixed *= _ODD[1]
        sketches[:, function] = np.minimum.reduceat(mixed, starts[:-1])
    return sketches


def _candidates(sketches: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who shares a band: everybody with the first of the bucket and with the one before."""
    found: list[NDArray[np.int64]] = []
    for band in range(BANDS):
        keys = np.zeros(len(sketches), np.uint64)
        for row in range(ROWS):
            keys = (keys ^ sketches[:, band * ROWS + row]) * _ODD[2]
        order = np.argsort(keys, kind="stable")
        is_first = np.diff(keys[order], prepend=~keys[order[:1]]) != 0
        first = order[np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))]
        met = ~is_first
        found.append(np.stack([first[met], order[met]]))
        found.append(np.stack([order[:-1][met[1:]], order[1:][met[1:]]]))
    firsts, others = np.unique(np.concatenate(found, axis=1), axis=1)
    return firsts, others


_random = np.random.Generator(np.random.PCG64(20241029))
_ODD = _random.integers(2**63, 2**64, size=3, dtype=np.uint64) | np.uint64(1)
_SEEDS = _random.integers(0, 2**64, size=BANDS * ROWS, dtype=np.uint64, endpoint=False)
