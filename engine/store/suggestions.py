"""Guesses that classifiers made and nobody has decided on."""

from datetime import datetime

from sqlite_utils import Database

from engine.domain import Suggestion
from engine.store.database import put, rows
from engine.store.unpack import number, text


def save(db: Database, reader_id: str, guess: Suggestion) -> None:
    """Keep a guess, in the place of what the same model guessed before."""
    put(
        db,
        "suggestion",
        {
            "reader_id": reader_id,
            "trait_id": guess.trait_id,
            "model": guess.model,
            "value": guess.value,
            "probability": guess.probability,
            "accuracy": guess.accuracy,
            "made_at": guess.made_at.isoformat(),
        },
    )


def of_reader(db: Database, reader_id: str) -> tuple[Suggestion, ...]:
    """All guesses about one reader, fact by fact."""
    found = rows(
        db, "select * from suggestion where reader_id = ? order by trait_id, model", reader_id
    )
    return tuple(
        Suggestion(
            text(row["trait_id"]),
            text(row["value"]),
            number(row["probability"]),
            text(row["model"]),
            text(row["accuracy"]),
            datetime.fromisoformat(text(row["made_at"])),
        )
        for row in found
    )


def remove(db: Database, reader_id: str, guess: Suggestion) -> None:
    """Take a guess away."""
    db.execute(
        "delete from suggestion where reader_id = ? and trait_id = ? and model = ?",
        [reader_id, guess.trait_id, guess.model],
    )
