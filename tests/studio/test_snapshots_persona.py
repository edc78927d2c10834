"""How the Persona screen looks, at both sizes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.store import personas
from engine.store.database import change, opened
from studio.app import StudioApp
from tests.engine.persona_rows import a_check, store_personas
from tests.persona_model import PLAIN, THOROUGH
from tests.studio.conftest import press_and_draw

SIZES = [(80, 24), (120, 40)]
Compare = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_personas(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    store_personas(data_dir)
    with opened(data_dir) as db, change(db, "Check personas"):
        personas.save_checks(
            db,
            {
                ("l00", "chosen"): a_check(PLAIN),
                ("l00", "rejected"): a_check(THOROUGH, second=False),
            },
        )

    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "p")

    assert snap_compare(app=StudioApp(data_dir), run_before=run_before, terminal_size=size)


def test_without_a_dataset(data_dir: Path, snap_compare: Compare) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "p")

    assert snap_compare(app=StudioApp(data_dir), run_before=run_before, terminal_size=(80, 24))
