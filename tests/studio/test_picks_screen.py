"""The either/or picks on screen."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine import desk, self_report
from engine.bank import picks
from studio.screens.picks import PicksScreen
from studio.screens.profile import ProfileScreen

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow

FIRST = picks()[0]


async def test_a_takes_the_first_card_and_b_the_second(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("t")
        assert window.text("#situation") == FIRST.situation
        assert (window.text("#a"), window.text("#b")) == (FIRST.high, FIRST.low)
        taken = {letter: window.text(f"#{letter}") for letter in "ab"}
        await window.press("b")
        pick = self_report.pick_round(data_dir, "ana")
        assert pick.made == {FIRST.id: "high" if taken["b"] == FIRST.high else "low"}
        assert "Pick 2 of 12" in window.text("#progress")


async def test_arrows_go_to_a_card_and_enter_takes_it(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("t", "enter")
        assert not self_report.pick_round(data_dir, "ana").made
        await window.press("left", "right", "enter")
        assert self_report.pick_round(data_dir, "ana").made == {FIRST.id: "low"}
        await window.click("#a")
        assert len(self_report.pick_round(data_dir, "ana").made) == 2


async def test_backspace_takes_the_last_pick_back_and_asks_it_again(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("t", "a")
        second = window.text("#situation")
        await window.press("b", "backspace")
        assert window.text("#situation") == second
        assert self_report.pick_round(data_dir, "ana").made == {FIRST.id: "high"}


async def test_after_leaving_it_goes_on_where_it_was(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("t", "a", "a", "escape")
        assert isinstance(window.screen, ProfileScreen)
        await window.press("t")
        assert "Pick 3 of 12" in window.text("#progress")


async def test_twelve_picks_make_scores_that_are_said_to_be_weak(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "2", "t", *"abababababab")
        assert isinstance(window.screen, PicksScreen)
        told = window.text("#told")
        assert len([line for line in told.splitlines() if "% sure" in line]) == 5
        assert "This is weak evidence" in told
        assert not window.screen.query_one("#cards").display
        await window.press("a", "escape")
        await window.until(lambda: isinstance(window.screen, ProfileScreen))
        assert not window.screen.has_class("-empty")
    traits = desk.built_profile(data_dir, "jo").traits
    assert sum(bool(trait.readings) for trait in traits) == 5


async def test_taking_the_picks_away_asks_first(data_dir: Path, open_window: "OpenWindow") -> None:
    self_report.make_pick(data_dir, "ana", FIRST.id, "high")
    async with open_window(data_dir, "profile") as window:
        await window.press("t", "x", "escape")
        assert self_report.pick_round(data_dir, "ana").made
        await window.press("x")
        await window.click("#yes")
        await window.until(lambda: "Pick 1 of 12" in window.text("#progress"))
        assert not self_report.pick_round(data_dir, "ana").made


async def test_cards_stand_side_by_side_only_where_there_is_room(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    for width, side_by_side in ((80, True), (60, False)):
        async with open_window(data_dir, "profile", size=(width, 24)) as window:
            await window.press("t")
            first, second = window.screen.query_one("#a"), window.screen.query_one("#b")
            assert (first.region.y == second.region.y) is side_by_side
            assert second.region.bottom < 24
