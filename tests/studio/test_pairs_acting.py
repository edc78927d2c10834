"""Keys of the workbench reach the pair that the editor means, and no other unasked."""

from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import TextArea

from studio.screens.confirm import Confirm
from studio.widgets.pair_list import PairList
from studio.widgets.pair_pane import PairPane

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


async def test_an_act_on_pairs_that_are_not_shown_asks_first(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        await window.press("space")
        window.type_in("#filter", "lamp")
        await window.settle()
        await window.press("d")
        assert isinstance(window.screen, Confirm)
        await window.press("escape")
        assert "dropped 0" in window.text("#counts")


async def test_a_key_pressed_at_once_edits_the_pair_under_the_cursor(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        await window.press("home", "down", "e")
        pane = window.screen.query_one(PairPane)
        shown = window.screen.query_one(PairList)
        assert pane.is_editing
        assert shown.current is not None
        assert pane.query_one("#edit-chosen", TextArea).text == shown.current.chosen
