"""Lines of JSON that outlive a kill, and texts with signs that are no line's end in JSON."""

import json
from pathlib import Path

import pytest

from engine.kept_lines import keep_lines, kept_lines

ROWS = ["plain", "two\u2028parts\x85 of a\x0btext", "שלום 🙂", {"a": [1.5, None]}]


def test_what_is_kept_comes_back_in_order(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    assert list(kept_lines(file)) == []
    keep_lines(file, *ROWS[:2])
    keep_lines(file, *ROWS[2:])
    assert list(kept_lines(file)) == ROWS


@pytest.mark.parametrize("lost", range(1, 8))
def test_a_line_cut_off_anywhere_costs_itself_alone(tmp_path: Path, lost: int) -> None:
    file = tmp_path / "kept.jsonl"
    keep_lines(file, "whole", ["🙂"])
    file.write_bytes(file.read_bytes()[:-lost])
    keep_lines(file, "after")
    # The line's end alone is no loss.
    assert list(kept_lines(file)) == ["whole", *([["🙂"]] if lost == 1 else []), "after"]


def test_half_a_surrogate_is_kept_as_a_question_mark(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    keep_lines(file, "a\ud800b")
    assert list(kept_lines(file)) == ["a?b"]
    json.loads(file.read_text())
