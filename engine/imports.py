"""What a front end can ask of files: look at one, survey it, import it. Part of the desk.

Rows go from the file into the store a stretch at a time, all in one change that undo takes back.
A refusal on the way, even in the last line, leaves the store as it was.
"""

import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from engine.bank import example_reviews
from engine.domain import Skipped
from engine.reports import BooksReport, ImportReport, PreferencesReport, ReaderCount
from engine.sources.choice import Choice
from engine.sources.columns import ColumnMap, guessed
from engine.sources.formats import BOOK_FORMATS, REVIEW_FORMATS
from engine.sources.importing import KEEP, open_books, open_reviews, read_preferences
from engine.sources.lines_of_json import json_records
from engine.sources.look import FileLook, format_of, look_at
from engine.sources.opening import Watch, at_hand, unwatched
from engine.sources.opening import opened as opened_file
from engine.sources.preferences import PREFERENCE_FORMATS, Keep
from engine.sources.records import Record, converted
from engine.sources.rows import Row
from engine.sources.survey import survey_of
from engine.sources.table import table_records
from engine.store import datasets as dataset_rows
from engine.store import forgotten as forgotten_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.events import Event, Finished, Step

ROWS_STORED_AT_ONCE = 1000
EVENTS_PER_S = 8
FIRST_ROWS = 5

Entry = TypeVar("Entry")


def review_formats() -> tuple[tuple[str, str], ...]:
    """The name and the label of each format of reviews, as a choice for people."""
    return tuple((one.name, one.label) for one in REVIEW_FORMATS.values())


def book_formats() -> tuple[tuple[str, str], ...]:
    """The name and the label of each format of books."""
    named = tuple((one.name, one.label) for one in BOOK_FORMATS.values())
    return (*named, ("onix", "ONIX for Books 3 (XML)"))


def preference_formats() -> tuple[tuple[str, str], ...]:
    """The name and the label of each format of preference data."""
    return tuple((one.name, one.label) for one in PREFERENCE_FORMATS.values())


def look_at_reviews(path: Path | None) -> FileLook:
    """The format, columns, first rows and guessed mapping of a file of reviews.

    Raises:
        BadInput: the file cannot be read, or holds something other than reviews.
    """
    return look_at(path)


def guess_columns(look: FileLook) -> ColumnMap:
    """A first mapping for a person to check, also of a file whose format has its own."""
    if look.mapping is not None:
        return look.mapping
    rows = [Record(n, dict(zip(look.columns, row, strict=True))) for n, row in enumerate(look.rows)]
    return guessed(look.columns, rows)


def has_columns(look: FileLook) -> bool:
    """Whether a person can say which column holds what: the file is a table or JSON Lines."""
    records = REVIEW_FORMATS[look.format].records if look.format else None
    return len(look.columns) > 1 and records in (None, table_records)


def first_reviews(
    path: Path | None,
    format_name: str | None,
    columns: Mapping[str, str],
    number: int = FIRST_ROWS,
) -> tuple[ColumnMap, Sequence[Row | Skipped]]:
    """The first rows of a file as an import by these columns would read them, bad ones in place.

    Returns:
        The mapping with what `columns` leaves open about it guessed, and the rows.

    Raises:
        BadInput: the file cannot be read, or the mapping is not one.
    """
    with at_hand(path) as file:
        source_format, mapping = format_of(file, format_name, columns)
        assert mapping is not None
        with opened_file(file) as source:
            head = replace(source, lines=iter(source.head))
            records = (source_format.records or json_records)(head)
            rows = converted(records, partial(source_format.row, file.stem))
            return mapping, tuple(islice(rows, number))


def survey_reviews(
    path: Path | None,
    format_name: str | None = None,
    columns: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
) -> Generator[Event, None, None]:
    """Count a file's readers and their reviews, for a person to choose; stores nothing.

    `Step.done` and `total` are bytes of the file. `Finished.result` has format, rows, readers (id
    and reviews, those with most first) and unreadable, the number of lines that nobody can be said
    to have written. May be closed between events, and then stops; so does what `watch` raises.

    Raises:
        BadInput: the file or its format cannot be read.
    """
    bytes_read = 0

    def note_how_far(so_far: int) -> None:
        nonlocal bytes_read
        bytes_read = so_far
        watch(so_far)

    with at_hand(path, note_how_far) as file:
        source_format, _ = format_of(file, format_name, columns)
        survey = survey_of(file, source_format)
        size = file.path.stat().st_size
        told = time.monotonic()
        for _ in survey.steps():
            if time.monotonic() - told >= 1 / EVENTS_PER_S:
                told = time.monotonic()
                yield Step(bytes_read, size, f"{survey.rows:,} rows")
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
    watch: Watch = unwatched,
) -> ImportReport:
    """Read the chosen readers' reviews in a file into the store; the same file adds nothing.

    Args:
        path: None: standard input.
        choice: whose; None takes all of a file of no more than a thousand readers.
        columns: role to column, for a table or JSON Lines of any making.
        watch: hears how many bytes of the file have been read, on this thread; what it raises ends
            the import, and nothing was stored.

    Raises:
        BadInput: the file is not what it says, or holds too many readers to take unasked; nothing
            was stored.
    """
    counts: Counter[str] = Counter()
    books: set[int] = set()
    added = forgotten = 0
    with open_reviews(path, format_name, choice or Choice(), columns, watch) as source:
        # The first stretch is read before the store is locked: it may take a survey.
        stretches = _stretches(source.rows)
        first = next(stretches)
        with opened(data_dir) as db, change(db, "Import reviews"):
            gone = forgotten_rows.review_ids(db)
            for rows in chain([first], stretches):
                forgotten += sum(row.review.id in gone for row in rows)
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
        forgotten=forgotten,
    )


def import_example(data_dir: Path) -> ImportReport:
    """Import the bundled example: three readers, invented by us."""
    return import_reviews(data_dir, example_reviews(), "amazon2023")


def import_books(
    data_dir: Path,
    path: Path | None,
    format_name: str | None = None,
    watch: Watch = unwatched,
) -> BooksReport:
    """Read a file of books with metadata into the store.

    Args:
        watch: as of `import_reviews`.

    Raises:
        BadInput: the file is not what it says; nothing was stored.
    """
    found = 0
    with open_books(path, format_name, watch) as source:
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
    keep: Keep = KEEP,
    watch: Watch = unwatched,
) -> PreferencesReport:
    """Read a file of preference data into the store.

    Args:
        keep: which rows are taken, where the format tells.
        watch: as of `import_reviews`.

    Raises:
        BadInput: the file is not what it says; nothing was stored.
    """
    imported = read_preferences(path, format_name, dataset, keep, watch)
    with opened(data_dir) as db, change(db, "Import preferences"):
        added = dataset_rows.save(db, imported.examples)
    return PreferencesReport(
        imported.format,
        imported.dataset,
        len(imported.examples),
        added,
        imported.skipped,
        imported.skipped_unlisted,
    )


def _stretches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    return iter(lambda: list(islice(entries, ROWS_STORED_AT_ONCE)), [])
