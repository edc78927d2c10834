"""Which pairs are held out: whole topics and whole authors, so that none of it was ever seen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256

from engine.bank import BankBook, books, questions
from engine.domain import PreferencePair
from engine.frameworks import all_statements, genres

HELD_OUT_SHARE = 0.15


def split_by_topic(pairs: Sequence[PreferencePair]) -> list[PreferencePair]:
    """Hold out the pairs of `held_topics`, whoever the reader is and whatever is known of them.

    A statement's three scenes go together, as do a question's answers and a genre's categories.
    Pairs about books come held out already: by author. An added scene goes with its statement; an
    added question is trained on.
    """
    held = held_topics()
    return [replace(pair, held_out=pair.held_out or pair.topic in held) for pair in pairs]


@cache
def held_topics() -> frozenset[str]:
    """15 % of all statements, of all questions we ship and of all genres, chosen by their names.

    The same for every reader, so that readers can be trained on together.
    """
    return frozenset(
        _chosen(all_statements())
        | _chosen(question.id for question in questions())
        | _chosen(f"genre.{genre}" for genre in genres())
    )


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
