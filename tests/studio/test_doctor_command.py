"""`pairs doctor` on the command line, and the note before training."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import desk
from studio.cli import studio
from tests.studio.doctor_data import ill_reader, lopsided_pairs


@pytest.fixture
def ill_dir(empty_dir: Path) -> Path:
    return ill_reader(empty_dir)


def run(data_dir: Path, *words: str) -> Result:
    return CliRunner().invoke(studio, [*words, "--data-dir", str(data_dir)])


def doctor(data_dir: Path, *words: str) -> Result:
    return run(data_dir, "pairs", "doctor", "ana", "--no-tokens", *words)


def test_findings_are_told_with_their_mending_and_exit_with_0(ill_dir: Path) -> None:
    result = doctor(ill_dir)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "6 findings, 3 of them to mend before training" in lines[0]
    assert "The tokens of 16 pairs are not counted for SmolLM2-135M-Instruct" in lines[1]
    assert any(line.startswith("stop: Swapped sides [swapped]. 2 pairs of") for line in lines)
    assert "      Mending would swap 2." in lines


def test_strict_exits_with_1_until_only_notes_are_left(ill_dir: Path) -> None:
    assert doctor(ill_dir, "--strict").exit_code == 1
    assert doctor(ill_dir, "--strict", "--mend", "all").exit_code == 0


def test_json_holds_findings_with_their_pairs_and_the_grid(ill_dir: Path) -> None:
    result = doctor(ill_dir, "--json", "--mend", "swapped")
    told = json.loads(result.stdout)
    assert (told["mended"], told["moved"]) == ({"swapped": "2 pairs swapped"}, 0)
    assert sum(told["by_track"].values()) == told["pairs"] == 16
    kinds = {finding["kind"]: finding for finding in told["findings"]}
    assert "swapped" not in kinds
    assert kinds["duplicates"]["cases"] == [{"pair": "twin", "why": kinds_why(told)}]
    holes = {row["trait_id"]: row["holes"] for row in told["coverage"] if row["holes"]}
    assert holes["hofstede.indulgence"] == ["values"]


def kinds_why(told: dict[str, list[dict[str, object]]]) -> object:
    """`twin of` the pair that stays, whose id is a hash."""
    finding = next(one for one in told["findings"] if one["kind"] == "duplicates")
    cases = finding["cases"]
    assert isinstance(cases, list)
    why = cases[0]["why"]
    assert why.startswith("twin of ")
    return why


def test_the_pairs_of_a_finding_and_the_grid_are_listed_when_asked_for(ill_dir: Path) -> None:
    result = doctor(ill_dir, "--show", "template-tokens", "--coverage")
    assert "tokens  values, " in result.stdout
    assert ": <|im_end|>" in result.stdout
    assert "Indulgence [hofstede.indulgence]: values none, a hole" in result.stdout
    assert "All pairs, each once: interests 1, values 7, personality 8, descriptions 0." in (
        result.stdout
    )


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("coverage", "Coverage: no mending fills a hole"),
        ("all", "nothing wrong by themselves; --mend length does it all the same."),
    ],
)
def test_what_mending_leaves_is_told_with_its_reason(ill_dir: Path, kind: str, told: str) -> None:
    doctor(ill_dir, "--mend", "all")
    lopsided_pairs(ill_dir)
    assert told in doctor(ill_dir, "--mend", kind).stderr


def test_undo_takes_a_mending_back(ill_dir: Path) -> None:
    before = desk.pairs(ill_dir, "ana")
    assert "swapped: 2 pairs swapped" in doctor(ill_dir, "--mend", "swapped").stderr
    assert desk.pairs(ill_dir, "ana") != before
    run(ill_dir, "undo")
    assert desk.pairs(ill_dir, "ana") == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--mend", "everything"), "nothing called 'everything'"),
        (("--base", "no/such.gguf"), "There is no base model"),
    ],
)
def test_what_does_not_exist_is_refused_with_2(
    ill_dir: Path, words: tuple[str, ...], told: str
) -> None:
    result = doctor(ill_dir, *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_train_tells_what_should_be_mended_and_goes_ahead(ill_dir: Path) -> None:
    result = run(ill_dir, "train", "ana", "--base", "no/such.gguf")
    assert "The pair doctor would stop here: template tokens in 1 pair," in result.stderr
    assert "`persona-studio pairs doctor READER` shows and mends it." in result.stderr
    assert "There is no base model" in result.stderr
