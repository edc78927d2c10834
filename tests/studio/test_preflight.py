"""What a run needs, told before it: by the command and in the window."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import DataTable, OptionList

from engine import preflight
from engine.train.config import TrainConfig
from engine.train.preflight_memory import Place
from engine.train.preflight_probe import Probe, probe_path, write_probe
from models.library import resolve_base
from studio.app import StudioApp
from studio.screens.preflight import PreflightDialog
from studio.shell.preflight import checked
from tests.studio.command_line import command, document

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window

PLACE = Place("cpu", 2, "No GPU here: training on the CPU, 2 threads, bfloat16.")
HUGE = {
    "model_type": "llama",
    "hidden_size": 16384,
    "intermediate_size": 53248,
    "num_hidden_layers": 126,
    "num_attention_heads": 128,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}
"""Of Llama-3.1-405B, which no test machine holds: 810 GB of weights in 16 bits."""


@pytest.fixture
def huge_base(tmp_path: Path) -> str:
    (tmp_path / "huge").mkdir()
    (tmp_path / "huge" / "config.json").write_text(json.dumps(HUGE))
    return str(tmp_path / "huge")


@pytest.fixture
def probed_dir(data_dir: Path) -> Path:
    """Ana's data with two steps of the embedded model measured: 100 tokens a second."""
    probe = Probe(PLACE, 4.25, 10.0, scoring_tokens_per_s=500.0, training_tokens_per_s=100.0)
    path = probe_path(data_dir / "cache", resolve_base("embedded"), TrainConfig())
    write_probe(path, probe)
    return data_dir


def test_check_tells_needs_parts_and_time_and_starts_nothing(probed_dir: Path) -> None:
    told = document(probed_dir, "train", "ana", "--check")
    assert told["measured"] is True
    assert [need["name"] for need in told["needs"]] == ["memory", "disk", "disk with an export"]
    for need in told["needs"]:
        assert need["need_bytes"] == sum(part["bytes"] for part in need["parts"])
        assert need["fits"] == (need["need_bytes"] <= need["there_bytes"])
    assert told["seconds"] == pytest.approx(
        sum(part["seconds"] for part in told["durations"]), abs=0.1
    )
    assert not (probed_dir / "runs").exists()


def test_check_prints_a_table_and_what_the_cpu_costs(probed_dir: Path) -> None:
    done = command(probed_dir, "train", "ana", "--check")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Memory")
    assert "measured" in next(line for line in lines if line.startswith("Time"))
    assert "Without a GPU it costs this computer" in done.stdout


def test_a_base_that_cannot_fit_is_not_tried_and_smaller_ones_are_named(
    probed_dir: Path, huge_base: str
) -> None:
    told = document(probed_dir, "train", "ana", "--check", "--base", huge_base)
    assert not told["fits"]
    assert not told["measured"]
    assert told["plan"]
    assert all("base" in way["changes"] for way in told["plan"])


def test_a_disk_that_cannot_hold_the_run_refuses_it_before_it_starts(
    probed_dir: Path, huge_base: str
) -> None:
    """A full adapter of 405 billion weights is 1.6 TB a checkpoint."""
    done = command(probed_dir, "train", "ana", "--base", huge_base, "--set", "adapter=full")
    assert done.exit_code == 2
    assert "The run needs" in done.stderr
    assert "of disk" in done.stderr
    assert not (probed_dir / "runs").exists()


def test_take_plan_trains_as_its_first_way_has_it(
    probed_dir: Path, huge_base: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = TrainConfig(base=huge_base)
    found = preflight.check(probed_dir, ["ana"], config)
    assert found is not None
    assert checked(probed_dir, ["ana"], config, take_plan=True) == found.plan[0].option.changes
    assert "Taken: The base" in capsys.readouterr().err
    assert checked(probed_dir, ["ana"], config, take_plan=False) == {}
    assert "`--take-plan` does that" in capsys.readouterr().err


class Answer:
    """What the dialog gave back."""

    def __init__(self) -> None:
        self.given: list[Mapping[str, object] | None] = []

    def take(self, given: Mapping[str, object] | None) -> None:
        self.given.append(given)


async def opened(window: "Window", config: TrainConfig) -> Answer:
    answer = Answer()
    app = window.app
    assert isinstance(app, StudioApp)
    await app.push_screen(PreflightDialog(app.session, ["ana"], config), answer.take)
    await window.until(lambda: any(table.row_count for table in window.screen.query(DataTable)))
    return answer


async def test_what_was_measured_before_shows_at_once_and_enter_trains(
    probed_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(probed_dir, "train", size=(80, 24)) as window:
        answer = await opened(window, TrainConfig())
        rows = {name: rest for name, *rest in window.rows("#needs")}
        assert list(rows) == ["Memory", "Disk", "Disk with an export", "Time"]
        assert rows["Time"][2] == "measured"
        assert "Without a GPU" in window.text("#sentences")
        await window.press("enter")
        assert answer.given == [{}]


async def test_escape_goes_back_and_trains_nothing(
    probed_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(probed_dir, "train") as window:
        await window.press("t")
        await window.until(lambda: isinstance(window.screen, PreflightDialog))
        await window.press("escape")
        assert not isinstance(window.screen, PreflightDialog)
        assert not (probed_dir / "runs").exists()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_p_takes_the_marked_way_of_the_plan(
    probed_dir: Path, open_window: "OpenWindow", huge_base: str, size: tuple[int, int]
) -> None:
    async with open_window(probed_dir, "train", size=size) as window:
        answer = await opened(window, TrainConfig(base=huge_base))
        assert "This run needs" in window.text("#wanting")
        ways = window.screen.query_one("#ways", OptionList)
        found = preflight.check(probed_dir, ["ana"], TrainConfig(base=huge_base))
        assert found is not None
        assert ways.option_count == len(found.plan) > 1
        for widget in ("#needs", "#ways", "#train"):
            assert window.screen.region.contains_region(window.screen.query_one(widget).region)
        await window.press("down", "p")
        assert answer.given == [found.plan[1].option.changes]


async def test_a_full_disk_keeps_enter_from_training(
    probed_dir: Path, open_window: "OpenWindow", huge_base: str
) -> None:
    config = TrainConfig(base=huge_base, adapter="full")
    async with open_window(probed_dir, "train") as window:
        answer = await opened(window, config)
        assert "The run needs" in window.text("#wanting")
        await window.press("enter")
        assert answer.given == []
        await window.press("escape")
        assert answer.given == [None]
