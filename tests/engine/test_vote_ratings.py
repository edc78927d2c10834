"""Ratings from 1 to 5 beside votes: kept, read from sheets, and what they come to."""

from pathlib import Path

import pytest

from engine import desk
from engine.domain import Reader
from engine.editor_sheet import editor_sheet
from engine.intervals import student_t
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.votes import making, rounds
from engine.votes.ballot import Choice, Ratings
from engine.votes.counting import Rated, interest
from engine.votes.loading import form_of, load_votes
from engine.votes.rounds import Said
from engine.votes.verdict import verdict_of
from models.errors import BadInput
from studio.sheets.editors import as_markdown
from studio.vote_words import verdict_lines
from tests.engine.conftest import a_profile
from tests.voting import with_texts


@pytest.fixture
def round_id(data_dir: Path) -> str:
    with opened(data_dir) as db, change(db, "Import"):
        reader_rows.add(db, Reader("ana", "Ana", "jsonl"))
    with_texts(data_dir)
    return making.make_round(data_dir, "ana", ("base", "tuned"), seed=1).id


def test_a_text_counts_once_however_many_rated_it() -> None:
    """Texts b1: (5 + 3) / 2 = 4, b2: 2. Mean 3, s = sqrt 2, half width t(1) * sqrt 2 / sqrt 2."""
    ratings = [
        Rated("tuned", "b1", 5, "eva"),
        Rated("tuned", "b1", 3, "ben"),
        Rated("tuned", "b2", 2, "eva"),
        Rated("base", "b1", 1, "eva"),
    ]
    found = interest(ratings)
    tuned = found["tuned"]
    assert (tuned.mean, tuned.ratings, tuned.voters) == (3.0, 3, 2)
    assert tuned.interval == pytest.approx((3 - student_t(1), 3 + student_t(1)))
    assert (found["base"].mean, found["base"].interval) == (1.0, None)


def test_ratings_are_kept_with_the_vote_and_stay_when_it_changes(
    data_dir: Path, round_id: str
) -> None:
    first, _ = rounds.ballots(data_dir, round_id, "eva")
    with pytest.raises(BadInput, match="eva has not voted on"):
        rounds.rate(data_dir, "eva", first.code, (1, 2))
    rounds.cast(data_dir, "eva", Said(first.code, "left", (), (4, None)))
    rounds.cast(data_dir, "eva", Said(first.code, "right"))
    assert rating(data_dir, round_id, "eva") == (4, None)
    rounds.rate(data_dir, "eva", first.code, (None, 2))
    assert rating(data_dir, round_id, "eva") == (None, 2)
    desk.undo(data_dir)
    assert rating(data_dir, round_id, "eva") == (4, None)
    with pytest.raises(BadInput, match="6 is no rating"):
        rounds.rate(data_dir, "eva", first.code, (6, 1))


def rating(data_dir: Path, round_id: str, voter: str) -> Ratings:
    first, _ = rounds.ballots(data_dir, round_id, voter)
    assert first.vote is not None
    return first.vote.rated


def test_the_verdict_and_the_sheet_tell_what_people_would_read(
    data_dir: Path, round_id: str
) -> None:
    for voter in ("eva", "ben"):
        for ballot in rounds.ballots(data_dir, round_id, voter):
            tuned_left = "voice 2" in ballot.left
            rated = (5, 2) if tuned_left else (2, 5)
            choice: Choice = "left" if tuned_left else "right"
            rounds.cast(data_dir, voter, Said(ballot.code, choice, (), rated))
    whole = rounds.reveal(data_dir, round_id)
    verdict = verdict_of(whole)
    assert verdict.interest["tuned"].mean == 5.0
    assert "Interest of tuned: 5.0 of 5 (5.0 to 5.0), 4 ratings by 2 voters" in [
        *verdict_lines(whole, verdict)
    ]
    with opened(data_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, a_profile(reader_id="ana"))
    page = as_markdown(editor_sheet(data_dir, "ana", "v1"))
    assert "Interest of base: 2.0 of 5 (2.0 to 2.0), 4 ratings by 2 voters" in page


def test_ratings_come_back_from_a_sheet_and_wrong_ones_are_listed(
    data_dir: Path, round_id: str, tmp_path: Path
) -> None:
    first, second = rounds.ballots(data_dir, round_id, "eva")
    assert "rated_left,rated_right" in form_of((first.code,))
    table = tmp_path / "votes.csv"
    table.write_text(
        "code,vote,why,voter,rated_left,rated_right\n"
        f"{first.code},left,,eva,5,\n"
        f"{second.code},right,,eva,9,1\n"
        f"{second.code},,,ben,3,1\n"
    )
    loaded = load_votes(data_dir, table)
    assert (loaded.votes, loaded.added) == (1, 1)
    assert [row.reason for row in loaded.skipped] == [
        "'9' is no rating: write 1 to 5.",
        "The row rates and does not vote: write left, right, tie or both bad too.",
    ]
    assert rating(data_dir, round_id, "eva") == (5, None)
    table.write_text(f"code,vote,voter\n{first.code},right,eva\n")
    assert load_votes(data_dir, table).changed == 1
    assert rating(data_dir, round_id, "eva") == (5, None)
