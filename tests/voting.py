"""Descriptions of two books by two models, for tests of what is voted on."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Book, Description
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.store.descriptions import add_description
from models.chat import Sampling

MADE_AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SECRETS = ("base", "tuned", "original", "smol-base.gguf", "ana-q4.gguf", "aaaa1111", "bbbb2222")
"""What no voter may see before the reveal."""
BOOKS = (
    Book("v1", "Salt [and] Stone", "Ada Marsh", 1990, description="A quarry town.", genre="travel"),
    Book("v2", "The Long Ebb", "Ines Roth", 2001, description="Two sisters.", genre="fantasy"),
)


def described(
    book_id: str, pane_id: str, text: str, *, reader_id: str = "ana", sha256: str = ""
) -> Description:
    """A finished description; its model and hash follow from the pane."""
    is_tuned = pane_id == "tuned"
    return Description(
        reader_id=reader_id,
        book_id=book_id,
        pane_id=pane_id,
        model_name="ana-q4.gguf" if is_tuned else "smol-base.gguf",
        model_sha256=sha256 or ("bbbb2222" if is_tuned else "aaaa1111"),
        with_card=True,
        near=(),
        sampling=Sampling(),
        prompt_sha256="cccc3333",
        text=text,
        made_at=MADE_AT,
        stopped="end",
    )


def keep(data_dir: Path, *written: Description) -> None:
    """Put descriptions into the store as a preview would."""
    with opened(data_dir) as db, change(db, "Write descriptions"):
        for one in written:
            add_description(db, one)


def with_texts(data_dir: Path, reader_id: str = "ana") -> None:
    """Two books on the shelf, each described by the base and by the tuned model."""
    with opened(data_dir) as db, change(db, "Import books"):
        reader_rows.save_books(db, BOOKS)
    keep(
        data_dir,
        *(
            replace(
                described(book.id, pane, f"{book.title} as told by voice {at}, at length."),
                reader_id=reader_id,
            )
            for book in BOOKS
            for at, pane in enumerate(("base", "tuned"), 1)
        ),
    )
