"""Text that we did not write is shown, and only shown."""

from datetime import UTC, datetime, timedelta

import pytest

from studio.text import bar, cell, duration, lately, one_line, progress, visible, word_diff


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\x00b\x7fc", "a␀b␡c"),
        ("\x9b31m", "�31m"),
        ("abc\u202edef", "abc�def"),
        ("\ud800", "�"),
        ("two\r\nlines\rand\ttab", "two\nlines␍and    tab"),
        ("שלום עולם", "שלום עולם"),
        ("[/INST] [b]", "[/INST] [b]"),
    ],
)
def test_characters_that_steer_a_terminal_become_signs(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_a_table_cell_keeps_brackets_as_they_are() -> None:
    assert cell("[/INST] [red]x").plain == "[/INST] [red]x"


def test_a_long_line_ends_in_an_ellipsis_within_its_limit() -> None:
    assert one_line("one\n two   three", 8) == "one two…"


@pytest.mark.parametrize(
    ("score", "shown"),
    [(-1, "████│····"), (-0.5, "··██│····"), (0, "····│····"), (0.74, "····│███·")],
)
def test_a_score_is_drawn_left_or_right_of_the_middle(score: float, shown: str) -> None:
    assert bar(score) == shown


def test_progress_without_a_total_is_a_count() -> None:
    assert progress(3, 0) == "3 done"
    assert progress(5, 10, width=4) == "██·· 5 of 10"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(9.6, "10 s"), (185, "3 min 05 s"), (3720, "1 h 02 min")]
)
def test_durations_read_as_people_say_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_the_diff_marks_the_words_that_only_one_answer_has() -> None:
    chosen, rejected = word_diff("she gives it away now", "she sells it now")
    assert [chosen.plain[span.start : span.end] for span in chosen.spans] == ["gives", "away"]
    assert [rejected.plain[span.start : span.end] for span in rejected.spans] == ["sells"]


def test_texts_with_nothing_in_common_are_not_marked() -> None:
    chosen, rejected = word_diff("one two three", "four five six seven")
    assert not chosen.spans
    assert not rejected.spans


def test_what_was_today_is_told_by_the_hour_and_the_rest_by_the_day() -> None:
    now = datetime.now(UTC)
    assert lately(now) == f"{now.astimezone():%H:%M}"
    assert lately(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2026-01-02"
    assert lately(now - timedelta(days=1)) == f"{now.astimezone() - timedelta(days=1):%Y-%m-%d}"
