"""How the Tailoring screen looks, with a training, an evaluation, its dialog and its report."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine import jobs, runs
from engine.domain import Run
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.tailoring.sets import subject_of
from models.events import to_line
from studio.app import StudioApp
from tests.engine.persona_rows import MOMENT
from tests.engine.tailoring_rows import DATASET, a_finished_evaluation, fill
from tests.studio import run_data
from tests.studio.conftest import press_and_draw

EARLIER = MOMENT - timedelta(hours=1)
SIZES = [(80, 24), (120, 40)]
Compare = Callable[..., bool]


def _opened(data_dir: Path, *keys: str) -> dict[str, object]:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "p", "t", *keys)

    return {"app": StudioApp(data_dir), "run_before": run_before}


@pytest.fixture
def _evaluated(data_dir: Path) -> None:
    """A training on the dataset, and an evaluation after it."""
    fill(data_dir, 24)
    title = f"persona-quick on embedded for {subject_of(DATASET)}"
    with opened(data_dir) as db:
        run_rows.add(db, Run("train-1", "train", subject_of(DATASET), title, EARLIER))
    directory = jobs.prepare(runs.run_dir(data_dir, "train-1").path, "train", {"config": {}})
    events = [*run_data.beginning(), *run_data.training(20, 20), run_data.finished()]
    directory.events.write_text("".join(to_line(event) + "\n" for event in events))
    a_finished_evaluation(data_dir, limit=0)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_evaluated")
def test_an_evaluation(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_evaluated")
def test_a_training(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, "down"), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_evaluated")
def test_what_is_evaluated(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, "h"), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("_evaluated")
def test_the_report(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, "o"), terminal_size=size)


def test_before_any_run(data_dir: Path, snap_compare: Compare) -> None:
    fill(data_dir, 24, passed=None)
    assert snap_compare(**_opened(data_dir), terminal_size=(80, 24))
