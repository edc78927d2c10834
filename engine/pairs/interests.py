"""The interests track: a book of a genre the reader seeks, against one of a genre ranked lower.

Genres that the history says nothing about take no part. Only the bank's training books are used;
the preview books are never trained on, and books of held-out authors only meet each other.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from engine.bank import BankBook
from engine.domain import PreferencePair, Profile, Trait
from engine.frameworks import Genre, genres
from engine.pairs.draft import pair, phrased
from engine.pairs.labels import Label, is_sure, label, side
from engine.pairs.split import shelves

CATEGORY_PROMPTS = (
    "Which shelf should this reader walk to first? Say what is on it.",
    "What kind of book would this reader pick up next?",
    "Name a kind of book for this reader and say in a line what it offers.",
)
SUMMARY_PROMPTS = (
    "Describe one book that this reader would take home.",
    "Put a book into this reader's hands: what is it about?",
    "Tell this reader about a book worth their evening.",
)
LEAST_LEAD = 0.3
"""Scores run from -1 to 1; a smaller difference is not taken for a preference."""
MOST_SUMMARIES = (200, 40)
"""Summary pairs per reader at the most, of books to train on and of held-out ones; GRAVITY makes
about 250 of both kinds."""


def interest_pairs(profile: Profile) -> Iterator[PreferencePair]:
    """Category pairs for genres that the reader clearly ranks, then pairs of their books."""
    ranked = ranked_genres(profile)
    for liked, other in ranked:
        origin = f"genre.{liked.id}.{other.id}"
        yield pair(
            profile,
            _label(profile, liked.id),
            track="interests",
            topic=f"genre.{liked.id}",
            origin=origin,
            prompt=phrased(CATEGORY_PROMPTS, origin),
            chosen=genre_told(liked, origin),
            rejected=genre_told(other, origin),
        )
    sought = {(liked.id, other.id) for liked, other in ranked}
    training, held_out = shelves()
    yield from _summary_pairs(profile, sought, training, MOST_SUMMARIES[0])
    yield from _summary_pairs(profile, sought, held_out, MOST_SUMMARIES[1])


def ranked_genres(profile: Profile) -> list[tuple[Genre, Genre]]:
    """Pairs of known genres, the first sought and clearly above the second."""
    traits = [trait for trait in profile.of("interests") if trait.is_known]
    return [
        (genres()[_genre_id(liked)], genres()[_genre_id(other)])
        for liked, other in product(traits, traits)
        if side(liked) > 0
        and is_sure(other)
        and liked.effective_score - other.effective_score >= LEAST_LEAD
    ]


def _genre_id(trait: Trait) -> str:
    return trait.id.split(".", 1)[1]


def _summary_pairs(
    profile: Profile, sought: set[tuple[str, str]], shelf: Sequence[BankBook], most: int
) -> Iterator[PreferencePair]:
    matched = [
        (liked, other)
        for liked, other in product(shelf, shelf)
        if (liked.genre, other.genre) in sought
    ]
    held_out = shelf == shelves()[1]
    for liked, other in matched[:: max(1, -(-len(matched) // most))]:
        origin = f"book.{liked.id}.{other.id}"
        yield pair(
            profile,
            _label(profile, liked.genre),
            track="interests",
            topic=f"book.{liked.id}",
            origin=origin,
            prompt=phrased(SUMMARY_PROMPTS, origin),
            chosen=book_told(liked),
            rejected=book_told(other),
            held_out=held_out,
        )


def _label(profile: Profile, genre: str) -> Label:
    trait_id = f"interests.{genre}"
    return label(profile.trait(trait_id), trait_id)


def genre_told(genre: Genre, origin: str) -> str:
    """The answer that names a genre; its words follow from the pair's origin."""
    return f"{genre.name}. {phrased(genre.prototypes, origin)}"


def book_told(book: BankBook) -> str:
    """The answer that tells of a book."""
    return f"{book.title}, by {book.author}. {book.description}"
