"""Deletion for good: no journal to bring it back, no deleted text left in the file or its log."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from engine.domain import Review
from engine.store.database import rows
from engine.store.unpack import text


@contextmanager
def for_good(db: Database) -> Iterator[None]:
    """One transaction, all or nothing, that undo cannot take back.

    The whole journal goes with it, since what came before cannot be replayed without the rows.
    """
    db.execute("begin immediate")
    try:
        yield
        db.execute("delete from journal")
        db.execute("commit")
    except BaseException:
        db.rollback()
        raise
    db.execute("vacuum")
    db.execute("pragma wal_checkpoint(truncate)")


def remove_unreviewed(db: Database, book_ids: Iterable[str]) -> None:
    """Delete those of the books that nobody reviewed."""
    for book_id in book_ids:
        db.execute(
            "delete from book where id = ? and not exists "
            "(select 1 from review where book_id = book.id)",
            [book_id],
        )


def forget_review(db: Database, review: Review) -> None:
    """Delete a review with its findings, judgements and book, and the guesses made from it.

    Its id is kept, so that importing the file again does not bring it back.
    """
    db.execute("delete from review where id = ?", [review.id])
    db.execute("insert or ignore into forgotten_review values (?)", [review.id])
    db.execute("delete from suggestion where reader_id = ?", [review.reader_id])
    db.execute(
        "delete from genre_guess where reader_id = ? and book_id not in "
        "(select book_id from review where reader_id = ?)",
        [review.reader_id, review.reader_id],
    )
    remove_unreviewed(db, [review.book_id])


def review_ids(db: Database) -> set[str]:
    """The ids of all reviews that were forgotten."""
    return {text(row["id"]) for row in rows(db, "select id from forgotten_review")}
