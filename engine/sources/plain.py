"""Plain JSON Lines and CSV, for reviews and books from anywhere: the formats `jsonl` and `csv`.

A review is a JSON object on a line, or a CSV row under a header, with these keys, of which the
first that is filled counts; capitals and spaces in names do not matter:

    reader   reader, reader_id, user, user_id; without one, the reader is named after the file
    book     book, book_title, product_title; where there is none of them, title
    title    review_title, summary; or title, where the book has a key of its own
    author   author, authors
    book id  book_id, parent_asin, asin, isbn13, isbn; without one, made of book and author
    rating   rating, stars, score: 1 to 5
    text     text, review, review_text
    date     date, written_at, timestamp: 2020-12-27, or a Unix time in s or ms

A book and at least one of text and rating are needed. A book has title, author, year, categories
or genre (a list, or names with `;` between them), description, and an id or book id.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from engine.domain import Book, Reader, Skipped
from engine.sources.dates import date_in, year_in
from engine.sources.lines_of_json import json_records
from engine.sources.opening import Source
from engine.sources.records import (
    BadRow,
    Record,
    converted,
    label_of,
    list_of,
    required_label,
    text_of,
)
from engine.sources.rows import (
    Row,
    book_id_of,
    made_row,
    rating_of,
    slug,
    title_line,
    unix_moment_of,
    without_html,
)
from engine.sources.table import table_records

READER = ("reader", "reader_id", "user", "user_id")
BOOK = ("book", "book_title", "product_title")
REVIEW_TITLE = ("review_title", "summary")
AUTHOR = ("author", "authors")
BOOK_ID = ("book_id", "parent_asin", "asin", "isbn13", "isbn")
RATING = ("rating", "stars", "score")
TEXT = ("text", "review", "review_text")
DATE = ("date", "written_at", "timestamp")


def json_books(source: Source) -> Iterator[Book | Skipped]:
    """The books of a JSON Lines file, one at a time."""
    return converted(json_records(source), _book)


def table_books(source: Source) -> Iterator[Book | Skipped]:
    """The books of a CSV file, one at a time."""
    return converted(table_records(source), _book)


def plain_name(name: str) -> str:
    """A key or column as it is looked up: `Book Title` is `book_title`."""
    return re.sub(r"[\s-]+", "_", name.strip()).lower()


def reader_id(stem: str, record: Record) -> str:
    """Who wrote the review of a record."""
    return label_of(_plainly_named(record), *READER) or slug(stem)


def row(source_format: str, stem: str, record: Record) -> Row:
    """The review of a record."""
    record = _plainly_named(record)
    text, rating = (
        text_of(record, _filled(record, TEXT)),
        rating_of(record, _filled(record, RATING)),
    )
    if not text.strip() and rating is None:
        raise BadRow("There is neither a text nor a rating.")
    reader = label_of(record, *READER)
    has_own_book = bool(label_of(record, *BOOK))
    title = title_line(required_label(record, *BOOK, "title"))
    author = title_line(", ".join(list_of(record, _filled(record, AUTHOR))))
    id_column = _filled(record, BOOK_ID)
    title_key = _filled(record, (*REVIEW_TITLE, "title") if has_own_book else REVIEW_TITLE)
    return made_row(
        record.line,
        Reader(reader or slug(stem), reader or stem, source_format),
        Book(book_id_of(label_of(record, id_column), id_column, title, author), title, author),
        text,
        title=text_of(record, title_key),
        rating=rating,
        written_at=_written_at(record),
    )


def _book(record: Record) -> Book:
    record = _plainly_named(record)
    title = title_line(required_label(record, "title", *BOOK))
    author = title_line(", ".join(list_of(record, _filled(record, AUTHOR))))
    categories = list_of(record, _filled(record, ("categories", "genres", "genre")))
    if len(categories) == 1:
        categories = tuple(part.strip() for part in categories[0].split(";"))
    return Book(
        id=label_of(record, "id", *BOOK_ID) or slug(title, author),
        title=title,
        author=author,
        year=year_in(label_of(record, _filled(record, ("year", "date")))),
        categories=tuple(filter(None, map(title_line, categories))),
        description=without_html(text_of(record, "description")),
    )


def _plainly_named(record: Record) -> Record:
    fields: dict[str, object] = {}
    for key, value in record.fields.items():
        name = plain_name(key)
        # Of names that come to the same, such as `Title` and `title`, the first that is filled.
        if fields.get(name) in (None, ""):
            fields[name] = value
    return replace(record, fields=fields)


def _filled(record: Record, keys: tuple[str, ...]) -> str:
    """The first of the keys whose field is filled, or the first of all."""
    return next((key for key in keys if record.fields.get(key) not in (None, "")), keys[0])


def _written_at(record: Record) -> datetime | None:
    key = _filled(record, DATE)
    return unix_moment_of(record, key) or date_in(label_of(record, key))
