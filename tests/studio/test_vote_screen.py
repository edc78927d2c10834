"""Blind votes on screen: one key a ballot, and no name before the end."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Select

from engine import desk
from engine.votes import making, rounds
from engine.votes.rounds import Said
from studio.screens.choose_provider import ChooseProvider
from studio.screens.confirm import Confirm
from studio.screens.make_round import MakeRound
from studio.screens.rate_sides import RateSides
from studio.screens.show_lines import ShowLines
from studio.screens.vote import VoteScreen
from tests.judging import Bench, sitting
from tests.voting import SECRETS, described, keep, with_texts

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window

PANES = ("base", "tuned")


@pytest.fixture
def round_id(data_dir: Path) -> str:
    with_texts(data_dir)
    return making.make_round(data_dir, "ana", PANES, seed=1).id


def shown(window: "Window") -> str:
    return "\n".join(
        [
            window.text("#head"),
            window.text("#book"),
            *(window.text(f"#{side} Static") for side in ("left", "right")),
            window.text("#why"),
            window.text("#told"),
        ]
    )


def votes(data_dir: Path, round_id: str, voter: str) -> list[str | None]:
    found = rounds.ballots(data_dir, round_id, voter)
    return [one.vote.choice if one.vote else None for one in found]


def voter_of(window: "Window") -> str:
    return window.text("#head").rpartition(" as ")[2]


async def test_one_key_votes_and_shows_the_next(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        first = window.text("#book")
        await window.press("l")
        assert window.text("#book") != first
        assert "1 of 2 voted" in window.text("#head")
        await window.press("t")
        assert "All ballots of the round have your vote" in window.text("#told")
        assert votes(data_dir, round_id, voter_of(window)) == ["left", "tie"]


async def test_nothing_on_screen_names_who_wrote_which(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote", size=(80, 24)) as window:
        for keys in ((), ("f",), ("b",), ("r",), ("backspace",)):
            await window.press(*keys)
            assert "voice" in shown(window) or "All ballots" in shown(window)
            picture = window.app.export_screenshot()
            assert not [secret for secret in SECRETS if secret in shown(window) + picture]


async def test_reasons_are_ticked_before_the_vote_and_stay_when_the_store_moves(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("f", "g", "v", "g")
        code = rounds.ballots(data_dir, round_id, "x")[1].code
        rounds.cast(data_dir, "somebody", Said(code, "tie"))
        await window.app.session.refresh()
        await window.settle()
        assert "✓f fits this reader" in window.text("#why")
        await window.press("r")
        assert "✓" not in window.text("#why")
        first = rounds.ballots(data_dir, round_id, voter_of(window))[0]
        assert first.vote is not None
        assert first.vote.tags == ("fits", "voice")


async def test_backspace_goes_back_and_another_key_changes_the_vote(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("l", "backspace")
        assert "You said: left" in window.text("#told")
        await window.press("b")
        assert votes(data_dir, round_id, voter_of(window)) == ["both_bad", None]
        assert "1 of 2 voted" in window.text("#head")


async def test_undo_brings_the_ballot_back(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("l", "r")
        await window.press("u")
        await window.until(lambda: "1 of 2 voted" in window.text("#head"))
        assert votes(data_dir, round_id, voter_of(window)).count(None) == 1


async def test_the_reveal_asks_first_and_then_tells_who_is_who(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("l", "r", "x", "escape")
        assert not window.screen.has_class("-shown")
        await window.press("x")
        await window.until(lambda: isinstance(window.screen, Confirm))
        await window.click("#yes")
        await window.until(lambda: window.screen.has_class("-shown"))
        told = window.text("#lines")
        assert "tuned (ana-q4.gguf bbbb2222)" in told
        assert "base over tuned" in told
        assert "vote" in window.app.session.steps_done()
        await window.press("l")
    assert len(rounds.revealed(data_dir, round_id).votes) == 2


async def test_a_reveal_says_who_has_not_voted_to_the_end(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    code = rounds.ballots(data_dir, round_id, "x")[0].code
    rounds.cast(data_dir, "eva", Said(code, "tie"))
    async with open_window(data_dir, "vote") as window:
        await window.press("x")
        await window.until(lambda: isinstance(window.screen, Confirm))
        assert "eva 1 of 2" in "\n".join(
            str(part.render()) for part in window.screen.query("Static")
        )


async def test_a_round_is_made_by_ticking_who_is_in_it(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with_texts(data_dir)
    async with open_window(data_dir, "vote", size=(80, 24)) as window:
        assert "Press n to make a round for Ana Lima" in window.text("EmptyState")
        await window.press("n")
        await window.until(lambda: isinstance(window.screen, MakeRound))
        assert "2 ballots" in window.text("#told")
        await window.press("down", "down", "space")
        assert "6 ballots" in window.text("#told")
        await window.press("space", "up", "space", "ctrl+s")
        assert isinstance(window.screen, MakeRound), "one contestant makes no round"
        await window.press("space", "ctrl+s")
        await window.until(lambda: isinstance(window.screen, VoteScreen))
        await window.until(lambda: "0 of 2 voted" in window.text("#head"))


async def test_without_texts_it_says_where_to_get_them(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        assert "Press 5" in window.text("EmptyState")


async def test_another_voter_has_votes_of_their_own(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("l", "a")
        window.type_in("#blank-0", "eva")
        await window.click("#save")
        await window.until(lambda: "as eva" in window.text("#head"))
        assert "0 of 2 voted" in window.text("#head")
        await window.press("r")
    assert votes(data_dir, round_id, "eva") == ["right", None]


async def test_older_rounds_can_be_opened(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    newer = making.make_round(data_dir, "ana", ("base", "original")).id
    async with open_window(data_dir, "vote") as window:
        assert f"Round {newer}" in window.text("#head")
        await window.press("m", "down", "enter")
        await window.until(lambda: f"Round {round_id}" in window.text("#head"))


async def test_both_texts_scroll_together(data_dir: Path, open_window: "OpenWindow") -> None:
    with_texts(data_dir)
    keep(data_dir, *(described("v1", pane, f"{pane}: and so on. " * 99) for pane in PANES))
    making.make_round(data_dir, "ana", PANES, ["v1"])
    async with open_window(data_dir, "vote", size=(80, 24)) as window:
        await window.press("down")
        panels = [window.screen.query_one(f"#{side}") for side in ("left", "right")]
        await window.until(lambda: all(panel.scroll_y == 1 for panel in panels))


async def test_p_makes_pairs_once_the_sides_are_shown(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    for ballot in rounds.ballots(data_dir, round_id, "eva"):
        rounds.cast(data_dir, "eva", Said(ballot.code, "left"))
    async with open_window(data_dir, "vote") as window:
        await window.press("p")
        assert isinstance(window.screen, VoteScreen), "the round is blind still"
        rounds.reveal(data_dir, round_id)
        window.app.session.changed.publish(None)
        await window.until(lambda: window.screen.has_class("-shown"))
        await window.press("p")
        await window.until(lambda: isinstance(window.screen, ShowLines))
    assert [pair.made for pair in desk.pairs(data_dir, "ana")].count("votes") == 2


async def test_j_has_a_model_judge_and_shows_it_beside_the_votes(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    with sitting(Bench("voice 2")) as bench:
        async with open_window(data_dir, "vote") as window:
            await window.press("j")
            await window.until(lambda: isinstance(window.screen, ChooseProvider))
            window.screen.query_one("#choice", Select).value = "endpoint"
            await window.settle()
            window.type_in("#which", bench.provider.removeprefix("endpoint:"))
            await window.click("#build")
            await window.until(lambda: isinstance(window.screen, Confirm))
            await window.click("#yes")
            await window.until(lambda: len(bench.asked) == 12)
            key = f"judge:{round_id}"
            await window.until(lambda: window.app.session.tracker.works[key].ended is not None)
            rounds.reveal(data_dir, round_id, early=True)
            window.app.session.changed.publish(None)
            await window.until(lambda: window.screen.has_class("-shown"))
            assert "quality, 2 ballots judged in both orders" in window.text("#lines")
            assert "base over tuned: 0% of 2 votes" in window.text("#lines")


async def test_k_tells_whoever_votes_who_the_reader_is(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("k")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        assert "literary fiction" in window.text("#lines Static")
        await window.press("escape")
        assert "0 of 2 voted" in window.text("#head")


async def test_y_rates_both_texts_of_the_last_vote_and_stays_blind(
    data_dir: Path, round_id: str, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "vote") as window:
        await window.press("y")
        assert isinstance(window.screen, VoteScreen)
        await window.press("l", "y")
        assert isinstance(window.screen, RateSides)
        told = "\n".join(window.text(f"#{side} Static") for side in ("left", "right"))
        assert not any(secret in told + window.text("#told") for secret in SECRETS)
        await window.press("4", "backspace", "5", "2")
        await window.press("backspace")
        assert "Rated 5 and 2" in window.text("#told")
        (first, _) = rounds.ballots(data_dir, round_id, voter_of(window))
        assert first.vote is not None
        assert first.vote.rated == (5, 2)
        await window.press("r", "backspace", "u")
        (first, _) = rounds.ballots(data_dir, round_id, voter_of(window))
        assert first.vote is not None
        assert (first.vote.choice, first.vote.rated) == ("left", (5, 2))
