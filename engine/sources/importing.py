"""Read a file of reviews, books or preferences row by row, each thing of it once.

Nothing is gathered here but what tells a repetition, so that a file may be as long as it likes;
`read_reviews` alone returns a whole file. Good rows are given, bad ones listed with their line.
Nothing is stored here.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.domain import Book, PreferenceExample, Reader, Review, Skipped
from engine.sources import onix
from engine.sources.choice import EVERYONE, Choice
from engine.sources.chosen import Skips, chosen_rows, each_once
from engine.sources.columns import ColumnMap
from engine.sources.detect import Kind, detected, undetected
from engine.sources.dialogue import example
from engine.sources.formats import (
    BOOK_FORMAT_NAMES,
    BOOK_FORMATS,
)
from engine.sources.look import format_of
from engine.sources.opening import Source, Watch, at_hand, opened, unwatched
from engine.sources.preferences import Keep, opened_rows
from engine.sources.records import Record, converted
from engine.sources.rows import Row
from models.errors import BadInput

Entry = TypeVar("Entry")
KEEP = Keep()


@dataclass(frozen=True)
class OpenReviews:
    """A file of reviews on its way in: `rows` gives each review once, `skips` fills meanwhile."""

    name: str
    format: str
    mapping: ColumnMap | None
    """The columns taken, where they were chosen or guessed."""
    rows: Iterator[Row]
    skips: Skips


@dataclass(frozen=True)
class ImportedReviews:
    """What a file of reviews holds, each reader, book and review once."""

    format: str
    readers: tuple[Reader, ...]
    books: tuple[Book, ...]
    reviews: tuple[Review, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class OpenBooks:
    """A file of books on its way in: `books` gives each once, `skips` fills meanwhile."""

    format: str
    books: Iterator[Book]
    skips: Skips


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
    skipped_unlisted: int = 0
    """Skipped rows past the ten thousand that are listed."""


@contextmanager
def open_reviews(
    path: Path | None,
    format_name: str | None = None,
    choice: Choice = EVERYONE,
    columns: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
) -> Iterator[OpenReviews]:
    """The chosen readers' reviews in a file, or in standard input for None and `-`.

    Args:
        format_name: a key of `REVIEW_FORMATS`; None tells it by the content.
        columns: role to column, for a table or JSON Lines of any making.

    Raises:
        BadInput: the file or its format cannot be read, the choice cannot be met, or, when the
            rows come to their end, there were none.
    """
    with at_hand(path, watch) as file:
        source_format, mapping = format_of(file, format_name, columns)
        skips = Skips()
        rows = each_once(chosen_rows(file, source_format, choice, skips), skips)
        filled = _not_nothing(rows, skips, file.name, source_format.name, "review")
        yield OpenReviews(file.name, source_format.name, mapping, filled, skips)


def read_reviews(
    path: Path | None,
    format_name: str | None = None,
    choice: Choice = EVERYONE,
    columns: Mapping[str, str] | None = None,
) -> ImportedReviews:
    """All that `open_reviews` gives, at once: for files that fit into memory.

    Raises:
        BadInput: as `open_reviews`.
    """
    with open_reviews(path, format_name, choice, columns) as source:
        rows = list(source.rows)
        return ImportedReviews(
            source.format,
            tuple({row.reader.id: row.reader for row in reversed(rows)}.values())[::-1],
            tuple({row.book.id: row.book for row in reversed(rows)}.values())[::-1],
            tuple(row.review for row in rows),
            source.skips.in_order(),
        )


@contextmanager
def open_books(
    path: Path | None, format_name: str | None = None, watch: Watch = unwatched
) -> Iterator[OpenBooks]:
    """The books of a file, or of standard input for None and `-`.

    Args:
        format_name: one of `BOOK_FORMAT_NAMES`; None tells it by the content.

    Raises:
        BadInput: the file or its format cannot be read, or, when the books come to their end,
            there were none.
    """
    skips = Skips()
    with at_hand(path, watch) as file:
        if format_name == onix.FORMAT or (format_name is None and onix.is_onix(file)):
            yield _open_books(onix.FORMAT, onix.books(file), skips, file.name)
            return
        with opened(file) as source:
            name = _format_name(format_name, source, "books", BOOK_FORMAT_NAMES)
            yield _open_books(name, BOOK_FORMATS[name].books(source), skips, file.name)


def read_books(path: Path | None, format_name: str | None = None) -> ImportedBooks:
    """All that `open_books` gives, at once.

    Raises:
        BadInput: as `open_books`.
    """
    with open_books(path, format_name) as source:
        books = tuple(source.books)
        return ImportedBooks(source.format, books, source.skips.in_order())


def read_preferences(
    path: Path | None,
    format_name: str | None = None,
    dataset: str | None = None,
    keep: Keep = KEEP,
    watch: Watch = unwatched,
) -> ImportedPreferences:
    """The preference pairs of a file of JSON Lines or Parquet, or of standard input.

    Args:
        path: None or `-`: standard input.
        format_name: a key of `PREFERENCE_FORMATS`; None tells it by the content.
        dataset: the name the pairs are kept under; None takes the file's.
        keep: which rows are taken, where the format tells.

    Raises:
        BadInput: the file or its format cannot be read, or no row of it can.
    """
    with at_hand(path, watch) as file, opened_rows(file, format_name) as rows:
        name, dataset = rows.format.name, dataset or file.stem
        skips = Skips()
        found: dict[str, PreferenceExample] = {}

        def example_of(record: Record) -> PreferenceExample:
            return example(dataset, *rows.format.texts(record, keep))

        for entry in converted(rows.records, example_of):
            if isinstance(entry, Skipped):
                skips.add(entry)
            else:
                found.setdefault(entry.id, entry)
        examples = tuple(_not_nothing(iter(found.values()), skips, file.name, name, "pair"))
        return ImportedPreferences(name, dataset, examples, skips.in_order(), skips.unlisted)


def _format_name(asked: str | None, source: Source, kind: Kind, formats: tuple[str, ...]) -> str:
    if asked is None:
        found = detected(source, kind)
        if found is None:
            raise undetected(source, kind, formats)
        return found
    if asked not in formats:
        raise BadInput(
            f"There is no format {asked!r} for {kind}.", f"Formats: {', '.join(formats)}."
        )
    return asked


def _open_books(
    name: str, entries: Iterator[Book | Skipped], skips: Skips, file_name: str
) -> OpenBooks:
    return OpenBooks(
        name, _not_nothing(_new_books(entries, skips), skips, file_name, name, "book"), skips
    )


def _new_books(entries: Iterable[Book | Skipped], skips: Skips) -> Iterator[Book]:
    seen: set[int] = set()
    for entry in entries:
        if isinstance(entry, Skipped):
            skips.add(entry)
        elif (key := hash(entry.id)) not in seen:
            seen.add(key)
            yield entry


def _not_nothing(
    found: Iterator[Entry], skips: Skips, file_name: str, source_format: str, noun: str
) -> Iterator[Entry]:
    first = next(found, None)
    if first is not None:
        yield first
        yield from found
        return
    if skips.listed:
        skipped = skips.in_order()[0]
        raise BadInput(
            f"No {noun} could be read from {file_name} as {source_format}. "
            f"Line {skipped.line}: {skipped.reason}",
            "Check that the file is whole and of this format; --format, or “as” in the window, "
            "takes another.",
        )
    raise BadInput(f"{file_name} has no {noun} in it, read as {source_format}.")
