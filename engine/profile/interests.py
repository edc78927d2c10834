"""What a reader seeks out and turns away from: the genres of their history, by liking and recency.

A book's genre comes from its categories; a book without any can be guessed from its words by the
sentence encoder, and the trait says so. Shares are of the books that have a genre; a book without
one adds to no share, and the note says how many there are. What puts a reader off within a genre
is not judged here (`aversions.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
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
MOST_EVIDENCE, MOST_AGAINST = 4, 2
"""Quotes that agree with the score, and quotes that do not."""
MOST_BOOKS = 12
LEAST_RATED = 3
"""Rated books that make a genre known without a written word about them."""
LEAST_DRAW = 0.1
"""Of a book with the fewest stars: it was chosen and read all the same."""
RECENT_YEARS = 5
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

    @property
    def draw(self) -> float:
        """The weight of the book in the shares: recency times (1 + liking) / 2."""
        return self.weight * max(LEAST_DRAW, (1 + self.liking) / 2)


@dataclass(frozen=True)
class _Shelf:
    """The whole history that the genres share."""

    readings: Mapping[str, Sequence[_Reading]]
    """By genre id."""
    weight: float
    draw: float
    recent_from: int | None
    """The first of the last years of reading; None where nothing is dated."""
    placed: int
    unplaced: int
    """Books with a genre, and without."""


def interests(
    reviews: Sequence[Review], books: Mapping[str, Book], guesses: Mapping[str, str]
) -> Iterator[Trait]:
    """One trait a genre, with its share and its books.

    The shares of all genres sum to 1 over the books that have a genre; a book of two genres is
    parted between them.

    Args:
        guesses: what `guessed_genres` gave, empty without an encoder.
    """
    shelf = _shelf(reviews, books, guesses)
    for genre in genres().values():
        yield _trait(genre, shelf)


def genres_of(book: Book) -> tuple[str, ...]:
    """The genres that a book's own categories name, most often named first, two at most."""
    if book.genre:
        return (book.genre,)
    precise = tuple(name for name in book.categories if _plain(name) not in _TWO_IN_ONE)
    return _named(precise) or _named(book.categories)


@lru_cache(maxsize=1 << 14)
def _named(categories: tuple[str, ...]) -> tuple[str, ...]:
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


def of_books(reviews: Iterable[Review], books: Mapping[str, Book]) -> list[Review]:
    """The reviews of what is a book, or may be one."""
    return [r for r in reviews if r.book_id not in books or is_book(books[r.book_id])]


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


def _shelf(
    reviews: Sequence[Review], books: Mapping[str, Book], guesses: Mapping[str, str]
) -> _Shelf:
    newest = max((review.written_at for review in reviews if review.written_at), default=None)
    found: dict[str, list[_Reading]] = defaultdict(list)
    placed: set[str] = set()
    unplaced: set[str] = set()
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
        (placed if named or book.id in guesses else unplaced).add(book.id)
    everything = [reading for readings in found.values() for reading in readings]
    return _Shelf(
        found,
        sum(reading.weight for reading in everything),
        sum(reading.draw for reading in everything),
        newest.year - RECENT_YEARS + 1 if newest else None,
        len(placed),
        len(unplaced),
    )


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


def _trait(genre: Genre, shelf: _Shelf) -> Trait:
    """score = mean liking (shrunk by one neutral book) * (0.5 + 0.5 * part / 0.2, at most 1).

    The part is of the history by recency alone: a genre that is read and hated is no small one.
    """
    trait_id = f"interests.{genre.id}"
    readings = shelf.readings.get(genre.id, ())
    if not readings:
        note = f"No book of this genre{_left_out(shelf)}."
        return Trait(trait_id, "interests", 0.0, 0.0, "unknown", note=note)
    weight = sum(reading.weight for reading in readings)
    mean = sum(reading.weight * reading.liking for reading in readings) / (weight + 0.5)
    score = mean * (0.5 + 0.5 * min(1.0, weight / shelf.weight / FULL_SHARE))
    books = _heaviest_first(readings, score)
    confidence = len(books) / (len(books) + BOOKS_HALF_SURE)
    confidence *= 1 - 0.5 * len(_guessed(readings)) / len(books)
    share = sum(reading.draw for reading in readings) / shelf.draw
    evidence = _telling(readings, score)
    rated = {reading.review.book_id for reading in readings if reading.review.rating is not None}
    told = _told(readings, shelf)
    unknown = Trait(trait_id, "interests", 0.0, 0.0, "unknown", share=share, books=books)
    if not evidence and len(rated) < LEAST_RATED:
        note = f"{told}; too little without a sentence about them{_left_out(shelf)}."
        return replace(unknown, note=note, books=books[:MOST_BOOKS])
    from_ratings = "" if evidence else "; from ratings alone"
    return replace(
        unknown,
        score=score,
        confidence=confidence,
        status="known",
        evidence=evidence,
        note=f"{told}{from_ratings}{_left_out(shelf)}.",
        books=books[:MOST_BOOKS],
    )


def _heaviest_first(readings: Sequence[_Reading], score: float) -> tuple[str, ...]:
    """The books of a genre, a book once: those first that the score rests on most."""
    direction = 1 if score >= 0 else -1
    weights: dict[str, float] = defaultdict(float)
    for reading in readings:
        weights[reading.review.book_id] += direction * reading.liking * reading.weight
    return tuple(sorted(weights, key=lambda book_id: (-weights[book_id], book_id)))


def _guessed(readings: Sequence[_Reading]) -> set[str]:
    return {reading.review.book_id for reading in readings if reading.is_guessed}


def _told(readings: Sequence[_Reading], shelf: _Shelf) -> str:
    """`9 books, 3 of them since 2021, mean 4.3 stars; genre guessed for 2`, without the stop."""
    books = {reading.review.book_id for reading in readings}
    dated = {r.review.book_id: r.review.written_at for r in readings if r.review.written_at}
    ratings = [r.review.rating for r in readings if r.review.rating is not None]
    told = "1 book" if len(books) == 1 else f"{len(books)} books"
    if shelf.recent_from and dated:
        recent = sum(moment.year >= shelf.recent_from for moment in dated.values())
        each = "all" if recent == len(books) else "none" if not recent else str(recent)
        of_them = "" if len(books) == 1 and recent else f" {each} of them"
        told += f",{of_them} since {shelf.recent_from}"
    if ratings:
        told += f", mean {sum(ratings) / len(ratings):.1f} stars"
    guessed = len(_guessed(readings))
    return f"{told}; genre guessed for {guessed}" if guessed else told


def _left_out(shelf: _Shelf) -> str:
    """What the shares are not of."""
    if not shelf.unplaced:
        return ""
    books = "1 book" if shelf.unplaced == 1 else f"{shelf.unplaced} books"
    return f"; {books} of {shelf.placed + shelf.unplaced} without a genre, left out"


def _telling(readings: Sequence[_Reading], score: float) -> tuple[Evidence, ...]:
    """Sentences of the reviews that most agree with the score, then of those that least do."""
    direction = 1 if score > 0 else -1
    ranked = sorted(readings, key=lambda reading: -direction * reading.liking)
    agreeing = (reading for reading in ranked if direction * reading.liking > 0)
    against = (reading for reading in reversed(ranked) if direction * reading.liking <= 0)
    return (
        *islice(_quotes(agreeing), MOST_EVIDENCE),
        *islice(_quotes(against), MOST_AGAINST),
    )


def _quotes(readings: Iterable[_Reading]) -> Iterator[Evidence]:
    """From each review the sentence that says most openly how it was liked."""
    for reading in readings:
        spans = sentences(reading.review.text)
        if not spans:
            continue
        side = 1 if reading.liking > 0 else -1
        span = max(spans, key=lambda span: _openness(span, side))
        stance = round(reading.liking, 3)
        yield Evidence(reading.review.id, span.start, span.end, span.quote, stance)


def _openness(span: Span, side: int) -> tuple[int, bool, int]:
    return side * praise(span.quote), 5 <= count_words(span.quote) <= 40, -span.start
