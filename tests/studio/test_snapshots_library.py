"""How the Library looks, with its questions, at a fixed size, data and clock."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio.app import StudioApp
from tests.library_data import a_library
from tests.studio.conftest import press_and_draw

SIZES = [(80, 24), (120, 40)]
Compare = Callable[..., bool]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", "/home/ana")
    return a_library(tmp_path / "data")


def _opened(data_dir: Path, *keys: str) -> dict[str, object]:
    """Without the embedded model, whose date is that of its installation."""

    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "L", "slash", *"n-1", "enter", *keys)

    return {"app": StudioApp(data_dir, "train"), "run_before": run_before}


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_library(size: tuple[int, int], library: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(library), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("question", ["d", "x", "e"], ids=["delete", "all but", "export"])
def test_question(
    question: str, size: tuple[int, int], library: Path, snap_compare: Compare
) -> None:
    assert snap_compare(**_opened(library, question), terminal_size=size)
