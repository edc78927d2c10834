"""The interests track: a book this reader would seek out, against one they would turn away from.

Only the bank's training books are used; the preview books are never trained on.
"""

from collections.abc import Iterator
from itertools import product

from engine.bank import BankBook, books
from engine.domain import PreferencePair, Profile
from engine.frameworks import genres
from engine.pairs.draft import pair, phrased
from engine.pairs.labels import side

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
MOST_BOOKS = 60
"""Summary pairs per reader at the most; GRAVITY makes about 250 of both kinds."""


def interest_pairs(profile: Profile) -> Iterator[PreferencePair]:
    """Category pairs for genres sought and avoided, then summary pairs for books of these."""
    sides = {trait.id.split(".", 1)[1]: side(trait) for trait in profile.of("interests")}
    sought = [genre for genre in genres().values() if sides.get(genre.id, 0) > 0]
    avoided = [genre for genre in genres().values() if sides.get(genre.id, 0) < 0]
    for liked, disliked in product(sought, avoided):
        origin = f"genre.{liked.id}.{disliked.id}"
        yield pair(
            profile,
            track="interests",
            trait_id=f"interests.{liked.id}",
            topic=f"genre.{liked.id}",
            origin=origin,
            prompt=phrased(CATEGORY_PROMPTS, origin),
            chosen=f"{liked.name}. {phrased(liked.prototypes, origin)}",
            rejected=f"{disliked.name}. {phrased(disliked.prototypes, origin)}",
        )
    yield from _summary_pairs(profile, {g.id for g in sought}, {g.id for g in avoided})


def _summary_pairs(
    profile: Profile, sought: set[str], avoided: set[str]
) -> Iterator[PreferencePair]:
    shelf = [book for book in books() if book.use == "train"]
    matched = list(
        product(
            [book for book in shelf if book.genre in sought],
            [book for book in shelf if book.genre in avoided],
        )
    )
    for liked, disliked in matched[:: max(1, -(-len(matched) // MOST_BOOKS))]:
        origin = f"book.{liked.id}.{disliked.id}"
        yield pair(
            profile,
            track="interests",
            trait_id=f"interests.{liked.genre}",
            topic=f"book.{liked.id}",
            origin=origin,
            prompt=phrased(SUMMARY_PROMPTS, origin),
            chosen=_told(liked),
            rejected=_told(disliked),
        )


def _told(book: BankBook) -> str:
    return f"{book.title}, by {book.author}. {book.description}"
