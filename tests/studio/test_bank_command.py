"""`bank check` on the command line: what it prints, and the exit code that holds CI to it."""

import json
from pathlib import Path

import pytest

from engine.bank_check import child
from engine.bank_check.measure import Measure
from tests.studio.command_line import command

GOOD = Measure("books.count", 120, "books: 120", least=120)
BAD = Measure("texts.same", 1, "texts that stand there twice: 1", most=0, worst=("a = b",))


@pytest.mark.parametrize(("found", "code"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_a_missed_bar_is_told_with_its_entries_and_ends_with_1(
    found: list[Measure], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measures are given: the two minutes that they take are test_bank_check's."""
    monkeypatch.setattr(child, "checked_in_a_child", lambda: found)
    plain = command(tmp_path, "bank", "check")
    assert plain.exit_code == code
    assert "holds  books: 120" in plain.stdout
    assert ("  a = b" in plain.stdout) is bool(code)
    told = json.loads(command(tmp_path, "bank", "check", "--json").stdout)
    assert told["holds"] is (code == 0)
