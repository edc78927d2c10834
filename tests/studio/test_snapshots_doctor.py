"""How the pair doctor looks, with fixed data and size."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio.app import StudioApp
from tests.studio.conftest import press_and_draw
from tests.studio.doctor_data import ill_reader

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]
KEYS: dict[str, tuple[str, ...]] = {
    "findings": ("down",),
    "mended": ("down", "M"),
    "pairs": ("down", "enter"),
    "coverage": ("c",),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shown", KEYS)
def test_doctor(shown: str, size: tuple[int, int], empty_dir: Path, snap_compare: Compare) -> None:
    data_dir = ill_reader(empty_dir)

    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "D", *KEYS[shown])

    assert snap_compare(StudioApp(data_dir, "pairs"), run_before=run_before, terminal_size=size)
