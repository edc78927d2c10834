"""Readers, profiles and pairs that tests of the engine share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import Book, Evidence, Profile, Reader, Review, Trait
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened

WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
TEXT = "I love how the crew decides together. The captain should ask more."


def known(trait_id: str, score: float, framework: str | None = None) -> Trait:
    """A known trait with one real span of `TEXT`."""
    kind = framework or trait_id.split(".")[0]
    span = Evidence("r1", 0, 37, TEXT[:37], score)
    return Trait(trait_id, kind, score, 0.8, "known", (span,))  # type: ignore[arg-type] # by id


def a_profile(*traits: Trait, reader_id: str = "ann") -> Profile:
    return Profile(reader_id, "embedded", traits, WHEN)


def a_review(review_id: str = "r1", reader_id: str = "ann", text: str = TEXT) -> Review:
    return Review(review_id, reader_id, "b1", text, "A good crew", 5.0, WHEN)


def fill(data_dir: Path, *profiles: Profile, reviews: Sequence[Review] = ()) -> None:
    """Two readers, a book, a review of Ann's, and the given profiles."""
    people = [Reader("ann", "Ann", "amazon2023"), Reader("bo", "Bo", "amazon2023")]
    book = Book("b1", "The Long Boat", "E. Sailor", 1990, ("Sea stories",))
    with opened(data_dir) as db, change(db, "Import reviews"):
        reader_rows.save(db, people, [book], reviews or [a_review()])
        for profile in profiles:
            profile_rows.save(db, profile)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared with tests/models, so that a session dequantises the embedded model once."""
    return tmp_path_factory.getbasetemp() / "model-cache"
