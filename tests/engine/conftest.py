"""Readers, profiles and pairs that tests of the engine share."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import Book, Evidence, Profile, Reader, Review, Trait, framework_of
from engine.frameworks import all_dimensions, all_statements, dimensions, genres
from engine.profile.assemble import Material, assembled
from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.encoder import Encoder
from models.library import embedded_encoder

WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
TEXT = "I love how the crew decides together. The captain should ask more."


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The sentence encoder that comes with the program."""
    return Encoder.load(embedded_encoder())


def known(trait_id: str, score: float) -> Trait:
    """A known trait with one real span of `TEXT`."""
    span = Evidence("r1", 0, 37, TEXT[:37], score)
    return Trait(trait_id, framework_of(trait_id), score, 0.8, "known", (span,))


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


def read(
    data_dir: Path,
    texts: Sequence[str],
    findings: Sequence[tuple[str, int, float]],
    genres: Sequence[str] = (),
    ratings: Sequence[float] = (),
    sensitive: bool = False,
) -> None:
    """Store a reader `ann` whose reviews r0, r1, … were read; a finding is (trait, review, stance).

    The quote of each finding is the whole review. Review n was written in the year 2000 + n.
    """
    books = [
        Book(f"b{n}", f"Book {n}", genre=genres[n] if n < len(genres) else None)
        for n in range(len(texts))
    ]
    reviews = [
        Review(
            f"r{n}",
            "ann",
            f"b{n}",
            text,
            rating=ratings[n] if n < len(ratings) else None,
            written_at=datetime(2000 + n, 1, 1, tzinfo=UTC),
        )
        for n, text in enumerate(texts)
    ]
    found = tuple(
        Finding(trait, f"r{n}", Span(0, len(texts[n]), texts[n]), stance)
        for trait, n, stance in findings
    )
    material = Material(tuple(reviews), {book.id: book for book in books}, found, {}, sensitive)
    with opened(data_dir) as db, change(db, "Build a profile"):
        reader_rows.save(db, [Reader("ann", "Ann", "jsonl")], books, reviews)
        reader_rows.set_sensitive(db, "ann", sensitive)
        profile_rows.save(db, Profile("ann", "some-model", assembled(material), WHEN))
        finding_rows.save(db, "ann", found)


def trait_of(profile: Profile, trait_id: str) -> Trait:
    trait = profile.trait(trait_id)
    assert trait is not None
    return trait


def scored_ids() -> list[str]:
    """The ids of all traits that have a score: everything but the demographic facts."""
    return [
        *(f"interests.{genre}" for genre in genres()),
        *(scale.id for scale in dimensions("aversions")),
        *all_dimensions(),
        *all_statements(),
    ]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared with tests/models, so that a session dequantises the embedded model once."""
    return tmp_path_factory.getbasetemp() / "model-cache"


@pytest.fixture(scope="session")
def tiny_base(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base that trains in seconds."""
    # Here, so that no other test waits for torch.
    from tests.engine.tiny_training import save_tiny_base

    folder = tmp_path_factory.mktemp("tiny") / "base"
    save_tiny_base(folder, cache_dir)
    return folder


JOB = """
import os, time
from models.events import Finished, Item, Note, Step

def work(run, settings, asked_to_stop):
    yield Note("at work in " + os.path.basename(os.getcwd()))
    if settings.get("fail"):
        raise OSError(28, "No space left on device", "somewhere")
    for i in range(settings["steps"]):
        if asked_to_stop.is_set():
            return
        yield Step(i + 1, settings["steps"])
        time.sleep(settings.get("pause", 0))
    yield Finished({"answer": 42})
"""


@pytest.fixture
def a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small job of the tests' own in the place of the profile's, in the children only."""
    room = tmp_path / "room"
    room.mkdir()
    (room / "small_job.py").write_text(JOB)
    (room / "sitecustomize.py").write_text(
        "import sys, small_job; sys.modules['engine.profile.job'] = small_job"
    )
    monkeypatch.setenv("PYTHONPATH", f"{room}{os.pathsep}{os.environ['PYTHONPATH']}")
