"""Real files of each origin, where this checkout has them beside it."""

import re
from pathlib import Path

import pytest

from engine.sources.importing import read_books, read_preferences, read_reviews

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside the repository")


@pytest.mark.parametrize(
    ("name", "source_format", "readers", "books", "reviews", "skipped"),
    [
        ("amazon2023_a.jsonl", "amazon2023", 177, 1736, 1829, 1),
        ("goodreads_reader_a.csv", "goodreads_csv", 1, 253, 253, 0),
        ("kaggle_amazon_books_rating.csv", "kaggle_csv", 762, 111, 772, 227),
    ],
)
def test_real_reviews_are_imported_as_they_are(
    name: str, source_format: str, readers: int, books: int, reviews: int, skipped: int
) -> None:
    """Skipped rows repeat an earlier one, or (219 of Kaggle's 999) name nobody who wrote them.

    253 of the 326 shelved books are rated.
    """
    imported = read_reviews(DATA / "reviews" / name)
    assert imported.format == source_format
    assert len(imported.readers) == readers
    assert len(imported.books) == books
    assert len(imported.reviews) == reviews
    assert len(imported.skipped) == skipped
    reasons = ("It repeats the review of", "It has no User_id")
    assert all(row.reason.startswith(reasons) for row in imported.skipped)
    assert not any(re.search("<br|&quot;|&#34;", review.text) for review in imported.reviews)


def test_goodreads_reader_has_164_written_reviews() -> None:
    imported = read_reviews(DATA / "reviews" / "goodreads_reader_a.csv")
    assert [reader.id for reader in imported.readers] == ["goodreads_reader_a"]
    assert sum(bool(review.text) for review in imported.reviews) == 164


def test_real_books_are_imported_as_they_are() -> None:
    imported = read_books(DATA / "reviews" / "kaggle_amazon_books_data.csv")
    assert (imported.format, len(imported.books), imported.skipped) == ("kaggle_csv", 251, ())


def test_real_preferences_are_imported_but_for_the_one_that_parts_too_early() -> None:
    imported = read_preferences(DATA / "preferences" / "hh_rlhf_harmless_a.jsonl")
    assert (imported.format, imported.dataset) == ("hh_rlhf", "hh_rlhf_harmless_a")
    assert len(imported.examples) == 599
    assert [row.reason for row in imported.skipped] == [
        "The two dialogues part before their last Assistant turn."
    ]
