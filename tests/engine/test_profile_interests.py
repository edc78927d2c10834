"""Genres sought out and turned away from."""

from datetime import UTC, datetime

import pytest

from engine.domain import Book, Review, Trait
from engine.profile.interests import MOST_BOOKS, genres_of, interests


def review(number: int, text: str, rating: float | None, year: int | None = 2020) -> Review:
    written_at = datetime(year, 6, 1, tzinfo=UTC) if year else None
    return Review(f"r{number}", "reader", f"b{number}", text, rating=rating, written_at=written_at)


def book(number: int, *categories: str) -> Book:
    return Book(f"b{number}", f"Title {number}", categories=categories)


def found(
    reviews: list[Review], *books: Book, guesses: dict[str, str] | None = None
) -> dict[str, Trait]:
    traits = interests(reviews, {one.id: one for one in books}, guesses or {})
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


def test_quotes_of_both_sides_are_kept_and_those_of_the_score_come_first() -> None:
    trait = found(
        [review(1, "I loved it.", 5), review(2, "It was dull.", 1), review(3, "Moving.", 5)],
        *(book(number, "Poetry") for number in (1, 2, 3)),
    )["poetry"]
    assert [span.stance > 0 for span in trait.evidence] == [True, True, False]


def test_two_rated_books_without_a_word_stay_unknown_and_three_are_known_from_ratings() -> None:
    """Three books of 5 stars: mean liking 3 / 3.5, part 1 counts in full; confidence 3 / 5."""
    books = [book(number, "Poetry") for number in (1, 2, 3)]
    two = found([review(1, "", 5), review(2, "", 4)], *books)["poetry"]
    assert (two.status, two.score, two.share) == ("unknown", 0.0, 1.0)
    told = "2 books, all of them since 2016, mean 4.5 stars"
    assert two.note == f"{told}; too little without a sentence about them."
    three = found([review(number, "", 5) for number in (1, 2, 3)], *books)["poetry"]
    assert (three.status, three.evidence) == ("known", ())
    assert three.score == pytest.approx(3 / 3.5)
    assert three.confidence == pytest.approx(0.6)
    assert three.books == ("b1", "b2", "b3")
    assert three.note == "3 books, all of them since 2016, mean 5.0 stars; from ratings alone."


def test_three_books_on_a_shelf_without_stars_or_words_stay_unknown() -> None:
    shelf = [review(number, "", None) for number in (1, 2, 3)]
    trait = found(shelf, *(book(number, "Poetry") for number in (1, 2, 3)))["poetry"]
    assert trait.status == "unknown"


def test_shares_follow_liking_and_recency_and_sum_to_one_over_placed_books() -> None:
    """Of 2020: 5 stars weigh 1, 1 star weighs (1 - 1.75 / 2.25) / 2 = 1 / 9. Ten years before, two
    half-lives (3652 days of 1826.25): 5 stars weigh about 1 / 4. The book without a genre adds
    nothing: 1 / (1 + 1/9 + 1/4) = 36 / 49."""
    traits = found(
        [
            review(1, "I loved it.", 5),
            review(2, "Dull.", 1),
            review(3, "I loved it.", 5, 2010),
            review(4, "I loved it.", 5),
        ],
        book(1, "Poetry"),
        book(2, "Horror"),
        book(3, "Romance"),
        book(4, "Kindle Store"),
    )
    shares = {name: trait.share for name, trait in traits.items() if trait.share is not None}
    assert set(shares) == {"poetry", "horror", "romance"}
    assert sum(share or 0 for share in shares.values()) == pytest.approx(1)
    assert shares["poetry"] == pytest.approx(36 / 49, abs=1e-3)
    assert shares["horror"] == pytest.approx(4 / 49, abs=1e-3)
    assert traits["poetry"].note.endswith("; 1 book of 4 without a genre, left out.")


def test_a_book_of_two_genres_is_parted_between_them() -> None:
    traits = found([review(1, "Good.", 5)], book(1, "Poetry", "Horror"))
    assert (traits["poetry"].share, traits["horror"].share) == (0.5, 0.5)


def test_the_note_tells_books_years_stars_and_guesses() -> None:
    reviews = [
        review(1, "I loved it.", 5, 2024),
        review(2, "Fine.", 4, 2012),
        review(3, "Fine.", None, None),
    ]
    trait = found(reviews, book(1, "Poetry"), book(2, "Poetry"), book(3), guesses={"b3": "poetry"})[
        "poetry"
    ]
    assert trait.note == "3 books, 1 of them since 2020, mean 4.5 stars; genre guessed for 1."


def test_books_that_the_score_rests_on_come_first_and_a_book_read_twice_is_one() -> None:
    liked = [review(number, "Good.", 5, 2000 + number) for number in range(1, 15)]
    again = Review("again", "reader", "b14", "Better still.", rating=5)
    trait = found([*liked, again], *(book(number, "Poetry") for number in range(1, 15)))["poetry"]
    assert trait.note.startswith("14 books,")
    assert len(trait.books) == MOST_BOOKS
    assert trait.books[:2] == ("b14", "b13")


def test_of_a_genre_that_is_turned_away_from_the_books_liked_least_come_first() -> None:
    reviews = [review(1, "Not bad.", 3), review(2, "Awful.", 1), review(3, "Poor.", 2)]
    trait = found(reviews, *(book(number, "Horror") for number in (1, 2, 3)))["horror"]
    assert trait.score < 0
    assert trait.books == ("b2", "b3", "b1")
    assert trait.evidence[0].quote == "Awful."


def test_products_that_are_no_books_make_no_genre() -> None:
    traits = found([review(1, "A lovely poetry of colours.", 5)], book(1, "All_Beauty", "Poetry"))
    assert {trait.status for trait in traits.values()} == {"unknown"}


def test_a_department_of_two_genres_counts_only_when_nothing_else_names_one() -> None:
    assert genres_of(book(1, "Mystery, Thriller & Suspense", "Thrillers")) == ("thriller",)
    assert set(genres_of(book(1, "Science Fiction & Fantasy"))) == {"science_fiction", "fantasy"}


def test_the_books_own_genre_outranks_its_categories() -> None:
    assert genres_of(Book("b", "Title", categories=("Horror",), genre="poetry")) == ("poetry",)
