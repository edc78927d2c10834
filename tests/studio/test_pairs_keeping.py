"""Nothing that somebody has typed, or has changed meanwhile, is lost unasked."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Select, TextArea

from engine import desk, workbench
from engine.domain import PreferencePair
from studio.screens.ask_which import AskWhich
from studio.screens.rewrite_pair import RewritePair
from studio.widgets.pair_list import PairList
from studio.widgets.pair_pane import PairPane
from tests.studio.conftest import HOSTILE, PAIRS

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


def _first(data_dir: Path) -> PreferencePair:
    return desk.pairs(data_dir, "ana")[0]


def _fields(window: "Window") -> list[str]:
    pane = window.screen.query_one(PairPane)
    return [pane.query_one(f"#edit-{side}", TextArea).text for side in ("chosen", "rejected")]


async def _write(window: "Window", text: str) -> None:
    """Open the first pair and put a text in the place of its chosen answer."""
    await window.press("e")
    window.screen.query_one("#edit-chosen", TextArea).text = text
    await window.settle()


@pytest.mark.parametrize(
    ("key", "stored", "closes"),
    [("escape", False, False), ("d", False, True), ("s", True, True)],
)
async def test_quitting_with_an_open_edit_asks(
    key: str, stored: bool, closes: bool, data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await _write(window, "Mine.")
        await window.press("ctrl+q", "ctrl+q")
        assert "the edit of a pair" in str(window.screen.query_one("#told Static").render())
        await window.pilot.press(key)
        if closes:
            await window.until(lambda: not window.app.is_running)
        else:
            await window.settle()
            assert _fields(window)[0] == "Mine."
    assert (_first(data_dir).chosen == "Mine.") is stored


async def test_quitting_with_nothing_typed_closes_at_once(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("e")
        await window.pilot.press("ctrl+q")
        await window.until(lambda: not window.app.is_running)


async def test_quitting_goes_on_where_the_words_are_refused(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await _write(window, "  ")
        await window.press("ctrl+q", "s")
        await window.until(lambda: not isinstance(window.screen, AskWhich))
        assert window.text("#refusal").startswith("The chosen text cannot be empty.")
        assert window.app.is_running


async def test_an_edit_outlives_a_look_at_another_screen(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await _write(window, "Mine.")
        await window.press("ctrl+n", "3")
        assert _fields(window)[0] == "Mine."


async def test_redo_waits_while_words_are_not_stored(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("d", "u")
        await _write(window, "Mine.")
        await window.press("ctrl+r")
        assert not _first(data_dir).dropped
        assert _fields(window)[0] == "Mine."


@pytest.mark.parametrize(
    ("key", "chosen", "rejected"),
    [
        ("m", "Mine.", PAIRS[0].rejected),
        ("t", PAIRS[0].chosen, HOSTILE),
        ("escape", PAIRS[0].chosen, HOSTILE),
    ],
)
async def test_an_edit_over_a_change_made_meanwhile_asks_which(
    key: str, chosen: str, rejected: str, data_dir: Path, open_window: "OpenWindow"
) -> None:
    """The other window changes the rejected answer while this one's chosen answer is written."""
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await _write(window, "Mine.")
        desk.edit_pair(data_dir, "p1", rejected=HOSTILE)
        await window.press("ctrl+s")
        await window.until(lambda: isinstance(window.screen, AskWhich))
        told = str(window.screen.query_one("#told Static").render())
        assert "The rejected text, theirs: He says [/INST] and [b]bold[/b]" in told
        assert f"The rejected text, mine: {PAIRS[0].rejected}" in told
        assert "The chosen text, mine: Mine." in told
        await window.press(key)
        await window.until(lambda: not isinstance(window.screen, AskWhich))
        assert (_first(data_dir).chosen, _first(data_dir).rejected) == (chosen, rejected)
        assert window.screen.query_one(PairPane).is_editing is (key == "escape")


async def test_going_on_takes_theirs_where_nothing_was_written_and_then_saves(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await _write(window, "Mine.")
        desk.edit_pair(data_dir, "p1", rejected="Theirs.")
        await window.press("ctrl+s", "escape")
        await window.until(lambda: _fields(window) == ["Mine.", "Theirs."])
        await window.press("ctrl+s")
        await window.until(lambda: _first(data_dir).chosen == "Mine.")
        assert _first(data_dir).rejected == "Theirs."


async def test_a_mark_made_meanwhile_is_no_reason_to_ask(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await _write(window, "Mine.")
        workbench.act(data_dir, "flag", ["p1"])
        await window.press("ctrl+s")
        await window.until(lambda: _first(data_dir).chosen == "Mine.")
        assert _first(data_dir).flagged


def _have_rewritten(window: "Window", text: str) -> None:
    """As if the model had just ended."""
    dialog = window.screen
    assert isinstance(dialog, RewritePair)
    dialog.take(text, "embedded", PAIRS[0].rejected)


async def test_words_in_the_rewriting_are_asked_about_and_can_be_kept(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await window.press("w")
        assert window.screen.query_one("#new", TextArea).read_only
        _have_rewritten(window, "She sold it.")
        window.screen.query_one("#new", TextArea).text = "She sold it, alas."
        assert window.screen.query_one("#side", Select).disabled
        await window.press("escape")
        assert isinstance(window.screen, AskWhich)
        await window.press("escape")
        assert window.screen.query_one("#new", TextArea).text == "She sold it, alas."
        await window.press("ctrl+q", "s")
        await window.until(lambda: not window.app.is_running)
    assert _first(data_dir).rejected == "She sold it, alas."


async def test_a_models_own_text_is_left_without_a_question_and_the_wish_is_remembered(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("w", *"warmer")
        _have_rewritten(window, "She sold it.")
        await window.press("escape")
        assert isinstance(window.screen.focused, PairList)
        await window.press("down", "w")
        assert window.screen.query_one("#instruction", Input).value == "warmer"
    assert _first(data_dir) == PAIRS[0]


async def test_a_rewriting_over_a_change_made_meanwhile_asks(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("w")
        _have_rewritten(window, "She sold it.")
        desk.edit_pair(data_dir, "p1", rejected="Theirs.")
        await window.press("ctrl+s")
        await window.until(lambda: isinstance(window.screen, AskWhich))
        assert "theirs: Theirs." in str(window.screen.query_one("#told Static").render())
        await window.press("escape", "ctrl+s")
        await window.until(lambda: isinstance(window.screen, AskWhich))
        assert _first(data_dir).rejected == "Theirs."
        await window.press("m")
        await window.until(lambda: _first(data_dir).rejected == "She sold it.")
