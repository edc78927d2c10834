"""Blind ballots for people: what the table tells, and what it comes to when it is filled in."""

import csv
import io
from pathlib import Path

import pytest

from engine.jobs import RunDir
from engine.tailoring.ballots import COLUMNS, load_ballots, make_ballots
from engine.tailoring.contests import contest_figures
from engine.tailoring.judging import read_judged, seats_of
from models.errors import BadInput
from tests.engine.tailoring_rows import an_evaluation, fill, with_answers


@pytest.fixture
def evaluation(data_dir: Path) -> RunDir:
    fill(data_dir, 24)
    return with_answers(an_evaluation(data_dir))


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


def filled_in(file: Path, rows: list[dict[str, str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as page:
        writer = csv.DictWriter(page, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_a_ballot_tells_nothing_of_the_sides(data_dir: Path, evaluation: RunDir) -> None:
    table = make_ballots(data_dir, evaluation.id, 0, 7)
    rows = rows_of(table)
    assert len(rows) == 4  # two cases, two persons
    assert "base" not in table
    assert {row["answer 1"] == "an answer" for row in rows} == {True, False}
    assert len({row["code"] for row in rows}) == 4


def test_people_stand_beside_the_judges(data_dir: Path, evaluation: RunDir, tmp_path: Path) -> None:
    """Whoever votes takes the fitting answer for the person, and finds both as good."""
    rows = rows_of(make_ballots(data_dir, evaluation.id, 0, 7))
    for row in rows:
        row |= {"better": "tie", "suits": "1" if "fitting" in row["answer 1"] else "2"}
    loaded = load_ballots(data_dir, evaluation.id, filled_in(tmp_path / "v.csv", rows), "Ana")
    assert (loaded.votes, loaded.blank, loaded.voters) == (4, 0, ("Ana",))
    (said,) = read_judged(evaluation.path).values()
    both = contest_figures(seats_of(evaluation.path), said)[0]
    assert (both.aspects["personalisation"].wins, both.aspects["personalisation"].losses) == (4, 0)
    assert both.aspects["quality"].ties == 4
    assert both.delta_pq is None  # quality has neither a win nor a loss


def test_a_second_word_on_a_ballot_counts_and_the_first_does_not(
    data_dir: Path, evaluation: RunDir, tmp_path: Path
) -> None:
    rows = rows_of(make_ballots(data_dir, evaluation.id, 1, 7))
    for better in ("1", "2"):
        filled = filled_in(tmp_path / "v.csv", [{**rows[0], "better": better, "voter": "bo"}])
        load_ballots(data_dir, evaluation.id, filled)
    (said,) = read_judged(evaluation.path).values()
    both = contest_figures(seats_of(evaluation.path), said)[0]
    first_is_fitting = "fitting" in rows[0]["answer 1"]
    assert both.aspects["quality"].wins == (0 if first_is_fitting else 1)
    assert both.aspects["quality"].losses == (1 if first_is_fitting else 0)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"code": "NOSUCH"}, "There is no ballot"),
        ({"better": "perhaps"}, "is no vote: write 1, 2 or tie"),
        ({"voter": ""}, "A vote needs the name"),
    ],
)
def test_a_row_that_is_no_vote_is_listed_and_the_others_are_taken(
    data_dir: Path, evaluation: RunDir, tmp_path: Path, changed: dict[str, str], why: str
) -> None:
    rows = rows_of(make_ballots(data_dir, evaluation.id, 0, 7))
    good, bad = ({**row, "better": "1", "voter": "bo"} for row in rows[:2])
    filled = filled_in(tmp_path / "v.csv", [good, {**bad, **changed}, rows[2]])
    loaded = load_ballots(data_dir, evaluation.id, filled)
    assert (loaded.votes, loaded.blank) == (1, 1)
    (skipped,) = loaded.skipped
    assert skipped.line == 3
    assert why in skipped.reason


def test_a_table_that_nobody_filled_in_is_refused(
    data_dir: Path, evaluation: RunDir, tmp_path: Path
) -> None:
    rows = rows_of(make_ballots(data_dir, evaluation.id, 0, 7))
    with pytest.raises(BadInput, match="holds no vote"):
        load_ballots(data_dir, evaluation.id, filled_in(tmp_path / "v.csv", rows), "Ana")


def test_votes_on_answers_that_were_written_anew_are_refused(
    data_dir: Path, evaluation: RunDir, tmp_path: Path
) -> None:
    rows = rows_of(make_ballots(data_dir, evaluation.id, 1, 7))
    (evaluation.path / "answers.jsonl").unlink()
    filled = filled_in(tmp_path / "v.csv", [{**rows[0], "better": "1", "voter": "bo"}])
    with pytest.raises(BadInput, match="written anew"):
        load_ballots(data_dir, evaluation.id, filled)


def test_without_answers_there_are_no_ballots(data_dir: Path) -> None:
    fill(data_dir, 24)
    with pytest.raises(BadInput, match="no two answers that differ"):
        make_ballots(data_dir, an_evaluation(data_dir).id, 0, 7)
