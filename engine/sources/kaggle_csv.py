"""The "Amazon Books Reviews" data set of Kaggle: its file of reviews and its file of books.

Reviews: Id, Title, User_id, profileName, review/score, review/time (seconds), review/summary,
review/text. A row without a User_id is left out: such rows are by many people, and a profile of all
of them would be nobody's. Books: Title, description, authors, publishedDate, categories; they carry
no id, so theirs is made of title and authors.
"""

import ast
from collections.abc import Iterator

from engine.domain import Book, Reader, Skipped
from engine.sources.dates import year_in
from engine.sources.opening import Source
from engine.sources.records import (
    BadRow,
    Record,
    converted,
    label_of,
    required_label,
    required_text,
    text_of,
)
from engine.sources.rows import (
    Row,
    made_row,
    moment_of,
    required_rating,
    slug,
    title_line,
    without_html,
)
from engine.sources.table import table_records

FORMAT = "kaggle_csv"


def reader_id(_: str, record: Record) -> str:
    """Who wrote the review of a row."""
    user_id = label_of(record, "User_id")
    if not user_id:
        raise BadRow("It has no User_id: nobody can say whose review it is.")
    return user_id


def books(source: Source) -> Iterator[Book | Skipped]:
    """The books of the file, one at a time."""
    return converted(table_records(source), _book)


def row(stem: str, record: Record) -> Row:
    """The review of a row."""
    user_id = reader_id(stem, record)
    name = title_line(text_of(record, "profileName"))
    book_id = required_label(record, "Id")
    return made_row(
        record.line,
        Reader(user_id, name or user_id, FORMAT),
        Book(book_id, title_line(text_of(record, "Title")) or book_id),
        required_text(record, "review/text"),
        title=text_of(record, "review/summary"),
        rating=required_rating(record, "review/score"),
        written_at=moment_of(record, "review/time", units_per_s=1),
    )


def _book(record: Record) -> Book:
    title = title_line(required_label(record, "Title"))
    author = ", ".join(_names(text_of(record, "authors")))
    return Book(
        id=slug(title, author),
        title=title,
        author=author,
        year=year_in(text_of(record, "publishedDate")),
        categories=_names(text_of(record, "categories")),
        description=without_html(text_of(record, "description")),
    )


def _names(cell: str) -> tuple[str, ...]:
    """The names in a cell such as `['Camillia Fawzi El-Solh', 'Judy Mabro']`."""
    try:
        names = ast.literal_eval(cell) if cell.startswith("[") else [cell]
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        names = [cell]
    return tuple(filter(None, (title_line(str(name)) for name in names)))
