"""How the workbench looks, with fixed data, size and clock."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine import desk, workbench
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from studio.app import StudioApp
from tests.studio.conftest import HOSTILE, PAIRS, READ_AT, press_and_draw

Compare = Callable[..., bool]
SCREENS: dict[str, tuple[str, ...]] = {
    "list": ("shift+down", "shift+down"),
    "filtered": ("slash", *"not:dropped scene", "enter"),
    "wrong": ("slash", *"is:flaged"),
    "similar": ("m",),
    "edit": ("e", *"Here: "),
    "form": ("f2",),
    "build": ("b",),
    "evidence": ("v",),
    "journal": ("j", "down"),
    "rewrite": ("w",),
    "read": ("enter",),
    "unsaved": ("e", *"Here: ", "escape"),
    "keys": ("question_mark",),
}


@pytest.fixture
def mixed_dir(data_dir: Path) -> Path:
    """Ana with pairs of every kind, and a journal of a fixed day and of three roads."""
    with opened(data_dir) as db, change(db, "Load pairs"):
        pairs = [
            replace(PAIRS[0], stance=-0.62, evidence=("r1", "r2")),
            replace(PAIRS[1], stance=-0.62, flagged=True),
            replace(PAIRS[0], id="p4", track="interests", trait_id="interests.poetry", stance=0.8),
            replace(PAIRS[0], id="p5", chosen=HOSTILE, made="imported"),
            replace(PAIRS[0], id="p6", rejected="She keeps the keys.", dropped=True),
        ]
        pair_rows.save(db, "ana", pairs)
    desk.edit_pair(data_dir, "p1", chosen="She gives the house to those who sewed in it.")
    workbench.act(data_dir, "accept", ["p1", "p4"])
    with opened(data_dir) as db:
        db.execute("update journal set made_at = ?, who = 'ana'", [READ_AT.isoformat()])
        db.execute("update journal set road = 'window' where title like 'Accept%'")
        db.execute("update journal set road = 'command' where title like 'Edit%'")
        db.execute("update journal set who = null, road = null where title like 'Build%'")
        db.conn.commit()
    return data_dir


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
@pytest.mark.parametrize("screen", SCREENS)
def test_pairs(screen: str, size: tuple[int, int], mixed_dir: Path, snap_compare: Compare) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, *SCREENS[screen])

    app = StudioApp(mixed_dir, "pairs", "ana")
    assert snap_compare(app=app, terminal_size=size, run_before=run_before)
