"""The Tailoring screen: a dataset in, a training, an evaluation, answers, a judge, a report."""

import csv
import fcntl
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input, Select, SelectionList
from textual.widgets._markdown import MarkdownH2

from engine import jobs, runs
from engine.domain import Run
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.tailoring.answers import read_answers
from engine.tailoring.judging import read_judged
from engine.tailoring.sets import subject_of
from engine.train.config import config_for
from engine.train.preflight_memory import Place
from engine.train.preflight_probe import Probe, probe_path, write_probe
from models.events import Step, to_line
from models.library import resolve_base
from studio.app import StudioApp
from studio.screens.confirm import Confirm
from studio.screens.evaluate_tailoring import EvaluateTailoring
from studio.screens.import_file import ImportFile
from studio.screens.import_report import ShowImport
from studio.screens.persona import PersonaScreen
from studio.screens.preflight import PreflightDialog
from studio.screens.read_report import ReadReport
from studio.screens.show_keys import key_groups
from studio.screens.tailoring import TailoringScreen, asking_told
from studio.screens.told import Told
from studio.widgets.run_view import RunView
from tests.engine.persona_rows import MOMENT
from tests.engine.tailoring_rows import (
    DATASET,
    Judge,
    a_finished_evaluation,
    fill,
    judging,
    with_answers,
)
from tests.studio import run_data
from tests.studio.conftest import Window

PROBE = Probe(
    Place("cpu", 2, "On the CPU."),
    4.0,
    10.0,
    scoring_tokens_per_s=500.0,
    training_tokens_per_s=100.0,
)


@asynccontextmanager
async def tailoring(data_dir: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Window]:
    """The Tailoring screen, opened by its keys from the readers."""
    app = StudioApp(data_dir)
    async with app.run_test(size=size, notifications=True) as pilot:
        window = Window(app, pilot)
        await window.settle()
        await window.press("p", "t")
        assert isinstance(window.screen, TailoringScreen)
        yield window


@pytest.fixture
def judge() -> Iterator[Judge]:
    with judging() as judge:
        yield judge


async def test_preference_data_comes_in_from_the_window(data_dir: Path, tmp_path: Path) -> None:
    rows = [
        {"prompt": f"Name river {n}.", "chosen": "The Nile.", "rejected": "I would not know."}
        for n in range(3)
    ]
    file = tmp_path / "rivers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"prompt": "Why?"}\n')
    app = StudioApp(data_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        window = Window(app, pilot)
        await window.settle()
        await window.press("p", "o")
        assert isinstance(window.screen, ImportFile)
        assert window.screen.file.path.placeholder == "preferences.jsonl"
        window.type_in("#path", str(file))
        await window.pilot.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        told = window.text("#summary")
        assert told.startswith("3 pairs in the dataset rivers, 3 of them new.")
        assert "1 row left out." in told
        await window.press("enter")
        assert isinstance(window.screen, PersonaScreen)
        assert window.text("#heading") == "Personas of rivers: 3 pairs, no personas yet"


async def test_it_tells_what_would_be_trained_on(data_dir: Path) -> None:
    fill(data_dir, 24, passed=None)
    async with tailoring(data_dir, (80, 24)) as window:
        assert window.text("#doctor").startswith("Of the 24 pairs of 'letters' none is left")
        window.screen.query_one("#unchecked", Select).value = "taken too"
        await window.settle()
        assert window.text("#doctor") == "14 to train on, 20 held out."
        await window.press("k")
        window.type_in("#max_pairs", "4")
        await window.press("ctrl+s")
        await window.settle()
        assert window.text("#doctor") == "4 of 14 to train on, 20 held out."


async def test_a_training_of_nothing_is_refused_and_leaves_no_question_behind(
    data_dir: Path,
) -> None:
    fill(data_dir, 24, passed=None)
    async with tailoring(data_dir, (80, 24)) as window:
        await window.pilot.press("t")
        await window.until(lambda: isinstance(window.screen, Told))
        assert "i and k on the Persona screen" in window.text("#hint")
        await window.press("escape")
        assert isinstance(window.screen, TailoringScreen)


async def test_a_title_that_is_longer_than_its_frame_is_read_below_it(data_dir: Path) -> None:
    """In a low window of the run that is watched alone."""
    fill(data_dir, 24)
    title = f"persona-quick ({', '.join(f'setting_{n} {n}' for n in range(6))}) on embedded"
    with opened(data_dir) as db:
        run_rows.add(db, Run("train-1", "train", subject_of(DATASET), title, MOMENT))
    jobs.prepare(runs.run_dir(data_dir, "train-1").path, "train", {"config": {}})
    shown = []
    for size in (80, 24), (80, 40), (120, 40):
        async with tailoring(data_dir, size) as window:
            view = window.screen.query_one(RunView)
            assert window.text("#whole") == str(view.border_title) == title
            shown.append(view.whole.display)
            await window.press("w")
            shown.append(view.whole.display)
    assert shown == [False, True, True, True, False, False]


async def test_the_keys_of_held_out_pairs_are_told_together(data_dir: Path) -> None:
    fill(data_dir, 24)
    a_finished_evaluation(data_dir, limit=0)
    async with tailoring(data_dir) as window:
        keys = dict(key_groups(window.screen))["On held-out pairs"]
        assert [key for key, _ in keys] == ["h", "o", "n", "j", "b", "l"]


async def test_the_order_has_the_personas_and_the_preset_of_the_fields(data_dir: Path) -> None:
    fill(data_dir, 24)
    async with tailoring(data_dir) as window:
        assert isinstance(window.screen, TailoringScreen)
        window.screen.query_one("#personas", Select).value = "none"
        await window.settle()
        order = window.screen.order.order
        assert order is not None
        assert order.reader_ids == (subject_of(DATASET),)
        assert (order.preset, order.changes) == ("persona-quick", {"personas": "none"})
        window.screen.query_one("#preset", Select).value = "persona-paper"
        await window.settle()
        assert window.screen.query_one("#personas", Select).value == "chosen"


async def test_a_training_goes_through_the_preflight_into_the_queue(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind another training, which the preflight says; what is started is tested elsewhere."""
    fill(data_dir, 24)
    path = probe_path(
        data_dir / "cache", resolve_base("embedded"), config_for("persona-quick", "embedded", {})
    )
    write_probe(path, PROBE)
    other = Run("train-1", "train", "jo", "quick for jo", MOMENT)
    with opened(data_dir) as db:
        run_rows.add(db, other)
    directory = jobs.prepare(runs.run_dir(data_dir, other.id).path, "train", {"config": {}})
    started: list[tuple[object, ...]] = []

    def start(_: Path, *args: object, queue: bool) -> None:
        started.append((*args, queue))

    monkeypatch.setattr(runs, "start_training", start)
    with directory.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        async with tailoring(data_dir) as window:
            await window.pilot.press("t")
            await window.until(lambda: isinstance(window.screen, PreflightDialog))
            assert window.text("#waits").startswith("Another training goes on.")
            await window.pilot.press("enter")
            await window.until(lambda: bool(started))
    assert started == [((subject_of(DATASET),), "embedded", "persona-quick", {}, True)]


async def test_an_evaluation_is_ordered_with_the_run_under_the_cursor(data_dir: Path) -> None:
    fill(data_dir, 24)
    with opened(data_dir) as db:
        run_rows.add(db, Run("train-1", "train", subject_of(DATASET), "quick [x]", MOMENT))
    directory = jobs.prepare(runs.run_dir(data_dir, "train-1").path, "train", {"config": {}})
    directory.events.write_text(to_line(run_data.finished()) + "\n")
    async with tailoring(data_dir, (80, 24)) as window:
        assert window.text("#next").startswith("▸ h evaluates it on held-out pairs")
        await window.press("h")
        assert isinstance(window.screen, EvaluateTailoring)
        assert window.screen.query_one("#models", SelectionList).selected == ["train-1"]
        window.type_in("#limit", "some")
        await window.click("#evaluate")
        assert window.text("#refusal") == "'some' is no number of pairs."
        window.screen.query_one("#limit", Input).value = "0"
        await window.click("#evaluate")
        assert "has made no model to evaluate" in window.text("#message")


def test_how_far_the_answers_are_stands_apart_from_what_else_there_is_to_know() -> None:
    told = asking_told("Answers", Step(3, 86, "base writes answers:"), ["run-1 writes nothing."])
    assert told == "Answers: base writes answers: 3 of 86\nrun-1 writes nothing."


async def test_the_answers_of_the_probe_are_told_before_they_are_asked(data_dir: Path) -> None:
    """It asks 8 requests of each of two kinds under 4 personas and under none: 2 · 8 · 5 = 80."""
    fill(data_dir, 24)
    a_finished_evaluation(data_dir, limit=0)
    async with tailoring(data_dir) as window:
        await window.press("n")
        assert "80 to the safety probe" in window.text("AskWords .box > Static")


async def test_an_evaluation_is_answered_judged_and_read(data_dir: Path, judge: Judge) -> None:
    fill(data_dir, 24)
    directory = with_answers(a_finished_evaluation(data_dir, limit=0))
    before = len(read_answers(directory.path))
    async with tailoring(data_dir) as window:
        told = window.text("#outcome").splitlines()
        assert told[-1].split() == [
            *("few-shot", "100%", "72%", "to", "100%", "100%", "0%", "0%"),
        ]
        await window.pilot.press("j")
        await window.pilot.pause()
        window.screen.query_one("#choice", Select).value = "endpoint"
        window.type_in("#which", judge.provider.removeprefix("endpoint:"))
        await window.pilot.press("enter")
        await window.until(lambda: isinstance(window.screen, Confirm))
        await window.click("#yes")
        await window.until(lambda: bool(read_judged(directory.path)))
        assert len(read_answers(directory.path)) == before
        await window.press("o")
        assert isinstance(window.screen, ReadReport)
        headings = [str(one.render()) for one in window.screen.query(MarkdownH2)]
        assert headings[2].startswith("Judged by")


async def test_the_report_is_written_and_not_over_another_file(
    data_dir: Path, tmp_path: Path
) -> None:
    fill(data_dir, 24)
    a_finished_evaluation(data_dir, limit=0)
    file = tmp_path / "report.md"
    file.write_text("mine")
    async with tailoring(data_dir) as window:
        await window.press("o", "w")
        window.type_in("#blank-0", str(file))
        await window.pilot.press("enter")
        await window.until(lambda: isinstance(window.screen, Confirm))
        assert file.read_text() == "mine"
        await window.click("#yes")
        await window.until(lambda: file.read_text() != "mine")
        assert file.read_text().startswith("# Tailoring on letters")
        assert file.stat().st_mode & 0o077 == 0


async def test_people_vote_on_a_table_that_names_nobody(data_dir: Path, tmp_path: Path) -> None:
    fill(data_dir, 24)
    directory = with_answers(a_finished_evaluation(data_dir, limit=0))
    file = tmp_path / "ballots.csv"
    async with tailoring(data_dir) as window:
        await window.press("b")
        window.type_in("#blank-0", str(file))
        await window.pilot.press("enter")
        await window.until(file.exists)
        rows = list(csv.DictReader(file.open(newline="")))
        assert "base" not in file.read_text()
        for row in rows[:3]:
            row |= {"better": "1", "suits": "tie"}
        with file.open("w", newline="") as filled:
            table = csv.DictWriter(filled, rows[0].keys())
            table.writeheader()
            table.writerows(rows)
        await window.press("l")
        window.type_in("#blank-0", str(file))
        window.type_in("#blank-1", "Kofi")
        await window.click("#save")
        await window.until(lambda: bool(read_judged(directory.path)))
        (judge,) = read_judged(directory.path)
        assert judge == "people: Kofi"
