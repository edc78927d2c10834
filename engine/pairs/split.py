"""Which pairs are held out: whole topics and whole authors, so that none of it was ever seen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256

from engine.bank import BankBook, books
from engine.domain import PreferencePair

HELD_OUT_SHARE = 0.15


def split_by_topic(pairs: Sequence[PreferencePair]) -> list[PreferencePair]:
    """Hold out about 15 % of the topics of each track, chosen by their names: always the same.

    A statement's three scenes go together, as do a question's answers and a genre's categories.
    Pairs about books come held out already: by author. An added scene goes with its statement; an
    added question is trained on, so that what is held out stays the same with it and without.
    """
    held_out: set[str] = set()
    shipped = [p for p in pairs if p.made == "bank" and not p.topic.startswith("book.")]
    for track in ("interests", "values", "personality"):
        held_out |= _chosen({p.topic for p in shipped if p.track == track})
    return [replace(pair, held_out=pair.held_out or pair.topic in held_out) for pair in pairs]


@cache
def shelves() -> tuple[tuple[BankBook, ...], tuple[BankBook, ...]]:
    """The bank's training books, and those of them whose authors are held out.

    A pair takes both its books from one shelf: of a held-out author no word is trained on.
    """
    shelf = [book for book in books() if book.use == "train"]
    authors = _chosen({book.author for book in shelf})
    return (
        tuple(book for book in shelf if book.author not in authors),
        tuple(book for book in shelf if book.author in authors),
    )


def _chosen(names: Iterable[str]) -> set[str]:
    order = sorted(names, key=lambda name: sha256(name.encode()).hexdigest())
    return set(order[: round(len(order) * HELD_OUT_SHARE)])
