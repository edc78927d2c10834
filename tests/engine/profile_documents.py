"""Two readers, and profiles of theirs as documents: what the tests of profile files share."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.domain import (
    Book,
    Evidence,
    Profile,
    Reader,
    Review,
    Trait,
)
from engine.profile.document import schema
from engine.profile.findings import Finding
from engine.profile_files import exported
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.store.loading import replace_profile

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
REVIEWS = (
    Review("r1", "ana", "b1", "I like a quiet book. 茶と本。 ¡Qué libro!", "", 4.0, NOW),
    Review("r2", "ana", "b2", "Too long by half, and I cried at the end.", "", 2.0, NOW),
)
BOOKS = (Book("b1", "Emma"), Book("b2", "Gora"))
TRAIT = Trait("ocean.openness", "ocean", 0.5, 0.6, "known", (Evidence("r1", 0, 6, "I like", 0.5),))
VALIDATOR = Draft202012Validator(schema())


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Ana with two reviews and a profile of one trait; Bo without reviews."""
    with_readers(tmp_path)
    stored(tmp_path, Profile("ana", "embedded", (TRAIT,), NOW))
    return tmp_path


def with_readers(data_dir: Path) -> None:
    people = [Reader("ana", "Ana", "jsonl"), Reader("bo", "Bo", "by hand")]
    with opened(data_dir) as db, change(db, "Import reviews"):
        reader_rows.save(db, people, BOOKS, REVIEWS)


def stored(
    data_dir: Path,
    profile: Profile,
    findings: tuple[Finding, ...] = (),
    guesses: dict[str, str] | None = None,
) -> None:
    with opened(data_dir) as db, change(db, "Build a profile"):
        replace_profile(db, profile, findings, guesses or {})


def built(data_dir: Path, reader_id: str = "ana") -> Profile:
    with opened(data_dir) as db:
        return profile_rows.built(db, reader_id)


def document(data_dir: Path, **changes: object) -> dict[str, Any]:
    """Ana's profile as exported, with fields of its first trait changed; None takes one out."""
    told: dict[str, Any] = json.loads(json.dumps(exported(data_dir, "ana")))
    told["traits"][0] |= changes
    for name in [name for name, value in changes.items() if value is None]:
        del told["traits"][0][name]
    return told


def file_of(folder: Path, told: object) -> Path:
    path = folder / "profile.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return path
