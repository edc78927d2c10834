"""What the next training is to be: settings over the preset, and further readers."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Input, Select

from engine.runs import find_run
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from studio.screens.knobs import Knobs
from studio.widgets.run_order import Order
from studio.widgets.training_order import TrainingOrder
from tests.studio import run_data
from tests.studio.conftest import PAIRS, PROFILE

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, PastRun, Window


def order(window: "Window") -> Order | None:
    return window.screen.query_one(TrainingOrder).order


async def test_changed_settings_are_told_and_ordered(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("k")
        window.type_in("#beta", "0.2")
        window.type_in("#epochs", "2")
        await window.press("enter")
        assert window.text("#note").startswith(
            "Changed: beta 0.2, epochs 2; all else as quick has it."
        )
        assert order(window) == Order(("ana",), "embedded", "quick", {"beta": 0.2, "epochs": 2})


async def test_a_setting_that_no_run_could_use_is_refused_in_the_dialog(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("k")
        for typed, says in (("0", "beta must be above 0."), ("[x", "is a number, not '[x'.")):
            window.type_in("#beta", typed)
            await window.press("ctrl+s")
            assert isinstance(window.screen, Knobs)
            assert says in window.text("#refusal")


async def test_the_preset_comes_back_by_a_key_or_by_emptying_a_field(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("k")
        window.type_in("#seed", "7")
        window.type_in("#beta", "")
        await window.press("ctrl+s")
        ordered = order(window)
        assert ordered is not None
        assert ordered.changes == {"seed": 7}
        await window.press("k")
        assert window.text("#seed-about").startswith("not 0 as the preset: ")
        await window.press("ctrl+o")
        assert window.screen.query_one("#seed", Input).value == "0"
        await window.press("ctrl+s")
        assert window.text("#note").startswith("40 pairs and 40 of made-up readers")


async def test_a_finished_run_is_chosen_to_begin_with(
    data_dir: Path, open_window: "OpenWindow", past_run: "PastRun"
) -> None:
    past_run("train-1", "train", *run_data.training(20, 20), run_data.finished())
    past_run("train-2", "train", *run_data.training(10, 20))
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("k")
        offered = window.screen.query_one("#start_from", Select)
        assert [value for _, value in offered._options] == ["", "train-1"]
        offered.value = "train-1"
        await window.settle()
        run = find_run(data_dir, "train-1")
        assert window.text("#start_from-about") == run.title
        await window.press("ctrl+s")
        assert window.text("#note").startswith("Changed: start_from train-1; all else as quick")
        assert order(window) == Order(("ana",), "embedded", "quick", {"start_from": "train-1"})


async def test_each_setting_has_its_why_with_the_source(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("k")
        assert "GRAVITY" in window.text("#why")
        await window.press("tab")
        assert window.text("#why").startswith("learning_rate: The size of each step.")


async def test_further_readers_take_part_in_one_adapter(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(data_dir) as db, change(db, "Build pairs of Jo"):
        profile_rows.save(db, replace(PROFILE, reader_id="jo"))
        own = [replace(pair, id=f"jo-{pair.id}", reader_id="jo") for pair in PAIRS]
        pair_rows.replace_built(db, "jo", own)
    async with open_window(data_dir, "train") as window:
        assert "r trains for further readers too." in window.text("#note")
        await window.press("r", "space", "enter")
        assert window.text("#note").startswith("For Ana Lima and 1 further reader.")
        ordered = order(window)
        assert ordered is not None
        assert ordered.reader_ids == ("ana", "jo")


async def test_where_nobody_else_has_pairs_it_says_so(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train") as window:
        await window.press("r")
        assert not window.screen.is_modal
