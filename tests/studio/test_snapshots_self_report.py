"""How the questionnaire and the picks look, at both sizes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine import self_report
from engine.profile.questionnaire import questionnaire
from studio.app import StudioApp
from tests.studio.conftest import press_and_draw

SIZES = [(80, 24), (120, 40)]
SHOWN = {
    "questionnaire": ("q", "4", "2", "left"),
    "norms": ("q", "4", "f"),
    "picks": ("t", "a", "right"),
    "picks_made": ("t", *"abbabaabbaba"),
}

Compare = Callable[..., bool]


def _opened(data_dir: Path, *keys: str) -> dict[str, object]:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, *keys)

    return {"app": StudioApp(data_dir, "profile"), "run_before": run_before}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shown", SHOWN)
def test_screen(shown: str, size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    assert snap_compare(**_opened(data_dir, *SHOWN[shown]), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_scores(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    items = questionnaire().asked(sensitive=False)
    given = {item.number: 1 + item.number * 7 % 5 for item in items}
    self_report.answer_all(data_dir, "ana", given)
    assert snap_compare(**_opened(data_dir, "q", "f", "3", "4", "enter"), terminal_size=size)
