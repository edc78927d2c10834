"""The books that descriptions are written for, by previews and at a training's checkpoints."""

from pathlib import Path

from engine.bank import books as bank_books
from engine.domain import Book
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.errors import BadInput


def books(data_dir: Path, reader_id: str | None = None) -> list[Book]:
    """Books a description can be written for: the bank's preview books, then imported ones.

    An imported book is offered when it has a description to write from; with a reader given,
    books that reader has reviewed are left out.
    """
    with opened(data_dir) as db:
        read = set(reader_rows.books_of(db, reader_id)) if reader_id else set()
        described = [book for book in reader_rows.described_books(db) if book.id not in read]
    return [*_bank_shelf(), *described]


def find_book(data_dir: Path, book_id: str) -> Book:
    """A book on offer, by its id or its exact title.

    Raises:
        BadInput: it is not on offer.
    """
    for book in _bank_shelf():
        if book_id in (book.id, book.title):
            return book
    with opened(data_dir) as db:
        found = reader_rows.find_described(db, book_id)
    if found is not None:
        return found
    some = ", ".join(book.id for book in books(data_dir)[:8])
    raise BadInput(
        f"No book {book_id!r} to describe.",
        f"Give the id of one with a description, such as {some}; `import books`, or i on the "
        "Readers screen, adds more.",
    )


def _bank_shelf() -> list[Book]:
    return [
        Book(
            id=book.id,
            title=book.title,
            author=book.author,
            year=book.year,
            description=book.description,
            genre=book.genre,
        )
        for book in bank_books()
        if book.use == "preview"
    ]
