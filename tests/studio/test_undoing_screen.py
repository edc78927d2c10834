"""Undo and redo say what they did and to whom, and ask before they reach others' work."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import OptionList

from engine import desk, workbench
from engine.store import pairs as pair_rows
from engine.store.authors import login
from engine.store.database import change, opened
from studio.screens.confirm import Confirm
from studio.widgets.pair_list import PairList
from tests.studio.conftest import PAIRS

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


def _toasts(window: "Window") -> list[str]:
    return [str(toast.message) for toast in window.app._notifications]


async def test_undo_tells_what_it_was_and_goes_there(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        await window.press("down", "f", "end")
        await window.press("u")
        assert _toasts(window) == [
            "Undone: Flag a pair (Ana Lima, “She gives the house away to the 2 women who sew…”)."
        ]
        assert window.screen.query_one(PairList).current_id == "p2"
        await window.press("home", "ctrl+r")
        assert window.screen.query_one(PairList).current_id == "p2"
        assert _toasts(window)[0].startswith("Done again: Flag a pair (Ana Lima, ")


async def test_undo_of_what_the_filter_hides_says_so_and_keeps_the_cursor(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("f")
        window.type_in("#filter", '"scene 3"')
        await window.settle()
        await window.press("u")
        assert "What was changed is not among the pairs that are shown." in _toasts(window)
        assert window.screen.query_one(PairList).current_id == "p3"


async def test_undo_of_others_work_asks_first_and_only_once(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("d")
        workbench.act(data_dir, "flag", ["p2", "p3"])
        await window.press("u")
        assert isinstance(window.screen, Confirm)
        told = str(window.screen.query_one("Static").render())
        assert told.startswith("Flag 2 pairs (Ana Lima, 2 pairs, from “She gives the house")
        assert told.endswith(f"({login()}), not in this window.")
        await window.press("escape")
        assert workbench.page(data_dir, ["p2"])[0].flagged
        await window.press("u", "tab", "enter")
        await window.until(lambda: not workbench.page(data_dir, ["p2"])[0].flagged)
        await window.press("ctrl+r", "u", "u")
        assert not isinstance(window.screen, Confirm)
        assert desk.pairs(data_dir, "ana") == PAIRS


async def test_undo_of_what_was_there_before_the_window_asks(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("u")
        assert "before this window was opened" in str(window.screen.query_one("Static").render())
        await window.press("escape")
        assert len(desk.pairs(data_dir, "ana")) == 3


async def test_undo_names_another_reader_as_another(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "jo", [replace(PAIRS[0], id="jo1", reader_id="jo")])
    async with open_window(data_dir, "pairs") as window:
        await asyncio.to_thread(workbench.act, data_dir, "flag", ["jo1"])
        await window.press("u", "tab", "enter")
        await window.until(lambda: not workbench.page(data_dir, ["jo1"])[0].flagged)
        (told,) = _toasts(window)
        assert told.startswith("Undone: Flag a pair (Jo [x], ")
        assert told.endswith("That is another reader than the one shown.")


async def test_as_many_undos_as_key_presses(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("f", "a", "x")
        await window.press("u", "u", "u")
        assert desk.pairs(data_dir, "ana") == PAIRS


async def test_the_list_the_counts_and_the_pair_follow_a_command(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        window.type_in("#filter", "women")
        await window.settle()
        await window.press("down", "space", "up")
        await asyncio.to_thread(workbench.act, many_dir, "accept", ["p1", "p2"])
        await asyncio.to_thread(desk.edit_pair, many_dir, "p2", rejected="Theirs.")
        await window.until(lambda: "accepted 2" in window.text("#counts"))
        await window.until(lambda: window.text("#rejected") == "Theirs.")
        shown = window.screen.query_one(PairList)
        assert (shown.current_id, sorted(shown.selected), shown.count) == ("p2", ["p2"], 3)
        assert [line[3:8] for line in window.pairs] == ["a····", "a·e··", "···h·"]


async def test_news_in_quick_succession_leave_no_half_of_a_load(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        await window.press("slash", *"is:x", "enter")
        workbench.act(many_dir, "drop", ["p1"])
        for _ in range(20):
            window.app.session.changed.publish(None)
            await asyncio.sleep(0.004)
        await window.settle()
        assert window.text("#counts").startswith("Shown 300/300,")
        assert window.pairs[0][3:8] == "d····"


async def test_the_journal_tells_the_window_and_a_command_of_another_process_apart(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    arguments = ("pairs", "drop", "p1", "--data-dir", str(data_dir))
    async with open_window(data_dir, "pairs", (80, 24)) as window:
        await window.press("f")
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "studio.cli", *arguments, stdout=asyncio.subprocess.DEVNULL
        )
        assert await child.wait() == 0
        await window.until(lambda: "dropped 1" in window.text("#counts"))
        await window.press("j")
        told = [
            str(option.prompt).splitlines()
            for option in window.screen.query_one("#changes", OptionList).options
        ]
        assert [(title, who.rpartition(", ")[0]) for title, who in told] == [
            ("Drop a pair", f"{login()}, command"),
            ("Flag a pair", f"{login()}, window"),
            ("Build pairs", login()),
        ]
        await window.press("escape", "u")
        question = str(window.screen.query_one("Static").render())
        assert f"({login()}, command), not in this window." in question
