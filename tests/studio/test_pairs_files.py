"""Pairs out of the window into files and back, by keys alone."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Select

from engine import desk
from engine.pair_files.loading import load_pairs
from studio.screens.import_report import ShowImport
from studio.screens.pairs import PairsScreen
from studio.screens.pairs_export import ExportPairs
from studio.screens.pairs_load import LoadPairs
from studio.widgets.pair_list import PairList

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


async def export(window: "Window", path: Path, **chosen: str) -> None:
    """Press o, fill in the form, and press enter in the path."""
    await window.press("o")
    window.type_in("#path", str(path))
    for name, value in chosen.items():
        window.screen.query_one(f"#{name}", Select).value = value
    await window.settle()
    window.screen.query_one("#path", Input).focus()
    await window.press("enter")


async def load(window: "Window", path: Path) -> None:
    await window.press("i")
    window.type_in("#path", str(path))
    await window.press("enter")
    await window.until(lambda: not isinstance(window.screen, LoadPairs))


async def test_pairs_go_out_and_come_back(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    before = desk.pairs(data_dir, "ana")
    file = tmp_path / "pairs [1].csv"
    async with open_window(data_dir, "pairs") as window:
        await export(window, file)
        await window.until(lambda: isinstance(window.screen, PairsScreen))
        assert file.read_text("utf-8-sig").startswith('"prompt","chosen","rejected","id"')
        await window.press("x")
        assert desk.pairs(data_dir, "ana") != before
        await load(window, file)
        assert isinstance(window.screen, ShowImport)
        assert window.text("#summary") == (
            "3 pairs: 0 new, 1 changed, 2 as they were.\n"
            "Held out of training: 1.\n"
            "Read as: studio, from CSV.\n"
            "Every row could be used."
        )
        await window.press("escape")
        loaded = desk.pairs(data_dir, "ana")
        assert [pair.chosen for pair in loaded] == [pair.chosen for pair in before]
        assert window.text("#chosen") == before[0].chosen
        await window.press("u")
        assert desk.pairs(data_dir, "ana")[0].chosen == before[0].rejected


async def test_format_choice_and_card_are_as_the_form_says(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    file = tmp_path / "pairs.jsonl"
    async with open_window(data_dir, "pairs") as window:
        await window.press("o")
        card = window.screen.query_one("#card", Select)
        assert not card.display
        window.type_in("#path", str(file))
        window.screen.query_one("#format", Select).value = "trl-conversational"
        window.screen.query_one("#only", Select).value = "held-out"
        await window.settle()
        assert card.display
        card.focus()
        await window.press("enter", "down", "enter")
        window.screen.query_one("#path", Input).focus()
        await window.press("enter")
        await window.until(file.exists)
    (row,) = map(json.loads, file.read_text().splitlines())
    assert row["persona_studio"]["id"] == "p3"
    assert [message["role"] for message in row["prompt"]] == ["system", "user"]


async def test_what_the_filter_shows_goes_out_where_there_is_a_filter(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    file = tmp_path / "pairs.jsonl"
    async with open_window(data_dir, "pairs") as window:
        await window.press("o")
        which = window.screen.query_one("#only", Select)
        assert "shown" not in [value for _, value in which._options]
        await window.press("escape")
        await window.find('"scene 3" sort:-strength')
        await window.press("enter")
        await export(window, file, only="shown")
        await window.until(lambda: isinstance(window.screen, PairsScreen))
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == ["p3"]


async def test_a_file_that_is_there_is_replaced_only_when_asked_twice(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("mine")
    async with open_window(data_dir, "pairs") as window:
        await export(window, file)
        assert window.text("#refusal") == "pairs.jsonl is there already. Export again replaces it."
        assert file.read_text() == "mine"
        await window.press("enter")
        await window.until(lambda: file.read_text() != "mine")


async def test_a_place_that_cannot_be_written_is_said_and_the_form_stays(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await export(window, tmp_path / "[no]" / "pairs.jsonl")
        assert "[no]/pairs.jsonl cannot be written: No such file" in window.text("#refusal")
        assert isinstance(window.screen, ExportPairs)
        window.type_in("#path", " ")
        await window.press("enter")
        assert window.text("#refusal") == "Type the path of a file."
        await window.press("escape")
        assert isinstance(window.screen, PairsScreen)


async def test_other_peoples_pairs_are_about_what_the_editor_says(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    rows = [
        {"chosen": f"\n\nHuman: {asked}\n\nAssistant: Yes.", "rejected": "no dialogue"}
        for asked in ("Why?", "When?")
    ]
    rows[0]["rejected"] = "\n\nHuman: Why?\n\nAssistant: [No]."
    file = tmp_path / "theirs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    async with open_window(data_dir, "pairs") as window:
        await window.press("i")
        window.type_in("#path", str(file))
        window.type_in("#trait", "kindness")
        await window.press("enter")
        await window.until(lambda: "kindness" in window.text("#refusal"))
        window.type_in("#trait", "ocean.openness")
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert "1 pair: 1 new" in window.text("#summary")
        assert window.rows("#skipped") == [
            ["2", "The rejected dialogue does not end with an Assistant turn."]
        ]
    pair = desk.pairs(data_dir, "ana")[-1]
    assert (pair.made, pair.track, pair.trait_id) == ("imported", "personality", "ocean.openness")
    assert (pair.prompt, pair.rejected) == ("Why?", "[No].")


async def test_a_wrong_file_is_said_and_nothing_is_loaded(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"question": "[b]a", "answer": "b"}\n')
    before = desk.pairs(data_dir, "ana")
    async with open_window(data_dir, "pairs") as window:
        await window.press("i")
        window.type_in("#path", str(file))
        await window.press("enter")
        await window.until(lambda: "'question', 'answer'" in window.text("#refusal"))
        await window.press("escape")
        assert isinstance(window.screen, PairsScreen)
    assert desk.pairs(data_dir, "ana") == before


async def test_escape_stops_a_long_load_and_nothing_was_stored(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    file = tmp_path / "long.jsonl"
    with file.open("w") as long:
        for number in range(100_000):
            row = {"prompt": f"Which {number}?", "chosen": "x" * 200, "rejected": "y"}
            long.write(json.dumps(row) + "\n")
    before = desk.pairs(data_dir, "ana")
    async with open_window(data_dir, "pairs") as window:
        await window.press("i")
        window.type_in("#path", str(file))
        await window.press("enter", "escape")
        await window.until(lambda: window.text("#refusal") == "Stopped. Nothing was loaded.")
        await window.press("escape")
        assert isinstance(window.screen, PairsScreen)
    assert desk.pairs(data_dir, "ana") == before


async def test_a_reader_without_pairs_can_load_some_but_not_export(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    file = tmp_path / "theirs.jsonl"
    file.write_text('{"prompt": "Why?", "chosen": "Yes.", "rejected": "No."}\n')
    async with open_window(data_dir) as window:
        await window.press("down", "3", "o")
        assert isinstance(window.screen, PairsScreen)
        await load(window, file)
        await window.press("escape")
        await window.until(lambda: window.screen.query_one(PairList).count == 1)
    assert [pair.prompt for pair in desk.pairs(data_dir, "jo")] == ["Why?"]


@pytest.mark.parametrize("key", ["o", "i"])
async def test_both_dialogs_fit_a_small_terminal(
    key: str, data_dir: Path, open_window: "OpenWindow"
) -> None:
    """Every field and button lies inside 80x24."""
    async with open_window(data_dir, "pairs", (80, 24)) as window:
        await window.press(key)
        # The format with most to ask.
        window.screen.query_one("#format", Select).value = "ultrafeedback"
        await window.settle()
        box = window.screen.query_one(".box").content_region
        for widget in window.screen.query("Input, Select, Button, #tree"):
            assert box.contains_region(widget.region), widget
            assert widget.region.height >= 1


async def test_what_a_cut_off_look_had_taken_over_is_listed_by_the_next(
    data_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    """As after a load: the session tells of the change while the list is already read again."""
    file = tmp_path / "theirs.jsonl"
    file.write_text('{"prompt": "Why?", "chosen": "Yes.", "rejected": "No."}\n')
    async with open_window(data_dir, "pairs") as window:
        assert isinstance(window.screen, PairsScreen)
        finder = window.screen._finder
        before = finder.index
        load_pairs(data_dir, "ana", file)
        cut_off = asyncio.create_task(finder.follow("ana", ""))
        for _ in range(100_000):
            if finder.index is not before:
                break
            await asyncio.sleep(0)
        cut_off.cancel()
        await finder.follow("ana", "")
        assert finder.listed.count == 4
