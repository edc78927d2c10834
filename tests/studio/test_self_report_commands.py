"""The questionnaire and the picks without a window: files, plain questions, JSON."""

import json
from pathlib import Path

import pytest

from engine import desk, self_report
from engine.profile.questionnaire import questionnaire
from tests.studio.command_line import command, document

ITEMS = questionnaire().asked(sensitive=False)
ALL = json.dumps({item.number: 1 if item.reversed else 5 for item in ITEMS})


def test_show_lists_the_items_with_their_answers(data_dir: Path) -> None:
    self_report.answer(data_dir, "ana", 2, 4)
    told = document(data_dir, "questionnaire", "show", "Ana Lima")
    assert told["items"][:2] == [
        {"number": 1, "text": "Worry about things.", "answer": None},
        {"number": 2, "text": "Make friends easily.", "answer": 4},
    ]
    assert (told["reader"], told["answered"], told["asked"]) == ("ana", 1, 118)
    lines = command(data_dir, "questionnaire", "show", "ana").stdout.splitlines()
    assert "2. Make friends easily. 4" in lines


def test_answers_from_a_file_report_the_bad_rows(data_dir: Path) -> None:
    done = command(data_dir, "questionnaire", "answer", "ana", "-", stdin="1,4\n2,9\n3,5\n")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "2 answers kept.",
        "1 row skipped:",
        "  line 2: 9 is no answer.",
        "2 of 118 items answered. `persona-studio questionnaire ask ana` goes on.",
    ]


def test_a_file_of_nothing_is_bad_input(data_dir: Path) -> None:
    done = command(data_dir, "questionnaire", "answer", "ana", "-", stdin="hello")
    assert done.exit_code == 2
    assert "no answer to keep" in done.stderr


def test_ask_puts_one_plain_line_an_item_and_keeps_each_answer(data_dir: Path) -> None:
    """4; skip; back; 2; no answer; 5; then the input ends."""
    typed = "4\ns\nb\n2\nyes\n5\n"
    done = command(data_dir, "questionnaire", "ask", "ana", stdin=typed)
    assert done.exit_code == 0
    assert dict(self_report.sheet(data_dir, "ana").answers.choices) == {1: 4, 2: 2, 3: 5}
    asked = [line for line in done.stderr.splitlines() if " of 118. " in line]
    assert asked[0].startswith("1 of 118. Worry about things.")
    assert "3 of 118 items answered." in done.stdout
    again = command(data_dir, "questionnaire", "ask", "ana", stdin="q\n")
    assert "4 of 118. " in again.stderr
    assert "1 of 118. " not in again.stderr


def test_asking_with_json_prints_one_document(data_dir: Path) -> None:
    told = document(data_dir, "questionnaire", "ask", "ana", stdin="4\nq\n")
    assert told["answered"] == 1


def test_finish_gives_percentiles_and_what_was_left_out(data_dir: Path) -> None:
    command(data_dir, "questionnaire", "answer", "ana", "-", stdin=ALL)
    told = document(data_dir, "questionnaire", "finish", "ana", "--age", "34", "--norms", "women")
    assert len(told["traits"]) == 34
    assert all(50 < trait["percentile"] <= 99 for trait in told["traits"])
    assert list(told["left_out"]) == ["ocean.openness.liberalism"]
    assert "among women of the age group of 34" in told["traits"][0]["note"]
    trait = desk.built_profile(data_dir, "ana").trait("ocean.openness")
    assert trait is not None
    assert trait.sources["reviews"] == 0.5
    assert trait.effective_score > 0.5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--age", "9"), "They go from 10 to 110 years"),
        (("--age", "34"), "0 answers are too few"),
        ((), "--age"),
        (("--age", "34", "--norms", "dutch"), "dutch"),
    ],
)
def test_finishing_without_age_norms_or_answers_is_refused(
    data_dir: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = command(data_dir, "questionnaire", "finish", "ana", *arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_clear_takes_it_away_and_undo_brings_it_back(data_dir: Path) -> None:
    command(data_dir, "questionnaire", "answer", "ana", "-", stdin=ALL)
    assert document(data_dir, "questionnaire", "clear", "ana")["cleared"] == "questionnaire"
    assert self_report.sheet(data_dir, "ana").answered == 0
    command(data_dir, "undo")
    assert self_report.sheet(data_dir, "ana").answered == 118


def test_picks_are_made_in_the_terminal_and_the_last_taken_back(data_dir: Path) -> None:
    done = command(data_dir, "picks", "make", "ana", stdin="a\nb\nu\nmaybe\nq\n")
    assert done.exit_code == 0
    assert "1 of 12. A free evening in a city you do not know." in done.stderr
    assert "Type a or b; or u, q." in done.stderr
    assert "1 of 12 picks made." in done.stdout
    assert self_report.pick_round(data_dir, "ana").made == {"pick.openness.1": "high"}


def test_twelve_picks_give_scores_said_to_be_weak(data_dir: Path) -> None:
    done = command(data_dir, "picks", "make", "ana", stdin="a\n" * 12)
    assert "12 of 12 picks made." in done.stdout
    assert "This is weak evidence" in done.stdout
    told = document(data_dir, "picks", "show", "ana")
    assert told["next"] is None
    assert len(told["traits"]) == 5


def test_picks_can_be_given_as_options(data_dir: Path) -> None:
    given = ("--choice", "pick.openness.1=high", "--choice", "pick.openness.2=low")
    told = document(data_dir, "picks", "make", "ana", *given)
    assert [(pick["id"], pick["choice"]) for pick in told["made"]] == [
        ("pick.openness.1", "high"),
        ("pick.openness.2", "low"),
    ]
    for wrong in ("pick.openness.1", "pick.openness.1=odd", "pick.nothing=high"):
        assert command(data_dir, "picks", "make", "ana", "--choice", wrong).exit_code == 2
    assert document(data_dir, "picks", "clear", "ana")["cleared"] == "picks"
    assert not self_report.pick_round(data_dir, "ana").made


@pytest.mark.parametrize("group", ["questionnaire", "picks"])
def test_a_reader_who_is_not_there_is_a_sentence(data_dir: Path, group: str) -> None:
    done = command(data_dir, group, "show", "nobody")
    assert done.exit_code == 2
    assert "No reader 'nobody' here." in done.stderr
