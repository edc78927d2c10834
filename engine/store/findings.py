"""What judges found in the reviews, quote by quote: what every score of a profile is made from."""

from collections.abc import Collection, Mapping, Sequence

from sqlite_utils import Database

from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.store.database import rows
from engine.store.unpack import number, text


def save(db: Database, reader_id: str, findings: Sequence[Finding]) -> None:
    """Put newly found quotes in the place of the old; the reader has a profile already."""
    db.execute("delete from finding where reader_id = ?", [reader_id])
    db.table("finding").insert_all(
        (
            {
                "reader_id": reader_id,
                "trait_id": finding.trait_id,
                "review_id": finding.review_id,
                "start": finding.span.start,
                "end": finding.span.end,
                "quote": finding.span.quote,
                "stance": finding.stance,
            }
            for finding in findings
        ),
        ignore=True,
    )


def remove(db: Database, reader_id: str, trait_ids: Collection[str]) -> None:
    """Take the quotes for and against some traits away."""
    marks = ", ".join("?" for _ in trait_ids)
    db.execute(
        f"delete from finding where reader_id = ? and trait_id in ({marks})",
        [reader_id, *trait_ids],
    )


def of_reader(db: Database, reader_id: str) -> list[Finding]:
    """All quotes of a reader, in the order they were found."""
    found = rows(db, "select * from finding where reader_id = ? order by rowid", reader_id)
    return [
        Finding(
            text(row["trait_id"]),
            text(row["review_id"]),
            Span(int(number(row["start"])), int(number(row["end"])), text(row["quote"])),
            number(row["stance"]),
        )
        for row in found
    ]


def save_guesses(db: Database, reader_id: str, genres: Mapping[str, str]) -> None:
    """Put newly guessed genres (book id to genre id) in the place of the old."""
    db.execute("delete from genre_guess where reader_id = ?", [reader_id])
    db.table("genre_guess").insert_all(
        {"reader_id": reader_id, "book_id": book_id, "genre": genre}
        for book_id, genre in genres.items()
    )


def guesses_of(db: Database, reader_id: str) -> dict[str, str]:
    """Book id to the genre that the encoder guessed for it."""
    found = rows(db, "select * from genre_guess where reader_id = ?", reader_id)
    return {text(row["book_id"]): text(row["genre"]) for row in found}
