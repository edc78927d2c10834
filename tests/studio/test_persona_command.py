"""The commands `persona …`, as a person or a program calls them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.personas.lock import at_work
from tests.engine.persona_rows import fill_dataset, store_personas
from tests.persona_model import PLAIN, THOROUGH, Guesser, guessing
from tests.studio.command_line import command, document


@pytest.fixture
def model() -> Iterator[Guesser]:
    with guessing(Guesser()) as guesser:
        yield guesser


def test_infer_check_and_list_tell_the_same_as_json_and_as_lines(
    data_dir: Path, model: Guesser
) -> None:
    fill_dataset(data_dir, 2)
    asks = ("letters", "--provider", model.provider, "--yes")
    inferred = document(data_dir, "persona", "infer", *asks)
    assert (inferred["personas"], inferred["failed"]) == (4, 0)
    checked = command(data_dir, "persona", "check", *asks, "--compare")
    assert checked.exit_code == 0
    # All are right, so that a pair counts once: Wilson's interval of 2 of 2 reaches down to
    # 1 / (1 + 1.96^2 / 2) = 0.34.
    assert "both      100% (34% to 100%) right in both orders, 4 of 4" in checked.stdout
    assert "chosen 2, rejected 0, ties 0; gap +100.0%" in checked.stdout
    listed = document(data_dir, "persona", "list", "letters", "--state", "passed")
    assert [pair["marks"] for pair in listed["pairs"]] == ["✓✓", "✓✓"]
    assert listed["pairs"][0]["persona_chosen"] == PLAIN


def test_inferring_what_is_there_says_that_nothing_was_left(data_dir: Path, model: Guesser) -> None:
    store_personas(data_dir, 1)
    again = command(data_dir, "persona", "infer", "letters", "--provider", model.provider)
    assert "Nothing was left to infer" in again.stdout
    assert model.asked == []


def test_who_comes_second_is_told_who_is_at_work(data_dir: Path, model: Guesser) -> None:
    store_personas(data_dir, 1)
    asks = ("letters", "--provider", model.provider, "--yes")
    with at_work(data_dir, "letters", "inferred"):
        refused = command(data_dir, "persona", "check", *asks)
    assert refused.exit_code == 2
    assert "The personas of 'letters' are being inferred" in refused.stderr
    assert model.asked == []


def test_a_dry_run_asks_nobody(data_dir: Path, model: Guesser) -> None:
    fill_dataset(data_dir, 3)
    asks = ("letters", "--provider", model.provider, "--limit", "2", "--dry-run")
    assert document(data_dir, "persona", "infer", *asks)["calls"] == 4
    assert model.asked == []


def test_a_persona_is_shown_edited_and_taken_away(data_dir: Path) -> None:
    store_personas(data_dir, 1)
    edited = command(data_dir, "persona", "edit", "l0", "rejected", "The user is brief.")
    assert "does not say what the user prefers" in edited.stderr
    assert "The user is brief." in command(data_dir, "persona", "show", "l0").stdout
    command(data_dir, "persona", "edit", "l0", "rejected", "")
    assert "no persona yet" in command(data_dir, "persona", "show", "l0").stdout
    command(data_dir, "undo")
    command(data_dir, "undo")
    assert document(data_dir, "persona", "show", "l0")["persona_rejected"] == THOROUGH


def test_personas_go_out_and_come_in_again(data_dir: Path, tmp_path: Path) -> None:
    store_personas(data_dir, 1)
    path = tmp_path / "out.jsonl"
    assert command(data_dir, "persona", "export", "letters", str(path)).exit_code == 0
    again = command(data_dir, "persona", "export", "letters", str(path))
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert json.loads(path.read_text())["persona_chosen"] == PLAIN
    loaded = document(data_dir, "persona", "load", str(path), "letters")
    assert (loaded["personas"], loaded["unchanged"]) == (0, 2)


def test_the_map_names_whom_the_data_serves(data_dir: Path) -> None:
    store_personas(data_dir, 6)
    made = command(data_dir, "persona", "map", "letters")
    assert made.exit_code == 0, made.stderr
    assert "100% served" in made.stdout
    assert "0% failed" in made.stdout
    kept = document(data_dir, "persona", "map", "letters", "--kept")
    assert kept["is_current"] is True
    assert [group["served"] for group in kept["groups"]] in (
        ["served", "failed"],
        ["failed", "served"],
    )


def test_a_dataset_that_is_not_there_is_refused_with_those_that_are(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    refused = command(data_dir, "persona", "list", "other")
    assert refused.exit_code == 2
    assert "Datasets: letters." in refused.stderr
