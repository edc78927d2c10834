"""The command line as a person or a script meets it: output, JSON contract, exit codes."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import desk, jobs, runs
from engine.domain import Evidence, Profile, Run, Trait
from engine.jobs import RunDir
from engine.store import profiles as profile_rows
from engine.store import runs as run_rows
from engine.store.authors import login
from engine.store.database import change, opened
from engine.train.config import config_for
from engine.training_input import training_input
from models.events import Event, Failed, Finished, Metric, Step, to_line
from studio.cli import studio
from tests.studio.command_line import command, document

TRAINED: dict[str, object] = {
    "run": "train-1",
    "state": "finished",
    "device": "cpu",
    "steps": 2,
    "pairs_per_second": 1.5,
    "metrics": {"loss": 0.6},
    "held_out": {"pairs": 10, "accuracy": 0.9, "accuracy_before": 0.5, "reward_accuracy": 0.75},
    "seconds": 12.0,
}


def process(data_dir: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Run one command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "studio.cli", "--data-dir", str(data_dir), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def trained(
    data_dir: Path, run_id: str, *events: Event, settings: Mapping[str, object] | None = None
) -> RunDir:
    """A training run of the past for the reader ana, with the events it left."""
    path = runs.run_dir(data_dir, run_id).path
    directory = jobs.prepare(path, "train", {"reader_ids": ["ana"], **(settings or {})})
    directory.events.write_text("".join(to_line(event) + "\n" for event in events))
    with opened(data_dir) as db:
        run = Run(run_id, "train", "ana", "quick on embedded for ana", datetime.now(UTC))
        run_rows.add(db, run)
    return directory


def test_import_tells_what_the_contract_promises(tmp_path: Path) -> None:
    told = document(tmp_path, "import", "example")
    assert told["format"] == "amazon2023"
    assert len(told["readers"]) == 3
    assert all(reader["reviews"] >= 30 for reader in told["readers"])
    assert sum(reader["reviews"] for reader in told["readers"]) == told["reviews"]
    assert told["books"] > 30
    assert told["skipped"] == []


def test_importing_a_file_twice_adds_nothing(tmp_path: Path) -> None:
    first = document(tmp_path, "import", "example")
    again = document(tmp_path, "import", "example")
    assert first["added"] == first["reviews"]
    assert (again["reviews"], again["added"]) == (first["reviews"], 0)


def test_reviews_are_read_from_standard_input(tmp_path: Path) -> None:
    row = {"reader": "mo", "title": "Emma", "author": "Jane Austen", "text": "Witty and warm."}
    told = document(
        tmp_path, "import", "reviews", "-", "--format", "jsonl", stdin=json.dumps(row) + "\n"
    )
    assert told["readers"] == [{"id": "mo", "reviews": 1}]


def test_a_file_that_is_not_there_is_bad_input_in_one_sentence(tmp_path: Path) -> None:
    done = command(tmp_path, "import", "reviews", str(tmp_path / "nowhere.csv"), "--json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "nowhere.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_readers_are_listed_with_id_name_and_reviews(data_dir: Path) -> None:
    told = document(data_dir, "readers")["readers"]
    assert [(reader["id"], reader["name"], reader["reviews"]) for reader in told] == [
        ("ana", "Ana Lima", 3),
        ("jo", "Jo [x]", 1),
    ]


def test_an_empty_store_says_what_to_do_next(tmp_path: Path) -> None:
    assert "import reviews" in command(tmp_path, "readers").stdout


def test_the_shared_options_go_before_and_behind_the_command(data_dir: Path) -> None:
    runner = CliRunner()
    before = runner.invoke(studio, ["--json", "--data-dir", str(data_dir), "readers"])
    behind = runner.invoke(studio, ["readers", "--data-dir", str(data_dir), "--json"])
    assert json.loads(before.stdout) == json.loads(behind.stdout)
    assert len(json.loads(before.stdout)["readers"]) == 2


def test_the_data_directory_can_come_from_the_environment(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_STUDIO_DATA", str(data_dir))
    assert "ana" in CliRunner().invoke(studio, ["readers"]).stdout


def test_profile_show_has_the_traits_of_the_contract(data_dir: Path) -> None:
    told = document(data_dir, "profile", "show", "Ana Lima")
    assert (told["reader"], told["provider"]) == ("ana", "embedded")
    texts = {review.id: review.text for review, _ in desk.reviews(data_dir, "ana")}
    keys = {"id", "framework", "score", "confidence", "status", "evidence"}
    spans = [span for trait in told["traits"] for span in trait["evidence"]]
    assert all(keys <= set(trait) for trait in told["traits"])
    assert len(spans) == 3
    for span in spans:
        assert texts[span["review"]][span["start"] : span["end"]] == span["quote"]


def test_quotes_cannot_steer_the_terminal(data_dir: Path) -> None:
    shown = command(data_dir, "profile", "show", "ana", "--evidence").stdout
    assert "\x1b" not in shown
    assert "[/INST] and [b]bold[/b], ␛[31mred" in shown


def test_a_negative_score_is_set_taken_away_and_undone(data_dir: Path) -> None:
    trait = "hofstede.power_distance"
    told = document(data_dir, "profile", "set", "ana", trait, "-0.9", "--reason", "I know her")
    assert told["trait"]["override"]["score"] == -0.9
    assert told["trait"]["score"] == -0.35
    assert "override" not in document(data_dir, "profile", "unset", "ana", trait)["trait"]
    assert document(data_dir, "undo")["undone"] == "Take an override away"
    profile = desk.profile(data_dir, "ana")
    assert profile is not None
    assert profile.trait(trait) is not None
    assert "I know her" in command(data_dir, "profile", "show", "ana").stdout


def test_a_dry_run_tells_what_a_chat_model_would_be_asked_and_changes_nothing(
    data_dir: Path,
) -> None:
    before = desk.profile(data_dir, "ana")
    build = ("profile", "build", "ana", "--provider", "endpoint:http://127.0.0.1:9/v1#m")
    cost = document(data_dir, *build, "--dry-run")
    with_more = document(data_dir, *build, "--dry-run", "--sensitive")
    assert 0 < cost["calls"] < with_more["calls"]
    assert f"{cost['calls']} requests" in command(data_dir, *build, "--dry-run").stdout
    assert desk.profile(data_dir, "ana") == before
    assert not desk.sensitive_allowed(data_dir, "ana")


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile", "set", "ana", "hofstede.power_distance", "2"),
        ("profile", "set", "ana", "no.such.trait", "0.5"),
        ("profile", "show", "nobody"),
        ("profile", "build", "nobody"),
        ("profile", "build", "ana", "--dry-run"),
        ("profile", "build", "ana", "--fresh"),
        ("pairs", "build", "jo"),
        ("pairs", "edit", "p1"),
        ("pairs", "edit", "p1", "--chosen", " "),
        ("pairs", "drop", "no-such-pair"),
        ("train",),
        ("train", "jo"),
        ("train", "ana", "--set", "beta"),
        ("train", "ana", "--set", "epochs=many"),
        ("train", "ana", "--set", "beta=-1"),
        ("train", "ana", "--set", "four_bit=perhaps"),
        ("train", "ana", "--processes", "0"),
        ("export", "no-such-run"),
        ("runs", "follow", "no-such-run"),
        ("forget", "nobody"),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_a_sentence_and_no_result(
    data_dir: Path, arguments: tuple[str, ...]
) -> None:
    done = command(data_dir, *arguments, "--json")
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.strip()
    assert not runs.runs(data_dir)


def test_a_pair_is_edited_swapped_dropped_and_all_of_it_undone(data_dir: Path) -> None:
    before = desk.pairs(data_dir, "ana")
    edited = document(data_dir, "pairs", "edit", "p1", "--chosen", "She keeps the house.")["pair"]
    assert (edited["chosen"], edited["edited"]) == ("She keeps the house.", True)
    swapped = document(data_dir, "pairs", "swap", "p1")["pair"]
    assert swapped["rejected"] == "She keeps the house."
    assert document(data_dir, "pairs", "drop", "p2")["pair"]["dropped"]
    for _ in range(3):
        command(data_dir, "undo")
    assert desk.pairs(data_dir, "ana") == before
    redone = document(data_dir, "redo")
    assert datetime.fromisoformat(redone.pop("made_at")).tzinfo is not None
    assert redone == {
        **{"redone": "Edit a pair", "who": login(), "road": "command"},
        **{"readers": ["ana"], "pairs": 1, "pair_ids": ["p1"]},
    }


def test_dropped_pairs_are_listed_and_restored(data_dir: Path) -> None:
    command(data_dir, "pairs", "drop", "p2")
    listed = document(data_dir, "pairs", "list", "ana", "--dropped")["pairs"]
    assert [pair["id"] for pair in listed] == ["p2"]
    assert not document(data_dir, "pairs", "restore", "p2")["pair"]["dropped"]


def test_pairs_go_out_to_a_file_and_come_back_mended(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    assert document(data_dir, "pairs", "export", "ana", str(file))["pairs"] == 3
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[0]["chosen"] = "She gives it away."
    rows[2]["id"] = "p9"
    file.write_text("\n".join([*map(json.dumps, rows), '{"prompt": "alone"}']))
    told = document(data_dir, "pairs", "load", "ana", str(file))
    assert (told["changed"], told["added"], told["same"]) == (1, 1, 1)
    assert [row["line"] for row in told["skipped"]] == [4]
    loaded = {pair.id: pair for pair in desk.pairs(data_dir, "ana")}
    assert list(loaded) == ["p1", "p2", "p3", "p9"]
    assert (loaded["p1"].chosen, loaded["p1"].edited) == ("She gives it away.", True)
    assert document(data_dir, "undo")["undone"] == "Load pairs"
    assert [pair.id for pair in desk.pairs(data_dir, "ana")] == ["p1", "p2", "p3"]


def test_only_the_owner_can_read_an_exported_file(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    command(data_dir, "pairs", "export", "ana", str(file))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_profile_goes_out_to_a_file_and_comes_back_with_its_overrides(
    data_dir: Path, tmp_path: Path
) -> None:
    _quoted_profile(data_dir)
    command(data_dir, "profile", "set", "ana", "ocean.openness", "-0.5", "--reason", "met her")
    file = tmp_path / "ana.json"
    exported = document(data_dir, "profile", "export", "ana", str(file))
    command(data_dir, "profile", "unset", "ana", "ocean.openness")
    loaded = document(data_dir, "profile", "load", "ana", str(file))
    assert loaded["traits"] == exported["traits"]
    assert loaded["traits"][0]["override"]["reason"] == "met her"


def test_a_profile_whose_quote_is_in_no_review_is_refused(data_dir: Path, tmp_path: Path) -> None:
    _quoted_profile(data_dir)
    file = tmp_path / "ana.json"
    told = document(data_dir, "profile", "export", "ana", str(file))
    told["traits"][0]["evidence"][0]["quote"] = "I never wrote this"
    file.write_text(json.dumps(told))
    before = desk.profile(data_dir, "ana")
    done = command(data_dir, "profile", "load", "ana", str(file))
    assert done.exit_code == 2
    assert "I never wrote this" in done.stderr
    assert desk.profile(data_dir, "ana") == before


def _quoted_profile(data_dir: Path) -> None:
    """Give ana a profile of one known trait with a quote, and one that is unknown."""
    review = next(review for review, _ in desk.reviews(data_dir, "ana"))
    quote = Evidence(review.id, 0, 10, review.text[:10], 0.5)
    traits = (
        Trait("ocean.openness", "ocean", 0.5, 0.6, "known", (quote,)),
        Trait("ocean.extraversion", "ocean", 0, 0, "unknown", note="Too little was said."),
    )
    with opened(data_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, Profile("ana", "embedded", traits, datetime.now(UTC)))


def test_following_a_finished_run_gives_its_result(data_dir: Path) -> None:
    trained(data_dir, "train-1", Metric(1, {"loss": 0.7}), Finished(TRAINED))
    assert document(data_dir, "runs", "follow", "train-1") == TRAINED
    told = command(data_dir, "runs", "follow", "train-1")
    assert "in 90%; before training in 50%" in told.stdout
    assert "loss 0.700" in told.stdout
    told = command(data_dir, "runs", "follow", "train-1", "--json")
    assert "loss 0.700" in told.stderr


def test_following_a_failed_run_ends_with_1_and_its_sentence(data_dir: Path) -> None:
    trained(data_dir, "train-1", Failed("The disk is full.", "Free 2 GB."))
    done = command(data_dir, "runs", "follow", "train-1", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "The disk is full. Free 2 GB.\n"


def test_runs_are_listed_and_shown_by_the_beginning_of_their_id(data_dir: Path) -> None:
    trained(data_dir, "train-1", Metric(1, {"loss": 0.7}), Finished(TRAINED))
    listed = document(data_dir, "runs")["runs"]
    assert [(run["id"], run["state"]) for run in listed] == [("train-1", "finished")]
    shown = document(data_dir, "runs", "show", "train")
    assert shown["metrics"] == [{"step": 1, "loss": 0.7}]
    assert Path(shown["directory"]).is_dir()


def test_ctrl_c_stops_watching_and_leaves_the_run_alone(data_dir: Path) -> None:
    directory = trained(data_dir, "train-1", Step(1, 9, "training"))
    with directory.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        watching = process(data_dir, "runs", "follow", "train-1", "--json")
        assert watching.stderr is not None
        assert "1 of 9" in watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        stdout, stderr = watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert stdout == ""
    assert "goes on" in stderr
    assert "runs stop train-1" in stderr
    assert "Traceback" not in stderr


def test_training_again_on_the_same_input_reuses_the_run(data_dir: Path) -> None:
    settings, _ = training_input(data_dir, ["ana"], config_for("quick", "embedded", {}))
    directory = trained(data_dir, "train-1", Finished(TRAINED), settings=settings)
    directory.adapter.mkdir()
    done = command(data_dir, "train", "ana", "--json")
    assert json.loads(done.stdout) == TRAINED
    assert "reused: train-1" in done.stderr
    assert len(runs.runs(data_dir)) == 1


def test_a_reader_is_forgotten_and_the_runs_that_carry_it_are_named(data_dir: Path) -> None:
    trained(data_dir, "train-1", Finished(TRAINED))
    assert document(data_dir, "forget", "Ana Lima")["runs"] == ["train-1"]
    assert [reader.id for reader in desk.readers(data_dir)] == ["jo"]


def test_a_reader_of_output_who_leaves_early_gets_no_traceback(data_dir: Path) -> None:
    listing = process(data_dir, "pairs", "list", "ana")
    assert listing.stdout is not None
    assert listing.stderr is not None
    listing.stdout.close()
    complaints = listing.stderr.read()
    listing.wait(timeout=20)
    assert complaints == ""


def test_without_a_terminal_the_window_is_wrong_use(data_dir: Path) -> None:
    alone = process(data_dir)
    _, stderr = alone.communicate(timeout=20)
    assert alone.returncode == 2
    assert "needs a terminal" in stderr


def test_output_that_the_terminal_cannot_encode_does_not_end_the_command(data_dir: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "studio.cli", "--data-dir", str(data_dir), "profile", "show", "ana"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "traits known" in done.stdout
