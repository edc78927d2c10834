"""Readers, their reviews, and the books these are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from engine.domain import Book, Reader, Review
from engine.store.database import Row, packed, put, rows
from engine.store.unpack import number, text, texts
from models.errors import BadInput


@dataclass(frozen=True)
class ReaderSummary:
    """A line of the list of readers."""

    id: str
    name: str
    source: str
    reviews: int
    words: int
    profile_built: bool
    pairs: int


def save(
    db: Database, readers: Sequence[Reader], books: Sequence[Book], reviews: Sequence[Review]
) -> int:
    """Add what is new; what is there already stays as it is. Returns the reviews added."""
    for reader in readers:
        row = {"id": reader.id, "name": reader.name, "source": reader.source}
        db.table("reader").insert(row, ignore=True)
    for book in books:
        _save_book(db, book)
    before = db.table("review").count
    db.table("review").insert_all(map(_review_row, reviews), ignore=True)
    return int(db.table("review").count) - int(before)


def save_books(db: Database, books: Sequence[Book]) -> None:
    """Add books, or fill in what was missing of the ones that are there."""
    for book in books:
        _save_book(db, book)


def _save_book(db: Database, book: Book) -> None:
    known = find_book(db, book.id)
    has_no_title = book.title == book.id  # formats without titles give the id in its place
    put(
        db,
        "book",
        {
            "id": book.id,
            "title": known.title if known and has_no_title else book.title,
            "author": book.author or (known.author if known else ""),
            "year": book.year or (known.year if known else None),
            "categories": packed(list(book.categories or (known.categories if known else ()))),
            "description": book.description or (known.description if known else ""),
            "genre": book.genre or (known.genre if known else None),
        },
    )


def _review_row(review: Review) -> dict[str, object]:
    return {
        "id": review.id,
        "reader_id": review.reader_id,
        "book_id": review.book_id,
        "text": review.text,
        "title": review.title,
        "rating": review.rating,
        "written_at": review.written_at.isoformat() if review.written_at else None,
    }


def summaries(db: Database) -> list[ReaderSummary]:
    """Every reader, those with most reviews first."""
    found = rows(
        db,
        """
        select reader.id, reader.name, reader.source,
            (select count(*) from review where reader_id = reader.id) as reviews,
            (select coalesce(sum(length(text) - length(replace(text, ' ', '')) + 1), 0)
                from review where reader_id = reader.id and text != '') as words,
            exists (select 1 from profile where reader_id = reader.id) as profile_built,
            (select count(*) from pair where reader_id = reader.id and not dropped) as pairs
        from reader order by reviews desc, reader.name
        """,
    )
    return [
        ReaderSummary(
            text(row["id"]),
            text(row["name"]),
            text(row["source"]),
            int(number(row["reviews"])),
            int(number(row["words"])),
            bool(row["profile_built"]),
            int(number(row["pairs"])),
        )
        for row in found
    ]


def find(db: Database, reader_id: str) -> Reader:
    """One reader, by id or by the exact name.

    Raises:
        BadInput: there is none, or the name belongs to several.
    """
    found = rows(db, "select * from reader where id = ?", reader_id) or rows(
        db, "select * from reader where name = ?", reader_id
    )
    if len(found) > 1:
        raise BadInput(f"{len(found)} readers are called {reader_id!r}.", "Give the id instead.")
    if not found:
        raise BadInput(
            f"No reader {reader_id!r} here.",
            "`persona-studio readers` lists them, `import` adds some.",
        )
    return Reader(text(found[0]["id"]), text(found[0]["name"]), text(found[0]["source"]))


def reviews_of(db: Database, reader_id: str) -> list[Review]:
    """All reviews of one reader, oldest first."""
    found = rows(db, "select * from review where reader_id = ? order by written_at, id", reader_id)
    return [_review(row) for row in found]


def books_of(db: Database, reader_id: str) -> dict[str, Book]:
    """The books one reader reviewed, by id."""
    found = rows(
        db,
        "select * from book where id in (select book_id from review where reader_id = ?)",
        reader_id,
    )
    return {book.id: book for book in map(_book, found)}


def find_book(db: Database, book_id: str) -> Book | None:
    found = rows(db, "select * from book where id = ?", book_id)
    return _book(found[0]) if found else None


def described_books(db: Database) -> list[Book]:
    """Books that have a description to write from."""
    return [
        _book(row) for row in rows(db, "select * from book where description != '' order by title")
    ]


def is_sensitive_allowed(db: Database, reader_id: str) -> bool:
    """Whether sensitive items are switched on for this reader."""
    found = rows(db, "select sensitive from reader where id = ?", reader_id)
    return bool(found and found[0]["sensitive"])


def set_sensitive(db: Database, reader_id: str, on: bool) -> None:
    """Switch sensitive items on or off for one reader."""
    db.execute("update reader set sensitive = ? where id = ?", [int(on), reader_id])


def forget(db: Database, reader_id: str) -> None:
    """Delete a reader with everything derived, the books nobody else reviewed, and the journal.

    Forgetting cannot be undone: a journal that could bring a person back would not be forgetting.
    All of it goes, since what came before cannot be replayed without the reader's rows.
    """
    with db.atomic():
        books = list(books_of(db, reader_id))
        db.execute("delete from reader where id = ?", [reader_id])
        for book_id in books:
            db.execute(
                "delete from book where id = ? and not exists "
                "(select 1 from review where book_id = book.id)",
                [book_id],
            )
        db.execute("delete from journal")
    db.execute("vacuum")
    db.execute("pragma wal_checkpoint(truncate)")


def _review(row: Row) -> Review:
    written_at = row["written_at"]
    return Review(
        id=text(row["id"]),
        reader_id=text(row["reader_id"]),
        book_id=text(row["book_id"]),
        text=text(row["text"]),
        title=text(row["title"]),
        rating=None if row["rating"] is None else number(row["rating"]),
        written_at=datetime.fromisoformat(text(written_at)) if written_at else None,
    )


def _book(row: Row) -> Book:
    return Book(
        id=text(row["id"]),
        title=text(row["title"]),
        author=text(row["author"]),
        year=None if row["year"] is None else int(number(row["year"])),
        categories=texts(row["categories"]),
        description=text(row["description"]),
        genre=None if row["genre"] is None else text(row["genre"]),
    )
