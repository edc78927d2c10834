"""An import that is stopped in the middle leaves the store as it was, and the window alive."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from engine import desk
from studio.reading import Reading
from studio.screens.choose_columns import ChooseColumns
from studio.screens.import_file import STOPPED, ImportFile

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A file that takes seconds to import: enough to stop it in the middle."""
    path = tmp_path / "slow.jsonl"
    row = '{"user_id": "one", "asin": "B%d", "rating": 4.0, "text": "Text %d, and so on %s."}\n'
    with path.open("w") as file:
        file.writelines(row % (number, number, "and on " * 30) for number in range(60_000))
    return path


async def _begun(window: "Window", path: Path) -> ImportFile:
    """The dialog, its reading of a file begun and not waited for."""
    await window.press("i")
    window.type_in("#path", str(path))
    screen = window.screen
    assert isinstance(screen, ImportFile)
    await window.pilot.press("enter")
    return screen


async def test_escape_in_the_middle_of_an_import_leaves_the_store_empty(
    empty_dir: Path, slow: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        screen = await _begun(window, slow)
        reading: Reading | None = None
        while reading is None or not (reading.is_storing and reading.bytes_read > 2_000_000):
            await window.pilot.pause(0.01)
            reading = screen.line.reading
        assert "Importing █" in reading.told()
        assert reading.bytes_read < reading.size_bytes
        await window.pilot.press("escape")
        await window.until(lambda: window.text("#refusal") == STOPPED)
        assert screen.line.reading is None
        assert desk.readers(empty_dir) == []
        await window.press("escape")
        assert not isinstance(window.screen, ImportFile)


async def test_escape_while_readers_are_counted_opens_the_form_again_at_once(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "table.csv"
    with path.open("w") as file:
        file.write("book,rating,user\n")
        file.writelines(f"Book {n},{n % 5 + 1},reader {n % 7}\n" for n in range(400_000))
    async with open_window(empty_dir) as window:
        await window.press("i")
        screen = window.screen
        assert isinstance(screen, ImportFile)
        window.type_in("#path", str(path))
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ChooseColumns))
        window.app.simulate_key("ctrl+s")
        told = ""
        while "Counting readers █" not in told or " rows" not in told:
            await window.pilot.pause(0.01)
            told = screen.line.reading.told() if screen.line.reading else ""
        window.app.simulate_key("escape")
        await window.until(lambda: window.text("#refusal") == STOPPED)
        assert window.screen is screen
        assert screen.query_one("#path", Input).has_focus
        assert desk.readers(empty_dir) == []


async def test_quitting_while_a_file_is_read_stops_the_reading(
    empty_dir: Path, slow: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        screen = await _begun(window, slow)
        while screen.line.reading is None or not screen.line.reading.is_storing:
            await window.pilot.pause(0.01)
    assert desk.readers(empty_dir) == []
