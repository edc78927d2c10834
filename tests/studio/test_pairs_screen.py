"""The third screen: reading, correcting and undoing pairs."""

from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import TextArea

from engine import desk
from engine.domain import PreferencePair

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


def _first(data_dir: Path) -> PreferencePair:
    return desk.pairs(data_dir, "ana")[0]


async def test_counts_tell_tracks_and_held_out(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "pairs") as window:
        assert window.text("#counts") == "values 3. 1 held out (h), 2 to train on, 0 dropped (d)."
        assert [row[0] for row in window.rows("#pairs")] == ["", "", "h"]


async def test_the_detail_says_why_the_sides_are_as_they_are(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        assert window.text("#why") == "Because of: Power through resources -0.62  From: scenario.1"


async def test_the_filter_leaves_what_has_all_its_words(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("slash", *"scene 3", "enter")
        assert len(window.rows("#pairs")) == 1
        assert "Which scene 3" in window.text("#prompt")


async def test_drop_swap_undo_and_redo_change_the_stored_pair(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        before = _first(data_dir)
        await window.press("d")
        assert _first(data_dir).dropped
        assert window.rows("#pairs")[0][0] == "d"
        await window.press("d", "x")
        assert _first(data_dir).chosen == before.rejected
        await window.press("u")
        assert _first(data_dir) == before
        await window.press("ctrl+r")
        assert _first(data_dir).chosen == before.rejected
        assert window.text("#chosen") == before.rejected


async def test_an_edit_is_saved_and_marked(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("e")
        window.screen.query_one("#chosen", TextArea).text = "She [b] keeps it."
        await window.press("ctrl+s")
        await window.until(lambda: _first(data_dir).edited)
        assert window.text("#chosen") == "She [b] keeps it."
        assert window.rows("#pairs")[0][0] == "e"


async def test_an_empty_answer_is_refused_and_nothing_changes(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        before = _first(data_dir)
        await window.press("e")
        window.screen.query_one("#rejected", TextArea).text = "  "
        await window.press("ctrl+s")
        assert window.text("#refusal").startswith("The rejected text cannot be empty.")
        await window.press("escape")
        assert _first(data_dir) == before


async def test_a_reader_without_a_profile_is_sent_to_build_one(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "3")
        assert "Press 2 to build the profile of Jo [x] first." in window.text("EmptyState")
