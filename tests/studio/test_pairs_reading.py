"""Reading and building on the pairs screen: long pairs, all the keys, what is ticked."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.widgets import Checkbox, Input

from engine import desk
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from studio.app import StudioApp
from studio.screens.pairs import PairsScreen
from studio.screens.show_keys import key_groups
from studio.widgets.pair_list import PairList
from studio.widgets.pair_pane import PairPane
from tests.studio.conftest import PAIRS

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow

LONG = "It is a book about a house and about those who sewed in it for years. " * 8


async def test_a_long_pair_is_read_without_leaving_the_list(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    long = replace(PAIRS[0], prompt=LONG, chosen=LONG, rejected=LONG)
    with opened(data_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ana", [long])
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        pane = window.screen.query_one(PairPane)
        assert window.text("#prompt").endswith("… (p unfolds it)")
        assert "more lines (ctrl+down)" in str(pane.border_subtitle)
        small = pane.size.height
        await window.press("enter")
        assert pane.size.height > small
        before = str(pane.border_subtitle)
        await window.press("ctrl+down")
        assert str(pane.border_subtitle) != before
        assert isinstance(window.screen.focused, PairList)
        await window.press("p")
        assert window.text("#prompt").strip() == LONG.strip()
        await window.press("down")
        assert "Which scene 2" in window.text("#prompt")
        await window.press("escape")
        assert pane.size.height == small


async def test_the_help_lists_every_key_of_the_screen_and_the_window(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        told = [line for _, lines in key_groups(window.screen) for _, line in lines]
        for bindings in (PairsScreen.BINDINGS, StudioApp.BINDINGS):
            for binding in bindings:
                assert isinstance(binding, Binding)
                assert binding.tooltip in told
        await window.press("question_mark")
        assert window.screen.is_modal
        assert window.screen.max_scroll_x == 0
        await window.press("question_mark")
        assert isinstance(window.screen.focused, PairList)


async def test_a_question_mark_in_the_filter_is_a_question_mark(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("slash", "question_mark")
        assert window.screen.query_one("#filter", Input).value == "?"
        await window.press("escape", "escape", "o", "end", "question_mark")
        assert window.screen.query_one("#path", Input).value == "pairs.jsonl?"


async def test_the_building_begins_at_the_first_box_and_shows_what_was_built(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("b")
        first = window.screen.focused
        assert isinstance(first, Checkbox)
        assert (first.id, first.value) == ("interests", True)
        await window.press("space", "tab", "space", "enter")
        await window.until(lambda: len(desk.pairs(data_dir, "ana")) > 3)
        toast = [str(one.message) for one in window.app._notifications]
        assert "pairs made" in toast[0]
        assert "No pair from statements and questions: " in toast[0]
        await window.press("b")
        ticked = [box.id for box in window.screen.query(Checkbox) if box.value]
        assert ticked == ["personality", "descriptions"]
        await window.press("escape", "u", "b")
        assert all(box.value for box in window.screen.query(Checkbox))
