"""Finding pairs in the window: the filter line, its form, the order, and what is said meanwhile."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from textual.widgets import Input, Static

from engine import desk, workbench
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from studio.one_frame import OneFrame
from studio.pair_finder import PairFinder
from studio.session import Session
from studio.widgets.pair_list import MOST_KEPT, PairList
from tests.studio.conftest import PAIRS

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


async def test_the_filter_leaves_what_has_all_its_words(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("slash", *"scene 3", "enter")
        assert len(window.pairs) == 1
        assert "Which scene 3" in window.text("#prompt")
        assert window.text("#counts").startswith("Shown 1/3,")
        await window.press("escape")
        assert len(window.pairs) == 3
        assert "Which scene 3" in window.text("#prompt")


@pytest.mark.parametrize(
    ("line", "shown", "told"),
    [
        ("is:held", 1, ""),
        ("/scene [12]/ not:held_out", 2, ""),
        ("/scene [12]/ /the 2 WOMEN/i", 1, ""),
        ("“scene 3”", 1, ""),
        ("id:p", 3, ""),
        ("trait:schwartz.pover", 3, "There is no trait 'schwartz.pover'"),
        ("track:nope", 3, "track:nope is not known. One of interests, values"),
        ("/(a+/", 3, "/(a+/ is no regular expression: missing )"),
        ("like:gone", 3, "No pair 'gone' here"),
        ("zebra", 0, ""),
    ],
)
async def test_a_filter_that_means_nothing_leaves_the_list_and_says_why(
    line: str, shown: int, told: str, data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.find(line)
        assert len(window.pairs) == shown
        wrong = window.screen.query_one("#wrong", Static)
        assert bool(wrong.display) is bool(told)
        if told:
            assert window.text("#wrong").startswith(told)
            await window.find("")
            assert not wrong.display


async def test_the_list_follows_a_change_while_the_filter_means_nothing(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("slash", *"not:dropped is:x", "enter", "d")
        assert desk.pairs(data_dir, "ana")[0].dropped
        assert [line[3:8] for line in window.pairs] == ["·····", "···h·"]
        assert window.text("#counts").startswith("Shown 2/3,")
        assert window.text("#wrong").startswith("is:x is not known")
        await window.press("u", "escape")
        assert len(window.pairs) == 3
        assert not window.screen.query_one("#wrong", Static).display


async def test_a_hostile_expression_is_told_and_the_window_goes_on(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[0], chosen="a" * 3000 + "!")])
    async with open_window(data_dir, "pairs") as window:
        window.type_in("#filter", "/(a|aa)+$/")
        await window.pilot.press("down", "down")
        assert window.screen.query_one(PairList).current_id == "p3"
        await window.settle()
        assert window.text("#wrong").startswith("The expression /(a|aa)+$/ takes too long.")
        assert len(window.pairs) == 3


async def test_sorting_is_told_and_can_be_turned_round(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[1], stance=0.9)])
    async with open_window(data_dir, "pairs") as window:
        await window.press(*"sss")
        assert window.screen.query_one("#filter", Input).value == "sort:strength"
        assert str(window.screen.query_one(PairList).border_title).startswith("Pairs by strength")
        assert "+0.90" in window.pairs[-1]
        await window.press("S")
        assert "+0.90" in window.pairs[0]


async def test_another_order_begins_at_the_top(many_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(many_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        for key in "sSm":
            await window.press("end")
            assert shown.scroll_offset.y > 200
            last = shown.current_id
            await window.press(key)
            assert window.pairs[0].startswith(">")
            assert shown.scroll_offset.y == 0
        assert shown.current_id == last, "most like it is the pair itself"


async def test_the_list_says_that_it_is_still_looking(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        shown, ids = window.screen.query_one(PairList), ["p1", "p2", "p3"]
        shown.show_first(ids, np.arange(0), {}, ())
        assert shown.render_line(0).text.startswith("Looking through all pairs…")
        shown.show_more(np.arange(2), PAIRS[:2])
        assert [line[0] for line in window.pairs] == [">", " "]
        assert shown.render_line(2).text.startswith("Looking for more…")
        shown.show(ids, np.arange(2), {})
        assert not shown.render_line(2).text.strip()
        shown.show(ids, np.arange(0), {})
        assert shown.render_line(0).text.startswith("No pair is shown")


async def test_what_is_found_first_is_kept_however_much_was_read(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        far = {f"far{n}": replace(PAIRS[0], id=f"far{n}") for n in range(MOST_KEPT)}
        shown.show_first(list(far), np.arange(5), {}, far.values())
        shown.show_first(["p1", "p2"], np.arange(2), {}, PAIRS[:2])
        assert [shown.render_line(y).text[3:8] for y in range(2)] == ["·····"] * 2


async def test_a_frame_that_nobody_lets_go_is_drawn_all_the_same(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        frame = OneFrame(shown)
        for _ in range(2):
            frame.hold()
            frame.hold()
            shown.drawn.clear()
            shown.refresh()
            await window.until(shown.drawn.is_set)


async def test_a_form_builds_the_filter(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await window.press("f2")
        window.type_in("#words", '"scene 3"')
        window.type_in("#low", "2")
        await window.settle()
        assert "strength:2..1" in window.text("#line")
        window.type_in("#low", "0")
        await window.press("enter")
        assert window.screen.query_one("#filter", Input).value == '"scene 3"'
        assert len(window.pairs) == 1
        await window.press("f2")
        assert window.screen.query_one("#words", Input).value == '"scene 3"'


async def test_a_form_gives_back_what_was_typed(data_dir: Path, open_window: "OpenWindow") -> None:
    line = 'scene trait:schwartz strength:0..0.1234567 id:p /scene [12]/ /"the/ s'
    kept = 'scene s trait:schwartz id:p strength:0..0.1234567 /scene [12]/ /"the/'
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await window.find(line)
        await window.press("f2", "enter")
        assert window.screen.query_one("#filter", Input).value == kept


async def test_a_change_is_listed_though_the_first_look_at_it_was_broken_off(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    """As when the pairs are loaded from a file, and another screen hears of it a moment later."""
    async with open_window(data_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        finder = PairFinder(Session(window.app, data_dir), shown, {}, lambda _: None)
        await finder.follow("ana", "is:flagged")
        assert finder.index is not None
        assert shown.count == 0
        workbench.act(data_dir, "flag", ["p2"])
        seen = finder.index.mark
        broken_off = asyncio.create_task(finder.follow("ana", "is:flagged"))
        while finder.index.mark == seen:
            await asyncio.wait([broken_off], timeout=0)
        broken_off.cancel()
        await asyncio.wait([broken_off])
        assert broken_off.cancelled()
        await finder.follow("ana", "is:flagged")
        assert shown.current_id == "p2"
