"""Read a whole file of reviews, books or preferences into what the store keeps.

The formats read row by row and keep nothing, whatever the length of the file; only here the rows
are gathered. Good rows are kept, bad ones listed with their line. Nothing is stored here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.domain import Book, PreferenceExample, Reader, Review, Skipped
from engine.sources import amazon2018, amazon2023, goodreads_csv, hh_rlhf, kaggle_csv, plain, trl
from engine.sources import text as text_format
from engine.sources.detect import Kind, detect
from engine.sources.opening import Source, opened
from engine.sources.rows import Row
from models.errors import BadInput

REVIEW_FORMATS: Mapping[str, Callable[[Source], Iterator[Row | Skipped]]] = {
    amazon2023.FORMAT: amazon2023.rows,
    amazon2018.FORMAT: amazon2018.rows,
    goodreads_csv.FORMAT: goodreads_csv.rows,
    kaggle_csv.FORMAT: kaggle_csv.rows,
    "jsonl": plain.json_rows,
    "csv": plain.table_rows,
    text_format.FORMAT: text_format.rows,
}
BOOK_FORMATS: Mapping[str, Callable[[Source], Iterator[Book | Skipped]]] = {
    kaggle_csv.FORMAT: kaggle_csv.books,
    "jsonl": plain.json_books,
    "csv": plain.table_books,
}
PREFERENCE_FORMATS: Mapping[str, Callable[[Source, str], Iterator[PreferenceExample | Skipped]]] = {
    "trl": trl.examples,
    "hh_rlhf": hh_rlhf.examples,
}

Entry = TypeVar("Entry", Book, PreferenceExample)


@dataclass(frozen=True)
class ImportedReviews:
    """What a file of reviews holds, each reader, book and review once."""

    format: str
    readers: tuple[Reader, ...]
    books: tuple[Book, ...]
    reviews: tuple[Review, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class ImportedBooks:
    """What a file of books holds, each book once."""

    format: str
    books: tuple[Book, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class ImportedPreferences:
    """What a file of preference data holds, each pair once."""

    format: str
    dataset: str
    examples: tuple[PreferenceExample, ...]
    skipped: tuple[Skipped, ...]


def read_reviews(path: Path | None, format_name: str | None = None) -> ImportedReviews:
    """The reviews of a file, or of standard input for None and `-`.

    Args:
        format_name: a key of `REVIEW_FORMATS`; None tells it by the content.

    Raises:
        BadInput: the file or its format cannot be read, or no row of it can.
    """
    with opened(path) as source:
        name = _format_name(format_name, source, "reviews", REVIEW_FORMATS)
        imported = _gathered(name, REVIEW_FORMATS[name](source))
        _refuse_nothing(imported.reviews, imported.skipped, source, name, "review")
        return imported


def read_books(path: Path | None, format_name: str | None = None) -> ImportedBooks:
    """The books of a file, or of standard input for None and `-`.

    Args:
        format_name: a key of `BOOK_FORMATS`; None tells it by the content.

    Raises:
        BadInput: the file or its format cannot be read, or no row of it can.
    """
    with opened(path) as source:
        name = _format_name(format_name, source, "books", BOOK_FORMATS)
        books, skipped = _each_once(BOOK_FORMATS[name](source))
        _refuse_nothing(books, skipped, source, name, "book")
        return ImportedBooks(name, books, skipped)


def read_preferences(
    path: Path | None, format_name: str | None = None, dataset: str | None = None
) -> ImportedPreferences:
    """The preference pairs of a file, or of standard input for None and `-`.

    Args:
        format_name: a key of `PREFERENCE_FORMATS`; None tells it by the content.
        dataset: the name the pairs are kept under; None takes the file's.

    Raises:
        BadInput: the file or its format cannot be read, or no row of it can.
    """
    with opened(path) as source:
        name = _format_name(format_name, source, "preferences", PREFERENCE_FORMATS)
        dataset = dataset or source.stem
        examples, skipped = _each_once(PREFERENCE_FORMATS[name](source, dataset))
        _refuse_nothing(examples, skipped, source, name, "pair")
        return ImportedPreferences(name, dataset, examples, skipped)


def _format_name(
    asked: str | None, source: Source, kind: Kind, formats: Mapping[str, object]
) -> str:
    if asked is None:
        return detect(source, kind, list(formats))
    if asked not in formats:
        raise BadInput(
            f"There is no format {asked!r} for {kind}.", f"Formats: {', '.join(formats)}."
        )
    return asked


def _gathered(name: str, rows: Iterable[Row | Skipped]) -> ImportedReviews:
    readers: dict[str, Reader] = {}
    books: dict[str, Book] = {}
    reviews: dict[str, Review] = {}
    line_of: dict[str, int] = {}
    skipped: list[Skipped] = []
    for row in rows:
        if isinstance(row, Skipped):
            skipped.append(row)
        elif row.review.id in reviews:
            first = line_of[row.review.id]
            skipped.append(Skipped(row.line, f"It repeats the review of line {first}."))
        else:
            readers.setdefault(row.reader.id, row.reader)
            books.setdefault(row.book.id, row.book)
            reviews[row.review.id] = row.review
            line_of[row.review.id] = row.line
    return ImportedReviews(
        name,
        tuple(readers.values()),
        tuple(books.values()),
        tuple(reviews.values()),
        tuple(skipped),
    )


def _each_once(entries: Iterable[Entry | Skipped]) -> tuple[tuple[Entry, ...], tuple[Skipped, ...]]:
    found: dict[str, Entry] = {}
    skipped: list[Skipped] = []
    for entry in entries:
        if isinstance(entry, Skipped):
            skipped.append(entry)
        else:
            found.setdefault(entry.id, entry)
    return tuple(found.values()), tuple(skipped)


def _refuse_nothing(
    found: tuple[object, ...], skipped: tuple[Skipped, ...], source: Source, name: str, noun: str
) -> None:
    if found:
        return
    if skipped:
        first = skipped[0]
        raise BadInput(
            f"No {noun} could be read from {source.name} as {name}. "
            f"Line {first.line}: {first.reason}",
            "Check that the file is whole, and --format.",
        )
    raise BadInput(f"{source.name} has no {noun} in it, read as {name}.")
