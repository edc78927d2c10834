"""How the dialogs that carry pairs out and in look, with fixed data and size."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from studio.app import StudioApp
from tests.studio.conftest import drawn

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]
THEIRS = """prompt,chosen,rejected
Why?,Because [b]it[/b] is so.,So.
When?,Now.,Now.
"""
SHOWN: dict[str, tuple[Sequence[str], str]] = {
    "export": (["o"], ""),
    "card": (["o", "card"], ""),
    "there": (["o", "=", "enter"], "theirs.csv"),
    "load": (["i"], ""),
    "wrong": (["i", "=", "enter"], "/no/such/[file].csv"),
    "loaded": (["i", "=", "enter"], "theirs.csv"),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shown", SHOWN)
def test_pairs_files(
    shown: str,
    size: tuple[int, int],
    tmp_path: Path,
    data_dir: Path,
    snap_compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys, name = SHOWN[shown]
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "theirs.csv").write_text(THEIRS)

    async def run_before(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        for key in keys:
            if key == "=":
                pilot.app.screen.query_one("#path", Input).value = name
            elif key == "card":
                pilot.app.screen.query_one("#format", Select).value = "ultrafeedback"
            else:
                await pilot.press(key)
            await drawn(pilot)

    app = StudioApp(data_dir, "pairs")
    assert snap_compare(app=app, terminal_size=size, run_before=run_before)
