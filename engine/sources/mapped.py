"""Reviews from a table or JSON Lines of anybody's making, by a mapping of its columns."""

import re
from datetime import datetime

from engine.domain import Book, Reader
from engine.sources.columns import ColumnMap, Role
from engine.sources.dates import any_date_in, year_in
from engine.sources.records import BadRow, Record, label_of, list_of, one_line, text_of
from engine.sources.rows import Row, book_id_of, made_row, slug, title_line, unix_moment_of
from engine.sources.stars import rating_from


def reader_id(mapping: ColumnMap, stem: str, record: Record) -> str:
    """Who wrote the review of a record."""
    return _label(mapping, record, "reader") or slug(stem)


def row(mapping: ColumnMap, source_format: str, stem: str, record: Record) -> Row:
    """The review of a record."""
    text = _text(mapping, record, "text")
    rating = rating_from(_value(mapping, record, "rating"), mapping.best_rating)
    if not text.strip() and rating is None:
        raise BadRow("There is neither a text nor a rating.")
    reader = _label(mapping, record, "reader")
    return made_row(
        record.line,
        Reader(reader or slug(stem), reader or one_line(stem), source_format),
        _book(mapping, record),
        text,
        title=_text(mapping, record, "title"),
        rating=rating,
        written_at=_written_at(mapping, record),
    )


def _book(mapping: ColumnMap, record: Record) -> Book:
    title = title_line(_label(mapping, record, "book"))
    author = title_line(", ".join(_names(mapping, record, "author")))
    given_id = _label(mapping, record, "book_id")
    if not title and not given_id:
        raise BadRow("There is no book.")
    categories = _names(mapping, record, "categories")
    if len(categories) == 1:
        categories = tuple(re.split(r"[;,|]", categories[0]))
    return Book(
        id=book_id_of(given_id, mapping.columns.get("book_id", ""), title, author),
        title=title or given_id,
        author=author,
        year=year_in(_label(mapping, record, "year")),
        categories=tuple(filter(None, dict.fromkeys(map(title_line, categories)))),
    )


def _value(mapping: ColumnMap, record: Record, role: Role) -> object:
    column = mapping.columns.get(role)
    return None if column is None else record.fields.get(column)


def _text(mapping: ColumnMap, record: Record, role: Role) -> str:
    column = mapping.columns.get(role)
    return "" if column is None else text_of(record, column)


def _label(mapping: ColumnMap, record: Record, role: Role) -> str:
    column = mapping.columns.get(role)
    return "" if column is None else label_of(record, column)


def _names(mapping: ColumnMap, record: Record, role: Role) -> tuple[str, ...]:
    column = mapping.columns.get(role)
    return () if column is None else list_of(record, column)


def _written_at(mapping: ColumnMap, record: Record) -> datetime | None:
    column = mapping.columns.get("date")
    if column is None:
        return None
    stamped = unix_moment_of(record, column)
    return stamped or any_date_in(label_of(record, column), mapping.date_order)
