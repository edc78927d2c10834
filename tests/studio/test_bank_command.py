"""`bank check`: the bank that is shipped clears every bar, and a missed one is told."""

from typing import Any

import pytest

from engine.bank_check.measure import Measure
from studio.shell.bank import measure_lines
from tests.studio.command_line import document


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of the real command, in its child; it takes a minute or two, so it runs once."""
    return document(tmp_path_factory.mktemp("data"), "bank", "check")


def test_every_bar_holds_for_the_bank_that_is_shipped(told: dict[str, Any]) -> None:
    assert [row["told"] for row in told["measures"] if not row["holds"]] == []
    assert told["holds"] is True


def test_the_bars_are_those_we_promise(told: dict[str, Any]) -> None:
    found = {row["name"]: Measure.from_json(row) for row in told["measures"]}
    assert found["learnable.plain"].least == 0.90
    assert found["learnable.everyday"].least == 0.75
    assert found["learnable.subtle"].least is None
    assert found["giveaway.meaning"].most == found["giveaway.counts"].most == 0.60
    assert found["texts.nearness"].most == 0.92
    assert found["books.count"].value == 120


def test_a_missed_bar_is_told_with_the_entries_to_look_at() -> None:
    good = Measure("books.count", 120, "books: 120", least=120)
    bad = Measure("texts.same", 1, "texts that stand there twice: 1", most=0, worst=("a = b",))
    assert measure_lines([good])[-1] == "Every bar holds."
    assert measure_lines([good, bad]) == [
        "holds   books: 120",
        "MISSED  texts that stand there twice: 1",
        "  a = b",
        "1 of 2 bars missed.",
    ]
