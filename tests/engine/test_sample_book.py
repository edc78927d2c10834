"""Which book a training describes at its checkpoints, and how it comes into the run's files."""

import json
from pathlib import Path

import pytest

from engine import shelf
from engine.domain import Book, PreferencePair
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.train.config import config_for
from engine.train.input_files import input_files, read_book
from engine.training_input import training_input
from models.errors import BadInput
from tests.engine.conftest import a_profile, fill, known


@pytest.fixture
def filled(data_dir: Path) -> Path:
    fill(data_dir, a_profile(known("interests.poetry", 0.7)))
    pair = PreferencePair("p1", "ann", "values", "t", "t.1", "Which?", "This.", "That.", "scene.1")
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", [pair])
    return data_dir


def files_for(data_dir: Path, wanted: str) -> dict[str, str]:
    config = config_for("quick", "embedded", {"sample_book": wanted})
    return training_input(data_dir, ["ann"], config)[1]


def test_a_run_describes_the_first_book_that_previews_offer(filled: Path) -> None:
    told = json.loads(files_for(filled, "")["book.json"])
    assert told["id"] == shelf.books(filled)[0].id


def test_another_book_is_taken_by_its_id_or_title(filled: Path) -> None:
    book = shelf.books(filled)[3]
    for wanted in (book.id, book.title):
        assert json.loads(files_for(filled, wanted)["book.json"])["id"] == book.id


def test_no_book_is_described_where_none_is_wanted(filled: Path) -> None:
    assert "book.json" not in files_for(filled, "none")


def test_a_book_that_is_trained_on_is_no_sample(filled: Path) -> None:
    with pytest.raises(BadInput, match="No book 'things-fall-apart' to describe"):
        files_for(filled, "things-fall-apart")


def test_the_book_comes_back_from_the_runs_directory_as_it_was(tmp_path: Path) -> None:
    book = Book("b1", "The Long Boat", "E. Sailor", 1990, ("Sea", "North"), "A crew sails.")
    assert read_book(tmp_path) is None
    (tmp_path / "book.json").write_text(input_files([], {}, book)["book.json"])
    assert read_book(tmp_path) == book
