"""What a front end can ask of files: look at one, survey it, import it. Part of the desk.

Rows go from the file into the store a stretch at a time, all in one change that undo takes back.
A refusal on the way, even in the last line, leaves the store as it was.
"""

import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from engine.bank import example_reviews
from engine.reports import BooksReport, ImportReport, PreferencesReport, ReaderCount
from engine.sources.choice import Choice
from engine.sources.formats import BOOK_FORMATS, REVIEW_FORMATS
from engine.sources.importing import open_books, open_reviews, read_preferences
from engine.sources.look import FileLook, format_of, look_at
from engine.sources.opening import at_hand
from engine.sources.survey import survey_of
from engine.store import datasets as dataset_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.events import Event, Finished, Step

ROWS_STORED_AT_ONCE = 1000
EVENTS_PER_S = 8

Entry = TypeVar("Entry")


def review_formats() -> tuple[tuple[str, str], ...]:
    """The name and the label of each format of reviews, as a choice for people."""
    return tuple((one.name, one.label) for one in REVIEW_FORMATS.values())


def book_formats() -> tuple[tuple[str, str], ...]:
    """The name and the label of each format of books."""
    named = tuple((one.name, one.label) for one in BOOK_FORMATS.values())
    return (*named, ("onix", "ONIX for Books 3 (XML)"))


def look_at_reviews(path: Path | None) -> FileLook:
    """The format, columns, first rows and guessed mapping of a file of reviews.

    Raises:
        BadInput: the file cannot be read, or holds something other than reviews.
    """
    return look_at(path)


def survey_reviews(
    path: Path | None,
    format_name: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Generator[Event, None, None]:
    """Count a file's readers and their reviews, for a person to choose; stores nothing.

    `Step.done` and `total` are bytes; total is 0 where the file does not tell how far it is.
    `Finished.result` has format, rows, readers (id and reviews, those with most first) and
    unreadable, the number of lines that nobody can be said to have written. May be closed between
    events, and then stops.

    Raises:
        BadInput: the file or its format cannot be read.
    """
    with at_hand(path) as file:
        source_format, _ = format_of(file, format_name, columns)
        survey = survey_of(file, source_format)
        size = file.path.stat().st_size
        told = time.monotonic()
        for _ in survey.steps():
            if time.monotonic() - told >= 1 / EVENTS_PER_S:
                told = time.monotonic()
                total = size if survey.bytes_read else 0
                yield Step(survey.bytes_read, total, f"{survey.rows:,} rows")
        counts = sorted(survey.reviews_of().items(), key=lambda entry: (-entry[1], entry[0]))
        yield Finished(
            {
                "format": source_format.name,
                "rows": survey.rows,
                "readers": [{"id": reader, "reviews": reviews} for reader, reviews in counts],
                "unreadable": len(survey.skipped),
            }
        )


def import_reviews(
    data_dir: Path,
    path: Path | None,
    format_name: str | None = None,
    choice: Choice | None = None,
    columns: Mapping[str, str] | None = None,
) -> ImportReport:
    """Read the chosen readers' reviews in a file into the store; the same file adds nothing.

    Args:
        path: None: standard input.
        choice: whose; None takes all of a file of no more than a thousand readers.
        columns: role to column, for a table or JSON Lines of any making.

    Raises:
        BadInput: the file is not what it says, or holds too many readers to take unasked; nothing
            was stored.
    """
    counts: Counter[str] = Counter()
    books: set[int] = set()
    added = 0
    with open_reviews(path, format_name, choice or Choice(), columns) as source:
        # The first stretch is read before the store is locked: it may take a survey.
        stretches = _stretches(source.rows)
        first = next(stretches)
        with opened(data_dir) as db, change(db, "Import reviews"):
            for rows in chain([first], stretches):
                counts.update(row.reader.id for row in rows)
                books.update(hash(row.book.id) for row in rows)
                added += reader_rows.save(
                    db,
                    list({row.reader.id: row.reader for row in reversed(rows)}.values())[::-1],
                    list({row.book.id: row.book for row in reversed(rows)}.values())[::-1],
                    [row.review for row in rows],
                )
    return ImportReport(
        format=source.format,
        readers=tuple(ReaderCount(reader, reviews) for reader, reviews in counts.items()),
        books=len(books),
        reviews=counts.total(),
        added=added,
        skipped=source.skips.in_order(),
        skipped_unlisted=source.skips.unlisted,
        columns=source.mapping.as_json() if source.mapping else {},
    )


def import_example(data_dir: Path) -> ImportReport:
    """Import the bundled example: three readers, invented by us."""
    return import_reviews(data_dir, example_reviews(), "amazon2023")


def import_books(data_dir: Path, path: Path | None, format_name: str | None = None) -> BooksReport:
    """Read a file of books with metadata into the store.

    Raises:
        BadInput: the file is not what it says; nothing was stored.
    """
    found = 0
    with open_books(path, format_name) as source:
        stretches = _stretches(source.books)
        first = next(stretches)
        with opened(data_dir) as db, change(db, "Import books"):
            for books in chain([first], stretches):
                reader_rows.save_books(db, books)
                found += len(books)
    return BooksReport(source.format, found, source.skips.in_order(), source.skips.unlisted)


def import_preferences(
    data_dir: Path,
    path: Path | None,
    format_name: str | None = None,
    dataset: str | None = None,
) -> PreferencesReport:
    """Read a file of preference data into the store.

    Raises:
        BadInput: the file is not what it says; nothing was stored.
    """
    imported = read_preferences(path, format_name, dataset)
    with opened(data_dir) as db, change(db, "Import preferences"):
        dataset_rows.save(db, imported.examples)
    return PreferencesReport(
        imported.format, imported.dataset, len(imported.examples), tuple(imported.skipped)
    )


def _stretches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    return iter(lambda: list(islice(entries, ROWS_STORED_AT_ONCE)), [])
