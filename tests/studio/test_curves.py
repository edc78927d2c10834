"""Curves over steps: where their dots lie, what is told in words, and what they do with much."""

import math

import pytest

from studio.pictures.curves import Curve, curve_chart, curve_words


def as_is(value: float) -> str:
    return f"{value:g}"


def drawn(*curves: Curve, width: int = 13, height: int = 4, last_step: int = 0) -> list[str]:
    """The lines of a chart whose scale goes from 0 to 1."""
    chart = curve_chart(curves, width, height, as_is, (0.0, 1.0), last_step)
    return [line.plain for line in chart]


def test_marks_stand_at_their_step_and_value() -> None:
    """Eleven columns, one for each of the steps 0 to 10; three rows, the middle one at a half."""
    points = {0: 0.0, 5: 0.5, 10: 1.0}
    assert drawn(Curve("held-out", points, "◆"), width=13) == [
        "1┤          ◆",
        " │     ◆     ",
        "0┤◆          ",
        " └ step 0 ─ step 10",
    ]


def test_a_line_has_no_gap_and_marks_lie_over_it() -> None:
    line = Curve("train", {0: 0.0, 10: 1.0})
    rows = drawn(line, Curve("held-out", {10: 1.0}, "◆"), width=32, height=6)[:-1]
    columns = [max(row[at] for row in rows) for at in range(2, 32)]
    assert " " not in columns
    assert rows[0].endswith("◆")
    assert rows[0].count("◆") == 1


def test_ten_thousand_noisy_steps_are_drawn_at_their_mean() -> None:
    """Values that jump between 0 and 1 at every step: their mean is the middle of the scale."""
    points = {step: float(step % 2) for step in range(10_000)}
    top, middle, bottom, _ = drawn(Curve("train", points), width=62)
    assert set(top[2:] + bottom[2:]) == {" "}
    assert " " not in middle[2:]


def test_marks_of_many_steps_are_thinned_to_one_a_column() -> None:
    points = {step: float(step % 2) for step in range(10_000)}
    top, middle, bottom, _ = drawn(Curve("rejected", points, "x"), width=62)
    assert "x" not in top + bottom
    assert middle[2:].count("x") >= 59


def test_the_axis_goes_as_far_as_the_run_will() -> None:
    assert drawn(Curve("x", {1: 0.5}), width=40, last_step=200)[-1].endswith("step 200")


def test_the_scale_has_round_ends_around_the_values() -> None:
    rows = curve_chart([Curve("x", {1: 0.12, 2: 0.69})], 40, 6, as_is)
    assert rows[0].plain.lstrip().startswith("0.8┤")
    assert rows[4].plain.lstrip().startswith("0┤")


@pytest.mark.parametrize("value", [0.0, 0.5, -3.0])
def test_a_curve_that_never_moves_is_a_level_line(value: float) -> None:
    rows = curve_chart([Curve("x", {1: value, 9: value})], 40, 6, as_is)[:-1]
    with_dots = [row for row in rows if any(ord(sign) > 0x2800 for sign in row.plain)]
    assert len(with_dots) == 1


def test_steps_without_a_number_are_left_out_and_counted() -> None:
    curve = Curve("train", {1: 0.5, 2: math.nan, 3: math.inf, 4: 0.5})
    assert curve_chart([curve], 40, 6, as_is)
    (words,) = curve_words([curve], as_is, 200)
    assert words.plain.startswith("⠒ train 0.5  no number at 2 of 4 steps")


def test_a_newest_step_without_a_number_is_not_told_by_an_older_one() -> None:
    (words,) = curve_words([Curve("train", {1: 0.5, 2: math.nan})], as_is, 200)
    assert words.plain == "⠒ train no number  no number at 1 of 2 steps"


def test_nothing_is_drawn_of_a_curve_without_numbers() -> None:
    assert drawn(Curve("train", {1: math.nan})) == []


def test_words_tell_the_newest_of_each_and_the_course_of_the_first() -> None:
    train = Curve("train", {1: 0.7, 2: 0.9, 3: 0.2})
    held_out = Curve("held-out", {0: 0.7, 2: 0.6}, "◆")
    (words,) = curve_words([train, held_out], as_is, 200)
    assert words.plain == (
        "⠒ train 0.2  ◆ held-out 0.6  first 0.7  lowest 0.2 at step 3  highest 0.9 at step 2"
    )


def test_words_that_do_not_fit_are_left_out_whole() -> None:
    train = Curve("train", {1: 0.7, 2: 0.9, 3: 0.2})
    assert [row.plain for row in curve_words([train], as_is, 26, 1)] == ["⠒ train 0.2  first 0.7"]
