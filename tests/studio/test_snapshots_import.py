"""How the way of a file into the window looks, with fixed data and size."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from studio.app import StudioApp
from tests.studio.conftest import drawn

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]
TABLE = """Buchtitel;Autor;Note/10;Gelesen am;Kommentar;Leserin
Momo;Michael Ende;9;03.04.2021;Die grauen Herren kenne ich aus dem Amt, in dem ich lerne.;Käthe
Der Prozess;Franz Kafka;10;15.05.2021;Wer je auf einem Amt gewartet hat, liest das genau.;Käthe
Die Wand;Marlen Haushofer;7;21.06.2021;Ruhig, [b]genau[/b] und am Ende trostlos.;Jürgen
Faserland;Christian Kracht;14;01.07.2021;Markennamen auf jeder Seite.;Jürgen
"""
THINGS = "alpha,beta,gamma\nMomo,4,ha\n"
SHOWN: dict[str, tuple[str, str, Sequence[str]]] = {
    "file": ("", "", ["i"]),
    "refusal": ("/no/such/[file].csv", "", ["i", "=", "enter"]),
    "columns": ("leseliste.csv", TABLE, ["i", "=", "enter"]),
    "missing": ("things.csv", THINGS, ["i", "=", "enter"]),
    "readers": ("leseliste.csv", TABLE, ["i", "=", "enter", "enter", "down", "space"]),
    "report": ("leseliste.csv", TABLE, ["i", "=", "enter", "enter", "enter"]),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shown", SHOWN)
def test_import(
    shown: str,
    size: tuple[int, int],
    tmp_path: Path,
    empty_dir: Path,
    snap_compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, content, keys = SHOWN[shown]
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "reviews.jsonl").touch()
    if content:
        (folder / name).write_text(content, "utf-8")

    async def run_before(pilot: Pilot[None]) -> None:
        await drawn(pilot)
        for key in keys:
            if key == "=":
                pilot.app.screen.query_one("#path", Input).value = name
            else:
                await pilot.press(key)
            await drawn(pilot)

    app = StudioApp(empty_dir)
    assert snap_compare(app=app, terminal_size=size, run_before=run_before)
