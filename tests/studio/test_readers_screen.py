"""The first screen: bringing readers in, choosing one, and forgetting one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from engine import desk
from studio.screens.import_report import ShowImport
from studio.screens.told import Told

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


async def test_an_empty_window_says_which_key_to_press(
    empty_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir, size=(80, 24)) as window:
        assert window.screen.query_one("EmptyState").size.height > 10
        assert "Press i to import" in window.text("EmptyState")


async def test_the_cursor_chooses_the_reader_and_shows_the_newest_review_first(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        newest = "The Old Man [and the] Sea\n4 of 5, 2024-07-17"
        assert window.text("#reviews").startswith(newest)
        await window.press("down")
        assert window.app.session.reader is not None
        assert window.app.session.reader.id == "jo"
        assert "the fish is the hero" in window.text("#reviews")


async def test_markup_and_escape_codes_in_a_review_show_as_text(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        told = "He says [/INST] and [b]bold[/b], ␛[31mred␛[0m, then שלום עולם."
        assert told in window.text("#reviews")


async def test_importing_a_file_reports_the_lines_that_were_left_out(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    row = {
        "user_id": "EXAMPLE-A",
        "asin": "B1",
        "parent_asin": "B1",
        "rating": 5.0,
        "title": "Good",
        "text": "A fine long book about a whale and the men who hunt it.",
        "timestamp": 1457295953086,
    }
    file = tmp_path / "reviews [1].jsonl"
    file.write_text(json.dumps(row) + '\n{"user_id": "EXAMPLE-A", "asi\n')
    async with open_window(empty_dir) as window:
        await window.press("i")
        window.type_in("#path", str(file))
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert "1 reader, 1 review" in window.text("#summary")
        assert window.rows("#skipped")[0][0] == "2"
        await window.press("escape")
        assert [row[1] for row in window.rows("#readers")] == ["1"]


async def test_a_file_that_is_not_there_is_refused_in_the_dialog(
    empty_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        await window.press("i")
        window.type_in("#path", "/no/such/[file].jsonl")
        await window.press("enter")
        await window.until(lambda: "[file].jsonl" in window.text("#refusal"))


async def test_forgetting_says_what_goes_and_that_it_is_for_good(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("f")
        told = " ".join(str(widget.render()) for widget in window.screen.query(Static))
        assert "3 reviews, the profile and 3 pairs of Ana Lima" in told
        assert "undo does not bring them back" in told
        await window.click("#yes")
        await window.until(lambda: len(window.rows("#readers")) == 1)
        assert [reader.id for reader in desk.readers(data_dir)] == ["jo"]


async def test_the_change_of_another_window_is_seen(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        desk.forget(data_dir, "jo")
        await window.until(lambda: len(window.rows("#readers")) == 1)


@pytest.fixture
def broken_dir(empty_dir: Path) -> Path:
    empty_dir.mkdir()
    (empty_dir / "studio.db").write_text("this is no database, whatever its name says " * 20)
    return empty_dir


async def test_a_store_that_cannot_be_read_is_told_not_traced(
    broken_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(broken_dir) as window:
        assert isinstance(window.screen, Told)
        assert "studio.db cannot be used" in window.text("#message")
