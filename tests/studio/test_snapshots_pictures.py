"""How the pictures of a profile look, with fixed data and size."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio.app import StudioApp
from tests.studio.conftest import press_and_draw

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
@pytest.mark.parametrize("tab", range(4), ids=["big-five", "values", "interests", "timeline"])
def test_pictures(tab: int, size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "p", *["right"] * tab)

    app = StudioApp(data_dir, "profile")
    assert snap_compare(app=app, terminal_size=size, run_before=run_before)
