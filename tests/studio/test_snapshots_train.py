"""How a run looks while it trains and after, with its dialogs."""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot

from engine.runs import run_dir
from models.events import Failed, Metric
from studio.app import StudioApp
from tests.studio import run_data
from tests.studio.conftest import press_and_draw

if TYPE_CHECKING:
    from tests.studio.conftest import PastRun

SIZES = [(80, 24), (120, 40)]
Compare = Callable[..., bool]


def _opened(data_dir: Path, *keys: str) -> dict[str, object]:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, *keys)

    return {"app": StudioApp(data_dir, "train"), "run_before": run_before}


@pytest.fixture
def _running(data_dir: Path, past_run: "PastRun") -> Iterator[None]:
    """A run in its twelfth step of twenty, which the doctor has a grave word for."""
    unlucky = [Metric(step, {"loss": float("nan")}) for step in range(13, 16)]
    past_run("train-0", "train", Failed("The disk refused.", "Free 2 GB."))
    past_run("train-1", "train", *run_data.beginning(), *run_data.training(12, 20), *unlucky)
    with run_dir(data_dir, "train-1").lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def _trained(past_run: "PastRun") -> None:
    past_run("train-0", "train", Failed("The disk refused.", "Free 2 GB."))
    events = [*run_data.beginning(), *run_data.training(20, 20), run_data.finished()]
    past_run("train-1", "train", *events)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_running")
def test_while_it_runs(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir), terminal_size=size)


@pytest.mark.usefixtures("_running")
def test_log_probabilities_alone(data_dir: Path, snap_compare: Compare) -> None:
    opened = _opened(data_dir, "enter", "m", "m", "m")
    assert snap_compare(**opened, terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_trained")
def test_when_it_has_trained(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_trained")
def test_descriptions(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, "d", "right"), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_trained")
def test_settings(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    opened = _opened(data_dir, "k", "1", "tab")
    assert snap_compare(**opened, terminal_size=size)


@pytest.mark.usefixtures("_running")
def test_advice(data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, "a"), terminal_size=(80, 24))
