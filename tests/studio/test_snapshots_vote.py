"""How the Vote screen looks, at both sizes."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from textual.pilot import Pilot

from engine.judge.questions import PAIRWISE, Said
from engine.store import judge_answers
from engine.store.judge_answers import JudgeAnswer
from engine.votes import making, rounds
from engine.votes.ballot import Choice
from studio.app import StudioApp
from tests.studio.conftest import HOSTILE, press_and_draw
from tests.voting import described, keep, with_texts

SIZES = [(80, 24), (120, 40)]
LONG = (
    "Ada Marsh's quarrymen speak little and mean all of it. When the north face comes down, a "
    "mason's daughter finds in the rubble the ledger that her father swore was burnt, and with it "
    "the names of those who were paid to look away. "
)
PANES = ("base", "tuned")

Compare = Callable[..., bool]


@pytest.fixture
def round_id(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A round of two ballots on which Eva and Ben have voted, the one not to the end."""
    # A round's id and its ballots' codes follow from nothing; here they have to stay the same.
    monkeypatch.setattr(secrets, "token_hex", lambda _: "3f9a0c21")
    monkeypatch.setattr(secrets, "choice", Random(3).choice)
    with_texts(data_dir)
    keep(
        data_dir,
        described("v1", "base", f"{HOSTILE} {LONG * 3}"),
        described("v1", "tuned", LONG * 4),
    )
    own_id = making.make_round(data_dir, "ana", PANES, seed=3).id
    one, two = rounds.ballots(data_dir, own_id, "eva")
    said: tuple[tuple[str, str, Choice, tuple[str, ...]], ...] = (
        ("eva", one.code, "left", ("fits", "voice")),
        ("eva", two.code, "tie", ()),
        ("ben", one.code, "left", ("fits",)),
    )
    for voter, code, choice, why in said:
        rounds.cast(data_dir, voter, rounds.Said(code, choice, why))
    return own_id


def judged(data_dir: Path, round_id: str) -> None:
    """A judge of another family prefers what stands first on one book, and tuned on the other."""
    whole = rounds.revealed(data_dir, round_id)
    for aspect in PAIRWISE:
        for seat in whole.seats:
            for one, other in ((seat.left, seat.right), (seat.right, seat.left)):
                first = seat.book_id == "v1" or one == "tuned"
                answer = JudgeAnswer(
                    (seat.book_id, one, other, aspect),
                    "asked",
                    Said(1 if first else 2, 85, "so"),
                    (),
                    1,
                    100,
                    7,
                )
                judge_answers.save(data_dir, round_id, "qwen-7b at http://127.0.0.1/v1", answer)


def _opened(data_dir: Path, *keys: str) -> dict[str, object]:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, *keys)

    return {"app": StudioApp(data_dir, "vote"), "run_before": run_before}


AS_KIM = ("a", "ctrl+u", "k", "i", "m", "enter")
SHOWN = {
    "ballot": (*AS_KIM, "f", "g"),
    "changed": (*AS_KIM, "r", "backspace"),
    "voted": (*AS_KIM, "r", "t"),
    "reveal": (*AS_KIM, "x"),
    "new": (*AS_KIM, "n"),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.usefixtures("round_id")
def test_voting(shown: str, size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, *SHOWN[shown]), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_verdict(
    size: tuple[int, int], data_dir: Path, round_id: str, snap_compare: Compare
) -> None:
    rounds.reveal(data_dir, round_id, early=True)
    judged(data_dir, round_id)
    assert snap_compare(**_opened(data_dir), terminal_size=size)


def test_pairs_of_votes(data_dir: Path, round_id: str, snap_compare: Compare) -> None:
    rounds.reveal(data_dir, round_id, early=True)
    keep(data_dir, replace(described("v2", "tuned", "As it was."), edited_text="Not accepted."))
    assert snap_compare(**_opened(data_dir, "p"), terminal_size=(80, 24))


def test_nothing_to_vote_on(data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir), terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_rating_both_texts(
    size: tuple[int, int], data_dir: Path, round_id: str, snap_compare: Compare
) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "l", "y", "4")

    app = StudioApp(data_dir, "vote")
    assert snap_compare(app=app, run_before=run_before, terminal_size=size)
