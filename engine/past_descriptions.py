"""What previews wrote before, and what the checks find in it, as front ends see it."""

from pathlib import Path

from engine.cards import conditioning_text
from engine.description_checks import Flag, Sources, flags
from engine.domain import Description
from engine.shelf import find_book
from engine.store import readers as reader_rows
from engine.store.database import opened
from engine.store.descriptions import descriptions_of


def past_descriptions(
    data_dir: Path, reader_id: str, book_id: str | None = None
) -> list[Description]:
    """What was written for a reader, of one book or of all, the newest first.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        return descriptions_of(db, reader_rows.find(db, reader_id).id, book_id)


def flags_of(data_dir: Path, description: Description) -> tuple[Flag, ...]:
    """What the checks find in a description, against its book and the card as both are now.

    Raises:
        BadInput: the book is gone, or the reader's profile.
    """
    book = find_book(data_dir, description.book_id)
    told = description.near
    if description.with_card:
        card = conditioning_text(data_dir, description.card_of or description.reader_id)
        told = (card, *told)
    sources = Sources(book.title, book.author, book.description, book.year, told)
    return flags(description.final_text, sources)
