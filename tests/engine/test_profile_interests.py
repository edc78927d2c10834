"""Genres sought out and turned away from."""

from datetime import UTC, datetime

import pytest

from engine.domain import Book, Review, Trait
from engine.profile.interests import genres_of, interests


def review(number: int, text: str, rating: float | None, year: int = 2020) -> Review:
    written_at = datetime(year, 6, 1, tzinfo=UTC)
    return Review(f"r{number}", "reader", f"b{number}", text, rating=rating, written_at=written_at)


def book(number: int, *categories: str) -> Book:
    return Book(f"b{number}", f"Title {number}", categories=categories)


def found(reviews: list[Review], *books: Book) -> dict[str, Trait]:
    traits = interests(reviews, {one.id: one for one in books}, None)
    return {trait.id.removeprefix("interests."): trait for trait in traits}


def test_the_score_follows_liking_and_share() -> None:
    """One poetry book, 5 stars, all of the history: liking 1, weight 1, mean 1 / 1.5 = 0.667,
    share 1 counts in full; confidence 1 / 3. One horror book of 1 star beside it: liking
    -1.75 / 2.25 = -0.778, mean -0.778 / 1.5 = -0.519."""
    traits = found(
        [review(1, "I loved every line.", 5), review(2, "So boring.", 1)],
        book(1, "Books", "Poetry"),
        book(2, "Horror"),
    )
    assert traits["poetry"].score == pytest.approx(1 / 1.5)
    assert traits["poetry"].confidence == pytest.approx(1 / 3)
    assert traits["horror"].score == pytest.approx(-1.75 / 2.25 / 1.5)
    assert traits["romance"].status == "unknown"


def test_a_book_of_long_ago_weighs_less() -> None:
    """Two half-lives (ten years) before the newest: the dislike of then hardly counts."""
    traits = found(
        [review(1, "I loved it.", 5, 2020), review(2, "I hated it.", 1, 2010)],
        book(1, "Poetry"),
        book(2, "Poetry"),
    )
    assert traits["poetry"].score > 0.3


def test_the_most_telling_sentence_is_quoted() -> None:
    text = "It has 300 pages. I loved its wonderful poems. The cover is blue."
    trait = found([review(1, text, 5)], book(1, "Poetry"))["poetry"]
    assert trait.evidence[0].quote == "I loved its wonderful poems."
    assert text[trait.evidence[0].start : trait.evidence[0].end] == trait.evidence[0].quote


def test_rated_books_without_a_word_stay_unknown() -> None:
    trait = found([review(1, "", 5)], book(1, "Poetry"))["poetry"]
    assert trait.status == "unknown"
    assert trait.note == "1 book, but not a sentence about them."


def test_products_that_are_no_books_make_no_genre() -> None:
    traits = found([review(1, "A lovely poetry of colours.", 5)], book(1, "All_Beauty", "Poetry"))
    assert {trait.status for trait in traits.values()} == {"unknown"}


def test_a_department_of_two_genres_counts_only_when_nothing_else_names_one() -> None:
    assert genres_of(book(1, "Mystery, Thriller & Suspense", "Thrillers")) == ("thriller",)
    assert set(genres_of(book(1, "Science Fiction & Fantasy"))) == {"science_fiction", "fantasy"}


def test_the_books_own_genre_outranks_its_categories() -> None:
    assert genres_of(Book("b", "Title", categories=("Horror",), genre="poetry")) == ("poetry",)
