"""What is true on every screen: the steps, the keys, the palette."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding
from textual.widgets import Footer

from studio.app import SCREENS, StudioApp
from studio.commands import all_commands

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow

STEPS = ("readers", "profile", "pairs", "train", "preview", "vote")


async def test_numbers_and_next_and_back_walk_the_steps(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        for number, step in enumerate(STEPS, 1):
            await window.press(str(number))
            assert window.app.current_mode == step
        await window.press("ctrl+b", "ctrl+b", "ctrl+b")
        assert window.app.current_mode == "pairs"
        await window.press("slash", "ctrl+n")
        assert window.app.current_mode == "train"


async def test_the_line_at_the_top_tells_step_reader_and_what_is_done(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        told = window.text("StepBar")
        steps = "1 Readers ✓ 2 Profile ✓ ▸3 Pairs ✓ 4 Train 5 Preview 6 Vote Ana Lima"
        assert " ".join(told.split()) == steps
        assert len(told) <= 78


async def test_the_frames_tell_which_step_is_next_for_the_chosen_reader(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, size=(80, 24)) as window:
        readers = window.screen.query_one("#readers")
        assert readers.border_subtitle == "next: 4 Train"
        await window.press("down")
        assert readers.border_subtitle == "next: 2 Profile"
        await window.press("up", "2")
        assert window.screen.query_one("#traits").border_subtitle == (
            "score, confidence  next: 4 Train"
        )


@pytest.mark.parametrize("step", STEPS)
async def test_no_screen_is_wider_than_eighty_columns(
    step: str, data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, step, size=(80, 24)) as window:
        assert window.screen.max_scroll_x == 0
        assert window.screen.query_one(Footer).virtual_size.width <= 80


def test_every_key_of_every_screen_has_an_id_a_label_and_a_command() -> None:
    titles = {command.title for command in all_commands(StudioApp, SCREENS)}
    for bindings in (StudioApp.BINDINGS, *(screen.BINDINGS for screen in SCREENS.values())):
        for binding in bindings:
            assert isinstance(binding, Binding)
            if binding.id is None:
                assert not binding.show
                continue
            assert binding.description
            assert any(title.endswith(f": {binding.tooltip}") for title in titles)


async def test_a_command_of_the_palette_opens_its_screen_and_acts(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        commands = {
            command.title: command for command in window.app.get_system_commands(window.screen)
        }
        await commands["Pairs: Drop or restore pairs"].callback()
        await window.settle()
        assert window.app.current_mode == "pairs"
        assert window.pairs[0].startswith(">  d")


async def test_keys_of_the_screen_below_do_nothing_while_a_question_waits(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("f", "3")
        assert window.app.current_mode == "readers"
        assert window.screen.is_modal
