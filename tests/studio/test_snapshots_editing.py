"""How the editor's screens look, with fixed data and size."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Tree

from engine import editing
from engine.domain import Reading
from engine.store import readings as reading_rows
from engine.store.database import change, opened
from studio.app import StudioApp
from tests.studio.conftest import FACE, READ_AT, drawn, press_and_draw

Compare = Callable[..., bool]
SCREENS: dict[str, tuple[str, ...]] = {
    "trait": (),
    "influence": ("i",),
    "review": ("i", "enter", "n"),
    "forget": ("i", "enter", "f"),
    "forgotten": ("i", "enter", "f", "tab", "enter"),
    "unknown": ("x",),
    "choose": ("equals_sign",),
    "compare": ("equals_sign", "enter"),
    "quotes": ("equals_sign", "enter", "enter"),
}


@pytest.fixture
def two_dir(read_dir: Path) -> Path:
    """Ana with a questionnaire that disagrees, and Bea, who is known by hand alone."""
    reading = Reading("questionnaire", 0.6, 0.8, "4 of 4 items.", READ_AT)
    with opened(read_dir) as db, change(db, "Fill in the questionnaire"):
        reading_rows.replace_readings(db, "ana", "questionnaire", {"schwartz.face": reading})
    editing.new_reader(read_dir, "Bea")
    editing.set_trait(read_dir, "bea", "schwartz.face", 0.4, "She said so.")
    editing.set_trait(read_dir, "bea", "demographics.location", None, value="Oslo")
    return read_dir


def _opened(data_dir: Path, trait_id: str, *keys: str) -> dict[str, object]:
    """What `snap_compare` is told: go to a trait, press the keys, then look."""

    async def run_before(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        tree = pilot.app.screen.query_one("#traits", Tree)
        for group in tree.root.children:
            for node in group.children:
                if node.data and node.data.id == trait_id:
                    tree.move_cursor(node)
        await press_and_draw(pilot, *keys)

    return {"app": StudioApp(data_dir, "profile", "ana"), "run_before": run_before}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
@pytest.mark.parametrize("screen", SCREENS)
def test_editing(screen: str, size: tuple[int, int], two_dir: Path, snap_compare: Compare) -> None:
    trait_id = FACE.rpartition(".")[0]
    assert snap_compare(**_opened(two_dir, trait_id, *SCREENS[screen]), terminal_size=size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_a_profile_by_hand(size: tuple[int, int], empty_dir: Path, snap_compare: Compare) -> None:
    editing.new_reader(empty_dir, "Ana")
    assert snap_compare(**_opened(empty_dir, ""), terminal_size=size)
