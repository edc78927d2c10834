"""The library export of Goodreads: one CSV row for each book on one reader's shelves.

The reader is named after the file. A book that is rated but not reviewed is a review with an empty
text, because ratings tell interests; one that is neither (most of the to-read shelf) is nothing.
Private notes and other people's average rating are not read.
"""

from engine.domain import Book
from engine.sources.dates import date_in, year_in
from engine.sources.records import Record, number_of, one_line, required_label, text_of
from engine.sources.rows import Row, made_row, rating_of, reader_of_file, title_line

FORMAT = "goodreads_csv"
_SHELVES_THAT_TELL_PROGRESS = frozenset(("read", "to-read", "currently-reading", ""))


def row(stem: str, record: Record) -> Row | None:
    """The rated or reviewed book of a row; None for one that is neither."""
    text = text_of(record, "My Review")
    is_rated = number_of(record, "My Rating") not in (None, 0)
    if not is_rated and not text.strip():
        return None
    return made_row(
        record.line,
        reader_of_file(stem, FORMAT),
        _book(record),
        text,
        rating=rating_of(record, "My Rating") if is_rated else None,
        written_at=date_in(text_of(record, "Date Read") or text_of(record, "Date Added")),
    )


def _book(record: Record) -> Book:
    isbn13 = text_of(record, "ISBN13").strip('=" ')
    shelves = (title_line(shelf) for shelf in text_of(record, "Bookshelves").split(","))
    return Book(
        id=one_line(isbn13) or f"gr:{required_label(record, 'Book Id')}",
        title=title_line(required_label(record, "Title")),
        author=title_line(text_of(record, "Author")),
        year=year_in(text_of(record, "Original Publication Year"))
        or year_in(text_of(record, "Year Published")),
        categories=tuple(
            shelf for shelf in dict.fromkeys(shelves) if shelf not in _SHELVES_THAT_TELL_PROGRESS
        ),
    )
