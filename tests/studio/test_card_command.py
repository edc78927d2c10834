"""The command `profile card`: the text on stdout, everything about it beside."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine import desk
from engine.frameworks import all_statements
from tests.engine.conftest import a_profile, fill, known
from tests.studio.command_line import command

OWN = "Seeks out: poetry.\n"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Ann, who seeks poetry and of whose love of horror one cannot be sure."""
    fill(tmp_path, a_profile(known("interests.poetry", 0.7), known("interests.horror", 0.05)))
    return tmp_path


def test_the_card_goes_to_stdout_and_what_was_left_out_is_told_beside(data_dir: Path) -> None:
    done = command(data_dir, "profile", "card", "ann")
    assert done.stdout == OWN
    assert "5 of 300 tokens; 1 trait told." in done.stderr
    assert "near the middle: Horror" in done.stderr


def test_an_edited_card_is_shown_beside_the_profiles_own(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "card.txt"
    file.write_text("Loves <b>verse</b> [bold]above all[/bold].")
    done = command(data_dir, "profile", "card", "ann", "--edit", str(file))
    assert done.stdout == "Loves <b>verse</b> [bold]above all[/bold].\n"
    assert "Your text" in done.stderr
    assert command(data_dir, "profile", "card", "ann", "--own").stdout == OWN
    told: dict[str, Any] = json.loads(command(data_dir, "profile", "card", "ann", "--json").stdout)
    assert told["edited"]
    assert not told["stale"]
    assert told["own"]["text"] == OWN.strip()
    assert told["own"]["left_out"] == [
        {"trait_id": "interests.horror", "reason": "near the middle"}
    ]
    assert command(data_dir, "profile", "card", "ann", "--reset").stdout == OWN


def test_a_card_can_be_rewritten_from_standard_input(data_dir: Path) -> None:
    done = command(data_dir, "profile", "card", "ann", "--edit", "-", stdin="verse " * 301)
    assert done.exit_code == 0
    assert "over the budget of 300 tokens" in done.stderr


def test_what_the_reader_would_say_on_a_book_stands_below_the_card(data_dir: Path) -> None:
    scores = {"schwartz.face.1": 0.8, "schwartz.face.2": -0.8, "interests.poetry": 0.7}
    fill(data_dir, a_profile(*(known(name, score) for name, score in scores.items())))
    book = next(book for book in desk.books(data_dir) if book.genre == "poetry")
    said = [
        all_statements()["schwartz.face.2"].opposite,
        all_statements()["schwartz.face.1"].text,
        "I look for poetry.",
    ]
    done = command(data_dir, "profile", "card", "ann", "--for", book.title)
    assert done.stdout.split("\n\n")[1].splitlines() == [f"- {sentence}" for sentence in said]
    told = json.loads(
        command(data_dir, "profile", "card", "ann", "--for", book.id, "--json").stdout
    )
    assert (told["book"], told["near"]) == (book.id, said)
    assert "near" not in json.loads(command(data_dir, "profile", "card", "ann", "--json").stdout)


def test_nothing_to_say_on_a_book_is_told(data_dir: Path) -> None:
    book = next(book for book in desk.books(data_dir) if book.genre != "poetry")
    done = command(data_dir, "profile", "card", "ann", "--for", book.id)
    assert done.stdout == OWN
    assert "Nothing that the reader would say" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--for", "no such book"), "No book 'no such book' here."),
        (("--edit", "-"), "cannot be empty"),
        (("--edit", "-", "--reset"), "opposites"),
        (("--edit", "no-such-file.txt"), "no-such-file.txt cannot be read"),
        (("--budget", "7"), "cannot be kept to 7 tokens"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    data_dir: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = command(data_dir, "profile", "card", "ann", *arguments, stdin="\n")
    assert done.exit_code == 2
    assert told in done.stderr


def test_an_exported_profile_keeps_to_the_schema_that_is_printed(data_dir: Path) -> None:
    schema = json.loads(command(data_dir, "profile", "schema").stdout)
    done = command(data_dir, "profile", "export", "ann")
    Draft202012Validator(schema).validate(json.loads(done.stdout))
    assert "switched off for this reader" in done.stderr
