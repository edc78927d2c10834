"""What a reader seeks out and turns away from: the genres of their history, by liking and recency.

A book's genre comes from its categories; a book without any can be guessed from its words by the
sentence encoder, and the trait says so.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice

import numpy as np

from engine.domain import Book, Evidence, Review, Trait
from engine.frameworks import Genre, genres
from engine.profile.embedded import Embed
from engine.profile.sentences import Span, sentences
from engine.profile.words import count_words, praise

NEUTRAL_RATING = 2.75
"""Stars at which choosing the book and not liking it cancel out."""
LIKING_UNRATED = 0.25
HALF_LIFE_DAYS = 5 * 365.25
FULL_SHARE = 0.2
"""Share of the history from which a genre counts in full."""
BOOKS_HALF_SURE = 2.0
GUESSED_WEIGHT = 0.5
GUESS_SIMILARITY, GUESS_LEAD = 0.32, 0.04
"""Least cosine of a book's words with a genre's prototypes, and lead over the next genre."""
GUESS_CHARACTERS = 400
MOST_EVIDENCE = 4
_NOT_BOOKS = frozenset(
    {
        "all beauty",
        "amazon fashion",
        "appliances",
        "arts crafts and sewing",
        "automotive",
        "baby products",
        "beauty and personal care",
        "cds and vinyl",
        "cell phones and accessories",
        "clothing shoes and jewelry",
        "digital music",
        "electronics",
        "gift cards",
        "grocery and gourmet food",
        "handmade products",
        "health and household",
        "health and personal care",
        "home and kitchen",
        "industrial and scientific",
        "movies and tv",
        "musical instruments",
        "office products",
        "patio lawn and garden",
        "pet supplies",
        "software",
        "sports and outdoors",
        "subscription boxes",
        "tools and home improvement",
        "toys and games",
        "video games",
        "unknown",
    }
)
"""Categories of Amazon Reviews 2023 that hold no books."""


_FORMS = frozenset({"short_stories", "classics"})
"""Genres by form or age: the words of a book do not tell them, so they are not guessed."""
_TWO_IN_ONE = frozenset(
    {
        "mystery thriller and suspense",
        "science fiction and fantasy",
        "comics and graphic novels",
        "religion and spirituality",
        "crafts hobbies and home",
        "cookbooks food and wine",
    }
)
"""Department names that join genres: they count only where nothing else names one."""


@dataclass(frozen=True)
class _Reading:
    """One reviewed book as it bears on one genre."""

    review: Review
    liking: float
    """-1 to 1."""
    weight: float
    """0 to 1: recency, shared between the genres of the book."""
    is_guessed: bool


def interests(
    reviews: Sequence[Review], books: Mapping[str, Book], guesses: Mapping[str, str]
) -> Iterator[Trait]:
    """One trait a genre; `guesses` is what `guessed_genres` gave, empty without an encoder."""
    readings = _readings(reviews, books, guesses)
    whole = sum(reading.weight for found in readings.values() for reading in found)
    for genre in genres().values():
        yield _trait(genre, readings.get(genre.id, []), whole)


def genres_of(book: Book) -> tuple[str, ...]:
    """The genres that a book's own categories name, most often named first, two at most."""
    if book.genre:
        return (book.genre,)
    precise = [name for name in book.categories if _plain(name) not in _TWO_IN_ONE]
    return _named(precise) or _named(book.categories)


def _named(categories: Sequence[str]) -> tuple[str, ...]:
    told = " | ".join(category.lower().replace("_", " ") for category in categories)
    times = {
        genre_id: sum(len(pattern.findall(told)) for pattern in _keywords(genre_id))
        for genre_id in genres()
    }
    found = [genre_id for genre_id, count in times.items() if count]
    return tuple(sorted(found, key=lambda genre_id: -times[genre_id])[:2])


def is_book(book: Book) -> bool:
    """Whether the source calls it a book, or does not say."""
    return not any(_plain(category) in _NOT_BOOKS for category in book.categories)


def liking(review: Review) -> float:
    """-1 to 1 from the stars; choosing the book counts a little where there are none."""
    if review.rating is None:
        return LIKING_UNRATED
    return max(-1.0, min(1.0, (review.rating - NEUTRAL_RATING) / (5 - NEUTRAL_RATING)))


@cache
def _keywords(genre_id: str) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(rf"(?<!\w){re.escape(word)}s?(?!\w)") for word in genres()[genre_id].keywords
    )


def _plain(category: str) -> str:
    words = category.lower().replace("_", " ").replace("&", "and").replace(",", "")
    return " ".join(words.split())


def _readings(
    reviews: Sequence[Review], books: Mapping[str, Book], guesses: Mapping[str, str]
) -> dict[str, list[_Reading]]:
    newest = max((review.written_at for review in reviews if review.written_at), default=None)
    found: dict[str, list[_Reading]] = defaultdict(list)
    for review in reviews:
        book = books.get(review.book_id)
        if book is None or not is_book(book):
            continue
        recency = _recency(review.written_at, newest)
        named = genres_of(book)
        for genre_id in named:
            found[genre_id].append(_Reading(review, liking(review), recency / len(named), False))
        if not named and book.id in guesses:
            weight = recency * GUESSED_WEIGHT
            found[guesses[book.id]].append(_Reading(review, liking(review), weight, True))
    return found


def _recency(written_at: datetime | None, newest: datetime | None) -> float:
    if written_at is None or newest is None:
        return 0.5 if newest else 1.0
    return float(0.5 ** ((newest - written_at).days / HALF_LIFE_DAYS))


def guessed_genres(
    reviews: Sequence[Review], books: Mapping[str, Book], embed: Embed
) -> dict[str, str]:
    """Book id to genre id, for books whose categories name no genre and whose words are clear."""
    unplaced = {
        review.book_id: review
        for review in reversed(reviews)
        if (book := books.get(review.book_id)) and is_book(book) and not genres_of(book)
    }
    if not unplaced:
        return {}
    shelf = [genre for genre in genres().values() if genre.id not in _FORMS]
    prototypes = embed([text for genre in shelf for text in genre.prototypes])
    starts = np.cumsum([0, *(len(genre.prototypes) for genre in shelf)][:-1])
    texts = [_words_about(review, books[book_id]) for book_id, review in unplaced.items()]
    similarity = np.maximum.reduceat(embed(texts) @ prototypes.T, starts, axis=1)  # (N, genres)
    guessed = {}
    for book_id, row in zip(unplaced, similarity, strict=True):
        second, first = np.argsort(row)[-2:]
        if row[first] >= GUESS_SIMILARITY and row[first] - row[second] >= GUESS_LEAD:
            guessed[book_id] = shelf[first].id
    return guessed


def _words_about(review: Review, book: Book) -> str:
    return f"{book.title}. {book.description or f'{review.title} {review.text}'}"[:GUESS_CHARACTERS]


def _trait(genre: Genre, readings: Sequence[_Reading], whole: float) -> Trait:
    """score = mean liking (shrunk by one neutral book) * (0.5 + 0.5 * share / 0.2, at most 1)."""
    trait_id = f"interests.{genre.id}"
    if not readings:
        return Trait(trait_id, "interests", 0.0, 0.0, "unknown", note="No book of this genre.")
    weight = sum(reading.weight for reading in readings)
    mean = sum(reading.weight * reading.liking for reading in readings) / (weight + 0.5)
    score = mean * (0.5 + 0.5 * min(1.0, weight / whole / FULL_SHARE))
    confidence = len(readings) / (len(readings) + BOOKS_HALF_SURE)
    books = "1 book" if len(readings) == 1 else f"{len(readings)} books"
    guesses = sum(reading.is_guessed for reading in readings)
    if guesses:
        confidence *= 1 - 0.5 * guesses / len(readings)
    note = f"{books}, genre guessed for {guesses}." if guesses else f"{books}."
    evidence = tuple(islice(_telling(readings, score), MOST_EVIDENCE))
    if not evidence:
        note = f"{books}, but not a sentence about them."
        return Trait(trait_id, "interests", 0.0, 0.0, "unknown", note=note)
    return Trait(trait_id, "interests", score, confidence, "known", evidence, note=note)


def _telling(readings: Sequence[_Reading], score: float) -> Iterator[Evidence]:
    """From the reviews that most agree with the score, the sentence that says so most openly."""
    direction = 1 if score > 0 else -1
    for reading in sorted(readings, key=lambda reading: -direction * reading.liking):
        spans = sentences(reading.review.text)
        if not spans:
            continue
        side = 1 if reading.liking > 0 else -1
        span = max(spans, key=lambda span: _openness(span, side))
        stance = round(reading.liking, 3)
        yield Evidence(reading.review.id, span.start, span.end, span.quote, stance)


def _openness(span: Span, side: int) -> tuple[int, bool, int]:
    return side * praise(span.quote), 5 <= count_words(span.quote) <= 40, -span.start
