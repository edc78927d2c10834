"""Who sits on which side, and in which order the ballots come: drawn by a seed, and even."""

import secrets
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which are misread."""
CODE_LENGTH = 6


@dataclass(frozen=True)
class Drawn:
    """Two contestants on a book, one on each side."""

    book_id: str
    left: str
    right: str


def drawn(books: Sequence[str], contestants: Sequence[str], seed: int) -> list[Drawn]:
    """Every two contestants meet on every book; each is on the left as often as on the right.

    Of an odd number of books one side has one more, and the seed says which.
    """
    lots = Random(seed)
    seats: list[Drawn] = []
    for one, other in combinations(contestants, 2):
        sides = [at % 2 == 0 for at in range(len(books))]
        if lots.random() < 0.5:
            sides = [not is_left for is_left in sides]
        lots.shuffle(sides)
        seats += (
            Drawn(book, one, other) if is_left else Drawn(book, other, one)
            for book, is_left in zip(books, sides, strict=True)
        )
    lots.shuffle(seats)
    return seats


def a_seed() -> int:
    """A seed that nobody can guess from a clock."""
    return secrets.randbits(48)


def codes(count: int, taken: Container[str]) -> Iterator[str]:
    """So many codes that are not taken; they follow from nothing."""
    given: set[str] = set()
    while len(given) < count:
        code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
        if code not in given and code not in taken:
            given.add(code)
            yield code
