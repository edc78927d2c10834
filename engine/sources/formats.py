"""The formats that can be read, as tables: what an importer needs to know about each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from engine.domain import Book, Skipped
from engine.sources import (
    amazon2018,
    amazon2023,
    amazon_meta,
    goodreads_csv,
    goodreads_json,
    kaggle_csv,
    librarything,
    mapped,
    onix,
    plain,
    storygraph_csv,
    text,
)
from engine.sources.columns import ColumnMap
from engine.sources.lines_of_json import json_records
from engine.sources.opening import Source
from engine.sources.records import Record, converted, required_label
from engine.sources.rows import Row, slug
from engine.sources.table import table_records


@dataclass(frozen=True)
class ReviewFormat:
    """How the reviews of a file are read; its functions get the file's stem as a reader's name."""

    name: str
    label: str
    """For people."""
    row: Callable[[str, Record], Row | None]
    """A record as a review; None for one that is nothing, such as an unread book."""
    records: Callable[[Source], Iterator[Record | Skipped]] | None = None
    """None: JSON Lines."""
    reader_id: Callable[[str, Record], str] | None = None
    """Who wrote a record, told without reading the rest; None: all of the file is by one reader."""
    reader_field: str = ""
    """Of JSON Lines: the one field that `reader_id` reads, where it is one."""

    def reader_of(self, stem: str, record: Record) -> str:
        return self.reader_id(stem, record) if self.reader_id else slug(stem)


def _with_reader_field(
    name: str, label: str, row: Callable[[str, Record], Row | None], field: str
) -> ReviewFormat:
    """JSON Lines whose every row names its reader in one field."""
    return ReviewFormat(
        name,
        label,
        row,
        reader_id=lambda _, record: required_label(record, field),
        reader_field=field,
    )


_ALL = (
    _with_reader_field(
        amazon2023.FORMAT,
        "Amazon Reviews 2023 (JSON Lines)",
        amazon2023.row,
        amazon2023.READER_FIELD,
    ),
    _with_reader_field(
        amazon2018.FORMAT,
        "Amazon Review Data 2018 (JSON Lines)",
        amazon2018.row,
        amazon2018.READER_FIELD,
    ),
    ReviewFormat(
        kaggle_csv.FORMAT,
        "Amazon Books Reviews from Kaggle (CSV)",
        kaggle_csv.row,
        table_records,
        kaggle_csv.reader_id,
    ),
    ReviewFormat(
        goodreads_csv.FORMAT, "Goodreads library export (CSV)", goodreads_csv.row, table_records
    ),
    _with_reader_field(
        goodreads_json.FORMAT,
        "Goodreads, UCSD Book Graph (JSON Lines)",
        goodreads_json.row,
        goodreads_json.READER_FIELD,
    ),
    ReviewFormat(
        storygraph_csv.FORMAT, "StoryGraph export (CSV)", storygraph_csv.row, table_records
    ),
    ReviewFormat(
        librarything.FORMAT,
        "LibraryThing export (tab-separated)",
        librarything.row,
        librarything.records,
    ),
    ReviewFormat(
        librarything.FORMAT_JSON,
        "LibraryThing export (JSON)",
        librarything.json_row,
        librarything.json_records,
    ),
    ReviewFormat("csv", "Table (CSV)", partial(plain.row, "csv"), table_records, plain.reader_id),
    ReviewFormat("jsonl", "JSON Lines", partial(plain.row, "jsonl"), reader_id=plain.reader_id),
    ReviewFormat(text.FORMAT, "Markdown or text with headings", text.row, text.records),
)
REVIEW_FORMATS: Mapping[str, ReviewFormat] = {one.name: one for one in _ALL}
GENERAL = ("jsonl", "csv")
"""Formats that anything with the right columns fits, and whose columns can be chosen."""


@dataclass(frozen=True)
class BookFormat:
    """How the books of a file are read, one record after the other."""

    name: str
    label: str
    books: Callable[[Source], Iterator[Book | Skipped]]


def _from_json(book: Callable[[Record], Book]) -> Callable[[Source], Iterator[Book | Skipped]]:
    return lambda source: converted(json_records(source), book)


_ALL_BOOKS = (
    BookFormat(
        amazon_meta.FORMAT_2023,
        "Amazon Reviews 2023, products (JSON Lines)",
        _from_json(amazon_meta.book_2023),
    ),
    BookFormat(
        amazon_meta.FORMAT_2018,
        "Amazon Review Data 2018, products (JSON Lines)",
        _from_json(amazon_meta.book_2018),
    ),
    BookFormat(
        goodreads_json.FORMAT,
        "Goodreads, UCSD Book Graph (JSON Lines)",
        _from_json(goodreads_json.book),
    ),
    BookFormat(kaggle_csv.FORMAT, "Amazon Books Reviews from Kaggle (CSV)", kaggle_csv.books),
    BookFormat("jsonl", "JSON Lines", plain.json_books),
    BookFormat("csv", "Table (CSV)", plain.table_books),
)
BOOK_FORMATS: Mapping[str, BookFormat] = {one.name: one for one in _ALL_BOOKS}
BOOK_FORMAT_NAMES = (*BOOK_FORMATS, onix.FORMAT)
"""ONIX is XML and read from bytes rather than lines, apart from the others."""


def with_columns(name: str, mapping: ColumnMap) -> ReviewFormat:
    """The general format of this name, read by a mapping of its columns."""
    return replace(
        REVIEW_FORMATS[name],
        row=partial(mapped.row, mapping, name),
        reader_id=partial(mapped.reader_id, mapping),
    )
