"""Amazon Reviews 2023 (McAuley Lab): one JSON object on a line, also with the product's title.

Fields: user_id, asin and/or parent_asin, rating, title, text, timestamp (milliseconds), and, where
a sample was joined with its products, product_title ("Title by First Last" for books), category
and product_categories. Reviews of any product are taken: they tell about the person too.
"""

from engine.domain import Book, Reader
from engine.sources.records import Record, list_of, required_label, required_text, text_of
from engine.sources.rows import (
    Row,
    made_row,
    moment_of,
    required_rating,
    split_author,
    title_line,
)

FORMAT = "amazon2023"
READER_FIELD = "user_id"
_BOOK_CATEGORIES = frozenset(("Books", "Kindle_Store", "Kindle Store", "Audible_Audiobooks"))


def row(_: str, record: Record) -> Row:
    """The review on a line of the file."""
    reader_id = required_label(record, READER_FIELD)
    return made_row(
        record.line,
        Reader(reader_id, reader_id, FORMAT),
        _book(record),
        required_text(record, "text"),
        title=text_of(record, "title"),
        rating=required_rating(record, "rating"),
        written_at=moment_of(record, "timestamp", units_per_s=1000),
    )


def _book(record: Record) -> Book:
    book_id = required_label(record, "parent_asin", "asin")
    named = (*list_of(record, "category"), *list_of(record, "product_categories"))
    categories = tuple(dict.fromkeys(map(title_line, named)))
    title, author = title_line(text_of(record, "product_title")), ""
    if not categories or _BOOK_CATEGORIES.intersection(categories):
        title, author = split_author(title)
    return Book(book_id, title or book_id, author, categories=categories)
