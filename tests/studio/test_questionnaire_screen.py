"""The questionnaire on screen: one key an item, nothing lost, and scores at the end."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import OptionList, Select, Static

from engine import desk, editing, self_report
from engine.profile.questionnaire import questionnaire
from studio.screens.ask_norms import AskNorms
from studio.screens.profile import ProfileScreen
from studio.screens.questionnaire import QuestionnaireScreen, minutes_left
from studio.screens.show_lines import ShowLines

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window

ITEMS = questionnaire().asked(sensitive=False)
FIRST, SECOND, THIRD = (item.text for item in ITEMS[:3])


def _kept(data_dir: Path, reader: str = "ana") -> dict[int, int]:
    return dict(self_report.sheet(data_dir, reader).answers.choices)


def _all_at_once(window: "Window", keys: str) -> None:
    """Send keys as a terminal does whose user is faster than the window."""
    for key in keys:
        window.app.post_message(events.Key(key, key))


def _fill(data_dir: Path, leave_out: int = 0) -> None:
    given = {item.number: 1 if item.reversed else 5 for item in ITEMS[leave_out:]}
    self_report.answer_all(data_dir, "ana", given)


async def test_a_digit_answers_and_goes_on_and_is_kept_at_once(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("q")
        assert window.text("#item") == FIRST
        assert window.text("#progress").startswith("Item 1 of 118 ")
        await window.press("4", "2")
        assert window.text("#item") == THIRD
        assert "2 of 118 answered" in window.text("#progress")
        assert _kept(data_dir) == {1: 4, 2: 2}


async def test_118_presses_faster_than_the_window_lose_none(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    keys = "".join(str(1 + at * 7 % 5) for at in range(118))
    async with open_window(data_dir, "profile") as window:
        await window.press("q")
        _all_at_once(window, keys + "55")
        await window.until(lambda: "All 118 items are answered." in window.text("#item"))
        asked = [item.number for item in ITEMS]
        assert _kept(data_dir) == dict(zip(asked, map(int, keys), strict=True))


async def test_closing_the_window_right_after_a_key_loses_none(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("q")
        await window.pilot.press(*"1234512345", "ctrl+q")
    assert list(_kept(data_dir).values()) == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]


async def test_going_back_shows_the_answer_and_another_key_corrects_it(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "4", "2", "left", "backspace")
        choices = window.screen.query_one("#choices", OptionList)
        assert window.text("#item") == FIRST
        assert str(choices.get_option_at_index(3).prompt).endswith("(your answer)")
        await window.press("5")
        assert window.text("#item") == SECOND
        assert _kept(data_dir) == {1: 5, 2: 2}


async def test_arrows_and_enter_answer_as_the_digits_do(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "down", "down", "enter")
        assert window.text("#item") == SECOND
        assert _kept(data_dir) == {1: 2}


async def test_right_skips_to_the_next_without_an_answer_round_the_end(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    _fill(data_dir, leave_out=3)
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "3", "right")
        assert window.text("#item") == THIRD
        await window.press("right")
        assert window.text("#item") == SECOND
        await window.press("3", "3")
        assert "Item 4 of 118" in window.text("#progress")
        await window.press("right")
        assert "All 118 items are answered." in window.text("#item")


async def test_after_leaving_it_goes_on_where_it_was(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "4", "2", "escape")
        assert isinstance(window.screen, ProfileScreen)
        await window.press("q")
        assert window.text("#item") == THIRD
        assert "go on here later" in window.text("#kept")


async def test_scores_need_an_age_and_stand_beside_the_reviews_own(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    _fill(data_dir)
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "f")
        assert isinstance(window.screen, AskNorms)
        assert window.screen.query_one("#sex", Select).value == "N"
        await window.press("enter")
        assert window.text("#refusal") == "An age is a whole number from 10 to 110."
        await window.press("3", "4", "enter")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        told = window.text("#lines Static")
        assert "among women and men of the age group of 34" in told
        assert "Openness" in told
        assert "Readiness to question: 2 of its 4 items are about politics" in told
        assert "kept beside the reviews' own" in told
        lines = [line for line in told.splitlines() if "percentile" in line]
        assert len(lines) == 5 + 29
        await window.press("escape")
        assert isinstance(window.screen, ProfileScreen)
    trait = desk.built_profile(data_dir, "ana").trait("ocean.openness")
    assert trait is not None
    assert trait.score == 0.5
    assert trait.sources["questionnaire"] > 0.5


async def test_every_line_of_the_scores_fits_80_columns(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    _fill(data_dir)
    async with open_window(data_dir, "profile", size=(80, 24)) as window:
        await window.press("q", "f", "3", "4", "enter")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        scores = window.screen.query_one("#lines Static", Static)
        lines = window.text("#lines Static").splitlines()
        room = scores.size.width
        assert [line for line in lines if "percentile " in line and len(line) > room] == []


async def test_finishing_early_says_what_is_missing_and_names_what_was_left_out(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    """The facets come round every thirty items; with 1 to 15 and 62 to 120, three of four answers
    are there for facets 2 to 15, and two for the others (of liberalism, one: it is politics)."""
    _fill(data_dir, leave_out=60)
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "f")
        assert "60 items of 118 have no answer." in window.text(".box Static")
        await window.press("escape")
        assert isinstance(window.screen, QuestionnaireScreen)
        self_report.answer_all(data_dir, "ana", {item.number: 3 for item in ITEMS[:15]})
        await window.press("f", "6", "1", "enter")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        told = window.text("#lines Static")
        assert told.count("2 of its 4 items answered; a facet needs 3.") == 15
        assert told.count("items answered; a trait needs 20.") == 5


async def test_too_few_answers_are_refused_and_kept(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "3", "f", "3", "4", "enter")
        await window.until(lambda: "1 answers are too few" in window.text("#message"))
        await window.press("escape")
        assert window.text("#item") == SECOND
    assert _kept(data_dir) == {1: 3}


async def test_a_sheet_of_one_answer_throughout_is_remarked_on(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    self_report.answer_all(data_dir, "ana", {item.number: 3 for item in ITEMS})
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "f", "3", "4", "enter")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        assert "Warning: 118 answers in a row are the same" in window.text("#lines Static")


async def test_a_reader_without_a_profile_gets_one(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    self_report.answer_all(data_dir, "jo", {item.number: 4 for item in ITEMS})
    async with open_window(data_dir) as window:
        await window.press("down", "2", "q", "f", "2", "0", "enter")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        assert desk.profile(data_dir, "jo") is not None
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ProfileScreen))
        assert not window.screen.has_class("-empty")


async def test_taking_it_away_asks_first_and_undo_brings_it_back(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    _fill(data_dir)
    self_report.finish_questionnaire(data_dir, "ana", "N", 34)
    before = _kept(data_dir)
    async with open_window(data_dir, "profile") as window:
        await window.press("q", "x", "escape")
        assert _kept(data_dir) == before
        await window.press("x")
        await window.click("#yes")
        await window.until(lambda: window.text("#item") == FIRST)
        assert _kept(data_dir) == {}
        assert desk.built_profile(data_dir, "ana").traits[-1].readings == ()
        await window.press("escape", "u")
        assert _kept(data_dir) == before


async def test_the_items_on_politics_are_asked_where_sensitive_ones_are_on(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    editing.switch_sensitive(data_dir, "ana", True)
    async with open_window(data_dir, "profile") as window:
        await window.press("q")
        assert "Item 1 of 120" in window.text("#progress")


async def test_without_a_reader_there_is_nothing_to_fill_in(
    empty_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir, "profile") as window:
        await window.press("q", "t")
        assert isinstance(window.screen, ProfileScreen)


@pytest.mark.parametrize(
    ("paces_s", "items", "told"),
    [
        ([5.0] * 4, 100, ""),
        ([6.0] * 5, 100, ", about 10 minutes left"),
        ([6.0] * 9 + [3600.0], 100, ", about 10 minutes left"),
        ([60.0] * 20 + [6.0] * 20, 100, ", about 10 minutes left"),
        ([6.0] * 5, 9, ", about a minute left"),
        ([6.0] * 5, 0, ""),
    ],
)
def test_the_time_left_goes_by_the_last_answers_and_not_by_a_break(
    paces_s: list[float], items: int, told: str
) -> None:
    assert minutes_left(paces_s, items) == told
