"""Readers, their reviews, and the books these are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from engine.domain import Book, Reader, Review
from engine.store.database import Row, packed, rows
from engine.store.forgotten import for_good, remove_unreviewed, review_ids
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
    """Add what is new; what is there already stays, and what was forgotten stays away.

    Of a book that is there, what was missing is filled in.

    Returns:
        The number of reviews added.
    """
    db.conn.executemany(_ADD_READER, [(one.id, one.name, one.source) for one in readers])
    db.conn.executemany(_FILL_BOOK, map(_book_row, books))
    gone = review_ids(db)
    kept = (review for review in reviews if review.id not in gone)
    return db.conn.executemany(_ADD_REVIEW, map(_review_row, kept)).rowcount


def save_books(db: Database, books: Sequence[Book]) -> None:
    """Add books, or bring the ones that are there up to date with what is told about them now."""
    db.conn.executemany(_UPDATE_BOOK, map(_book_row, books))


_ADD_READER = "insert into reader(id, name, source) values (?, ?, ?) on conflict(id) do nothing"
_ADD_REVIEW = (
    "insert into review(id, reader_id, book_id, text, title, rating, written_at) "
    "values (?, ?, ?, ?, ?, ?, ?) on conflict(id) do nothing"
)
_ADD_BOOK = (
    "insert into book(id, title, author, year, categories, description, genre) "
    "values (?, ?, ?, ?, ?, ?, ?) on conflict(id) do update set "
)
# A format without titles gives the id in the title's place. What would change nothing is not
# written, so that the journal has no entry for it.
_MISSING = {
    "title": "{row}.title = {row}.id",
    "author": "{row}.author = ''",
    "year": "{row}.year is null",
    "categories": "{row}.categories = '[]'",
    "description": "{row}.description = ''",
    "genre": "{row}.genre is null",
}
_KNOWN_LACKS = {name: test.format(row="book") for name, test in _MISSING.items()}
_NEW_LACKS = {name: test.format(row="excluded") for name, test in _MISSING.items()}
_FILL_BOOK = (
    _ADD_BOOK
    + ", ".join(
        f"{name} = case when {test} then excluded.{name} else book.{name} end"
        for name, test in _KNOWN_LACKS.items()
    )
    + " where "
    + " or ".join(f"({test} and not {_NEW_LACKS[name]})" for name, test in _KNOWN_LACKS.items())
)
_UPDATE_BOOK = (
    _ADD_BOOK
    + ", ".join(
        f"{name} = case when {test} then book.{name} else excluded.{name} end"
        for name, test in _NEW_LACKS.items()
    )
    + " where "
    + " or ".join(
        f"(not {test} and book.{name} is not excluded.{name})" for name, test in _NEW_LACKS.items()
    )
)


def _book_row(book: Book) -> tuple[object, ...]:
    return (
        book.id,
        book.title,
        book.author,
        book.year,
        packed(list(book.categories)),
        book.description,
        book.genre,
    )


def _review_row(review: Review) -> tuple[object, ...]:
    return (
        review.id,
        review.reader_id,
        review.book_id,
        review.text,
        review.title,
        review.rating,
        review.written_at.isoformat() if review.written_at else None,
    )


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


def add(db: Database, reader: Reader) -> None:
    """Add a reader who has no reviews yet.

    Raises:
        BadInput: a reader has that id or name already.
    """
    taken = rows(
        db,
        "select 1 from reader where id in (?1, ?2) or name in (?1, ?2)",
        reader.id,
        reader.name,
    )
    if taken:
        raise BadInput(f"There is a reader {reader.name!r} already.", "Give another name.")
    row = {"id": reader.id, "name": reader.name, "source": reader.source}
    db.table("reader").insert(row)


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
            "The Readers screen and `persona-studio readers` list them; i there, or `import`, adds "
            "some.",
        )
    return Reader(text(found[0]["id"]), text(found[0]["name"]), text(found[0]["source"]))


def reviews_of(db: Database, reader_id: str) -> list[Review]:
    """All reviews of one reader, oldest first."""
    found = rows(db, "select * from review where reader_id = ? order by written_at, id", reader_id)
    return [_review(row) for row in found]


def find_review(db: Database, reader_id: str, review_id: str) -> Review:
    """One review of a reader.

    Raises:
        BadInput: the reader has no such review.
    """
    found = rows(db, "select * from review where reader_id = ? and id = ?", reader_id, review_id)
    if not found:
        raise BadInput(
            f"Reader {reader_id!r} has no review {review_id!r}.",
            "`persona-studio profile show READER --evidence` names them beside each quote, the "
            "Profile screen their books.",
        )
    return _review(found[0])


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


def find_described(db: Database, wanted: str) -> Book | None:
    """The book of this id, or else of this exact title, if it has a description to write from."""
    found = rows(
        db,
        "select * from book where description != '' and (id = ?1 or title = ?1) "
        "order by id != ?1 limit 1",
        wanted,
    )
    return _book(found[0]) if found else None


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
    with for_good(db):
        books = list(books_of(db, reader_id))
        db.execute("delete from reader where id = ?", [reader_id])
        remove_unreviewed(db, books)


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
