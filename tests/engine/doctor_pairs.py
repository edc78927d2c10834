"""Hand-made pairs and profiles for the tests of the pair doctor."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.bank import scenarios
from engine.domain import PreferencePair, Profile, Trait
from engine.pairs.build import pairs_for
from engine.pairs.doctor.finding import Found
from engine.pairs.doctor.patient import Lengths, Patient
from tests.engine.conftest import a_profile, known

STATEMENT = "schwartz.face.1"
FACET = "ocean.openness.imagination"
WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
RICH = a_profile(
    *(known(name, 0.6) for name in dict.fromkeys(scene.statement for scene in scenarios()[:60])),
    known(STATEMENT, 0.6),
    known(FACET, -0.6),
    known("interests.poetry", 0.5),
    known("interests.memoir_and_biography", 0.4),
    known("interests.horror", -0.5),
)


def built(profile: Profile = RICH) -> list[PreferencePair]:
    return pairs_for(profile)


def a_pair(number: int, chosen: str, rejected: str, topic: str = "") -> PreferencePair:
    """A pair that no bank entry made, of a topic of its own."""
    return PreferencePair(
        id=f"p{number}",
        reader_id="ann",
        track="values",
        trait_id="",
        topic=topic or f"topic {number}",
        prompt=f"Which scene of the {number} would you read?",
        chosen=chosen,
        rejected=rejected,
        origin=f"file.{number}",
        made="imported",
    )


def patient(
    pairs: Sequence[PreferencePair], *traits: Trait, lengths: Lengths | None = None
) -> Patient:
    return Patient(tuple(pairs), a_profile(*traits) if traits else None, lengths)


def of_rich(pairs: Sequence[PreferencePair]) -> Patient:
    return Patient(tuple(pairs), RICH)


def changed(
    pairs: Sequence[PreferencePair], of: PreferencePair, **fields: Any
) -> list[PreferencePair]:
    """The pairs with some fields of one of them set."""
    return [replace(pair, **fields) if pair == of else pair for pair in pairs]


def ids(found: Found | None) -> list[str]:
    return [case.pair_id for case in found.cases] if found else []


def after(found: Found | None, pair_id: str) -> PreferencePair:
    """The pair as mending would leave it."""
    assert found is not None
    mended = next(case.mended for case in found.cases if case.pair_id == pair_id)
    assert mended is not None
    return mended
