"""Which of many texts may have some letters next to each other, told without reading them.

A bit for every text and every number that one, two or three bytes next to each other come to. A
text has a word only if it has the bits of all that stands in the word: of a hundred thousand texts
few are left to be read, and none for letters that never meet. Two bytes may share a number with two
others, so what is left still has to be looked at.
"""

import threading
import time
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

GROUP = 1024
"""Texts that are taken in at once, in some 30 ms; bits come in eights."""
_ONES, _TWOS, _THREES = 1 << 8, 1 << 10, 1 << 11
"""Numbers for so many bytes: a byte is its own; of two five bits each count, which tell letters
apart; three are mixed, and the upper bits of what that gives count."""
_MIXED_BY = np.array([0x9E35, 0x3C6F, 0x7F4B], np.uint16)


class LetterIndex:
    """The letters of texts; may be used from several threads.

    Args:
        texts: in UTF-8; row n is the nth. Whoever changes one calls `update`.
    """

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self._bits = np.zeros((_ONES + _TWOS + _THREES, -(-len(texts) // 8)), np.uint8)
        self._taken_in = 0
        self._changing = threading.Lock()

    @property
    def is_whole(self) -> bool:
        """Whether all texts are taken in; `may_have` is to be asked only then."""
        return self._taken_in >= len(self._texts)

    def grow(self, within_s: float) -> None:
        """Take in a group of texts, and more for about so long; until the index is whole."""
        until = time.monotonic() + within_s
        while not self.is_whole:
            with self._changing:
                self._take_in()
            if time.monotonic() > until:
                break

    def update(self, rows: Sequence[int]) -> None:
        """Take over the changed texts of some rows. What stood there before may still be answered.

        More than a group of them are left to `grow`, from the first text on.
        """
        with self._changing:
            if len(rows) > GROUP:
                self._taken_in = 0
                return
            for row in rows:
                numbers = np.concatenate(_numbers(_letters([self._texts[row]])))
                self._bits[numbers, row >> 3] |= np.uint8(128 >> (row & 7))

    def may_have(self, words: Iterable[bytes]) -> NDArray[np.bool_]:
        """Which texts may have all of these words: bool (texts,); all that have them are among."""
        bits = np.full(self._bits.shape[1], 255, np.uint8)
        for word in words:
            numbers = np.concatenate(_numbers(np.frombuffer(word, np.uint8)))
            bits &= np.bitwise_and.reduce(self._bits[numbers], axis=0)
        return np.unpackbits(bits, count=len(self._texts)).astype(np.bool_)

    def _take_in(self) -> None:
        first = self._taken_in
        texts = self._texts[first : first + GROUP]
        letters = _letters(texts)
        ends = np.cumsum([len(text) + 1 for text in texts])
        row = np.repeat(np.arange(len(texts)), np.diff(ends, prepend=0))
        has = np.zeros((self._bits.shape[0], len(texts)), np.bool_)
        for numbers in _numbers(letters):
            has[numbers, row[: len(numbers)]] = True
        packed = np.packbits(has, axis=1)
        self._bits[:, first // 8 : first // 8 + packed.shape[1]] = packed
        self._taken_in = first + len(texts)


def _letters(texts: Sequence[bytes]) -> NDArray[np.uint8]:
    """The bytes of texts, one after the other with a line's end behind each."""
    return np.frombuffer(b"\n".join([*texts, b""]), np.uint8)


def _numbers(letters: NDArray[np.uint8]) -> tuple[NDArray[np.uint16], ...]:
    """The numbers of each byte, of each two and of each three next to each other."""
    wide = letters.astype(np.uint16)
    five_bits = wide & np.uint16(31)
    twos = five_bits[:-1] * np.uint16(32) + five_bits[1:] + np.uint16(_ONES)
    one, two, three = _MIXED_BY
    mixed = wide[:-2] * one + wide[1:-1] * two + wide[2:] * three
    return wide, twos, mixed // np.uint16((1 << 16) // _THREES) + np.uint16(_ONES + _TWOS)
