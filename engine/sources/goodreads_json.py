"""The UCSD Book Graph (Wan and McAuley 2018): Goodreads' public reviews and books, JSON Lines.

Reviews: user_id, book_id, review_id, rating (0: not rated), review_text, date_added and read_at as
`Sun Jul 30 07:44:10 -0700 2017` or empty. The interactions files of the set have the same but for
review_text_incomplete, which is mostly empty. Books: book_id, title, title_without_series, isbn13,
description, publication_year, popular_shelves (name, count), and authors as ids only, whose names
are in a file of their own that is not read. Field names as in rows of both files that the set's
users quote; every value of a book is a string there.

A book goes by Goodreads' id, so that reviews and books of the set find each other.
"""

from engine.domain import Book, Reader
from engine.sources.dates import date_in, year_in
from engine.sources.records import (
    BadRow,
    Record,
    label_of,
    number_of,
    required_label,
    text_of,
)
from engine.sources.rows import Row, made_row, rating_of, title_line, without_html

FORMAT = "goodreads_json"
READER_FIELD = "user_id"
SHELVES_TAKEN = 8
_SHELVES_THAT_TELL_NO_GENRE = (
    "to-read", "currently-reading", "read", "favorites", "favourites", "owned", "books-i-own",
    "my-books", "my-library", "default", "library", "kindle", "ebook", "ebooks", "audiobook",
    "audiobooks", "wish-list", "to-buy", "dnf", "re-read", "i-own", "own-it", "abandoned",
)  # fmt: skip


def row(_: str, record: Record) -> Row | None:
    """The review on a line; None for a book that was neither rated nor reviewed."""
    reader_id = required_label(record, READER_FIELD)
    text = text_of(record, "review_text") or text_of(record, "review_text_incomplete")
    is_rated = number_of(record, "rating") not in (None, 0)
    if not is_rated and not text.strip():
        return None
    book_id = book_id_of(record)
    return made_row(
        record.line,
        Reader(reader_id, reader_id, FORMAT),
        Book(book_id, book_id),
        text,
        rating=rating_of(record, "rating") if is_rated else None,
        written_at=date_in(text_of(record, "date_added") or text_of(record, "read_at")),
    )


def book(record: Record) -> Book:
    """The book on a line."""
    title = text_of(record, "title_without_series") or required_label(record, "title")
    return Book(
        id=book_id_of(record),
        title=title_line(title),
        year=year_in(label_of(record, "publication_year")),
        categories=tuple(_shelves(record))[:SHELVES_TAKEN],
        description=without_html(text_of(record, "description")),
    )


def book_id_of(record: Record) -> str:
    """Goodreads' own id, as its library export gives it too where it has no ISBN."""
    return f"gr:{required_label(record, 'book_id')}"


def _shelves(record: Record) -> list[str]:
    """What readers shelve the book under, most common first."""
    shelves = record.fields.get("popular_shelves")
    if not isinstance(shelves, list):
        return []
    names = [shelf.get("name") for shelf in shelves if isinstance(shelf, dict)]
    if not all(isinstance(name, str) for name in names):
        raise BadRow("The field 'popular_shelves' should be a list of names with counts.")
    told = (title_line(str(name)) for name in names)
    return [name for name in told if name and name not in _SHELVES_THAT_TELL_NO_GENRE]
