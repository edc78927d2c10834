"""How two people's answers look side by side, before any model writes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio.app import StudioApp
from tests.engine.persona_rows import store_personas
from tests.studio.conftest import press_and_draw

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_answers_for_two(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    store_personas(data_dir)

    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "p", "a")

    assert snap_compare(app=StudioApp(data_dir), run_before=run_before, terminal_size=size)
