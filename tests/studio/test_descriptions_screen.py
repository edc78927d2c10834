"""The strip of descriptions: what every checkpoint wrote, and the one that is picked."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.runs import run_dir
from engine.train.checkpoints import mark_whole
from studio.screens.descriptions import Descriptions
from studio.screens.show_lines import ShowLines
from studio.widgets.sample_pane import SamplePane
from tests.studio import run_data

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, PastRun, Window


@pytest.fixture
def _trained(data_dir: Path, past_run: "PastRun") -> None:
    """A run of twenty steps with two whole checkpoints, each adapter with its step in it."""
    events = [*run_data.beginning(), *run_data.training(20, 20), run_data.finished()]
    past_run("train-1", "train", *events)
    directory = run_dir(data_dir, "train-1")
    directory.adapter.mkdir()
    for step in (10, 20):
        folder = directory.checkpoints / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text(json.dumps({"step": step}))
        mark_whole(folder, step)


def titles(window: "Window") -> list[str]:
    return [str(pane.border_title) for pane in window.screen.query(SamplePane)]


@pytest.mark.usefixtures("_trained")
async def test_descriptions_stand_side_by_side_and_the_arrows_go_on(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("d")
        await window.until(lambda: titles(window) == ["Before training", "Step 5"])
        await window.press("right", "right")
        assert titles(window) == ["Step 5", "Step 10"]
        await window.press("left")
        assert titles(window) == ["Step 5", "Step 10"]
        await window.press("right", "right", "right", "right")
        assert titles(window) == ["Step 15", "Step 20  ✓ the one exported"]


@pytest.mark.usefixtures("_trained")
async def test_held_out_figures_stand_under_each(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "train", size=(120, 40)) as window:
        await window.press("d")
        await window.until(lambda: len(titles(window)) == 3)
        _, tuned, _ = window.screen.query(SamplePane)
        figures = str(tuned.query_one(".figures").render())
        assert figures == "Held-out: moved the right way in 62%, margin 0.418, loss 0.597."


@pytest.mark.usefixtures("_trained")
async def test_enter_reads_a_description_in_full(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("d")
        await window.until(lambda: len(titles(window)) == 2)
        await window.press("enter")
        assert isinstance(window.screen, ShowLines)
        assert run_data.TEXTS[0] in window.text("#lines Static")
        await window.press("escape")
        assert isinstance(window.screen, Descriptions)


@pytest.mark.usefixtures("_trained")
async def test_a_picked_checkpoint_is_marked_and_becomes_the_adapter(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("d")
        await window.until(lambda: len(titles(window)) == 2)
        await window.press("right", "right", "p")
        await window.until(lambda: "Step 10  ✓ picked" in titles(window))
        adapter = run_dir(data_dir, "train-1").adapter / "adapter_config.json"
        assert json.loads(adapter.read_text()) == {"step": 10}
        await window.press("escape")
        assert "picked: step 10" in window.text("#state")


@pytest.mark.usefixtures("_trained")
async def test_a_step_without_a_checkpoint_is_refused_with_those_that_are_there(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("d")
        await window.until(lambda: len(titles(window)) == 2)
        await window.press("p")
        await window.until(lambda: bool(window.screen.query("#message")))
        assert "no checkpoint of step 0" in window.text("#message")
        assert window.text("#hint") == "There are: 10, 20."
