"""How the review of a catalogue looks, with fixed texts, size and clock; no model writes here."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio.app import StudioApp
from tests.studio.catalogue_data import catalogue_of
from tests.studio.conftest import press_and_draw

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_what_waits_stands_beside_its_original(
    data_dir: Path, snap_compare: Compare, size: tuple[int, int]
) -> None:
    catalogue_of(data_dir)

    async def ready(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "c")

    app = StudioApp(data_dir, "preview")
    assert snap_compare(app, run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_a_description_is_edited_in_its_place(
    data_dir: Path, snap_compare: Compare, size: tuple[int, int]
) -> None:
    catalogue_of(data_dir)

    async def ready(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "c", "down", "e")

    app = StudioApp(data_dir, "preview")
    assert snap_compare(app, run_before=ready, terminal_size=size)
