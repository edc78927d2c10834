"""The picture of two readers side by side."""

from datetime import UTC, datetime

import pytest

from engine import desk
from engine.domain import Override, Trait, framework_of
from engine.editing import Difference
from studio.pictures.comparison import comparison, reader_columns

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = desk.trait_names()
READERS = ("Ana", "Jo")


def known(trait_id: str, score: float, value: str | None = None) -> Trait:
    return Trait(trait_id, framework_of(trait_id), score, 0.5, "known", value=value)


def difference(a: Trait | None, b: Trait | None, gap: float | None) -> Difference:
    told = a or b
    assert told is not None
    return Difference(told.id, told.framework, a, b, gap)


APART = difference(known("ocean.openness", 0.6), known("ocean.openness", -0.2), 0.8)
PLACE = difference(
    known("demographics.location", 1, "Recife"), known("demographics.location", 1, "Oslo"), 2.0
)
ONLY_JO = difference(None, known("interests.poetry", 0.4), None)


@pytest.mark.parametrize("width", [60, 76, 116])
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    lines = comparison([PLACE, APART, ONLY_JO], NAMES, READERS, width)
    assert max(len(line.text) for line in lines) <= width
    assert len(reader_columns(READERS, width)) <= width


def test_scores_come_by_gap_then_facts_by_value_then_what_one_alone_has() -> None:
    lines = comparison([PLACE, APART, ONLY_JO], NAMES, READERS, 76)
    assert [line.text.split("  ")[0] for line in lines] == [
        "Scores, the widest gap first",
        "Openness",
        "Facts",
        "Place",
        "Known of Jo alone",
        "Poetry",
    ]
    assert [line.difference for line in lines if line.difference] == [APART, PLACE, ONLY_JO]


def test_both_scores_stand_on_lines_of_their_own_with_the_gap_behind() -> None:
    """At 76 columns a line has 13 cells: 0.6 is the tenth of 0 to 12, -0.2 the fifth."""
    (_, line) = comparison([APART], NAMES, READERS, 76)
    cells = line.text[25:].split()
    assert cells[0] == "······┊···●··"
    assert cells[2] == "·····●┊······"
    assert (cells[1], cells[3], cells[4]) == ("+0.60", "-0.20", "0.80")


def test_facts_are_told_by_value_and_have_no_gap_in_figures() -> None:
    (_, line) = comparison([PLACE], NAMES, READERS, 76)
    assert line.text.split() == ["Place", "Recife", "Oslo"]


def test_the_names_stand_over_their_columns() -> None:
    (_, line) = comparison([APART], NAMES, READERS, 76)
    head = reader_columns(READERS, 76)
    assert line.text[head.index("Ana")] == line.text[head.index("Jo")] == "·"
    assert line.text[head.index("gap") :] == "0.80"


def test_what_was_marked_unknown_is_known_of_the_other_alone() -> None:
    hidden = Trait(
        "ocean.openness", "ocean", 0.6, 0.5, "known", override=Override(0, "", NOW, "unknown")
    )
    lines = comparison([difference(hidden, known("ocean.openness", 0.1), None)], NAMES, READERS, 76)
    assert lines[0].text == "Known of Jo alone"
    assert "unknown" in lines[1].text
