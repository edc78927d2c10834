"""Profile cards that the editor has rewritten, and the text that conditions a reader's models."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlite_utils import Database

from engine.domain import Profile
from engine.profile.card import card_of
from engine.store.database import put, rows
from engine.store.unpack import text


@dataclass(frozen=True)
class EditedCard:
    """A card in the editor's words."""

    text: str
    made_from: str
    """`print_of` the profile's own card at the time."""
    made_at: datetime


def print_of(profile: Profile) -> str:
    """A short hash of the card that a profile gives by itself."""
    return sha256(card_of(profile).text.encode()).hexdigest()[:16]


def find(db: Database, reader_id: str) -> EditedCard | None:
    """The edited card of a reader; None where the profile's own holds."""
    found = rows(db, "select * from card where reader_id = ?", reader_id)
    if not found:
        return None
    row = found[0]
    made_at = datetime.fromisoformat(text(row["made_at"]))
    return EditedCard(text(row["text"]), text(row["made_from"]), made_at)


def save(db: Database, profile: Profile, words: str) -> None:
    """Keep an edited card, with the card it was made from."""
    put(
        db,
        "card",
        {
            "reader_id": profile.reader_id,
            "text": words,
            "made_from": print_of(profile),
            "made_at": datetime.now(UTC).isoformat(),
        },
    )


def remove(db: Database, reader_id: str) -> None:
    """Let the profile's own card hold again."""
    db.execute("delete from card where reader_id = ?", [reader_id])


def conditioning_text(db: Database, profile: Profile) -> str:
    """What every model of a reader is given: the edited card, else the profile's own."""
    edited = find(db, profile.reader_id)
    return edited.text if edited else card_of(profile).text
