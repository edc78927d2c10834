"""Commands about runs that go on: in terminals that are closed, through pipes, killed, queued."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from select import select
from threading import Event as Flag
from threading import Thread

import pytest

from engine import jobs, runs
from engine.domain import Run
from engine.jobs import RunDir
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.train.checkpoints import mark_whole
from engine.train.input_files import input_files
from models.events import Event, Finished, Item, Metric, Note, to_line
from tests.studio.command_line import command, document

TRAINING = """
import time
from itertools import count
from models.events import Finished, Metric, Step

def work(run, settings, asked_to_stop):
    for step in count(1):
        if asked_to_stop.is_set():
            return
        yield Metric(step, {"loss": 1 / step})
        yield Step(step, 10_000, "training")
        if (run.path / "enough").exists():
            break
        time.sleep(0.05)
    yield Finished(settings["result"])
"""
RESULT: dict[str, object] = {
    "run": "train-1",
    "state": "finished",
    "device": "cpu",
    "steps": 4,
    "pairs_per_second": 1.5,
    "held_out": {
        "pairs": 10,
        "accuracy": 0.9,
        "accuracy_before": 0.5,
        "reward_accuracy": 0.75,
        "tracks": {"values": {"pairs": 6, "accuracy": 0.8333}},
    },
    "seconds": 12.0,
}


@pytest.fixture
def a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training without a model, in the children only: it goes on until it is told `enough`."""
    room = tmp_path / "room"
    room.mkdir()
    (room / "small_training.py").write_text(TRAINING)
    (room / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'engine.worker' in sys.orig_argv:\n"
        "    import small_training; sys.modules['engine.train.job'] = small_training\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{room}{os.pathsep}{os.environ['PYTHONPATH']}")


def a_run(data_dir: Path, run_id: str, *events: Event, **changes: object) -> RunDir:
    """A training run of the reader ana as a front end prepares it, with events of the past."""
    path = runs.run_dir(data_dir, run_id).path
    config = {"preset": "quick", **changes}
    settings = {"reader_ids": ["ana"], "base": "embedded", "config": config, "result": RESULT}
    directory = jobs.prepare(path, "train", settings)
    for name, text in input_files([], {"ana": "A card."}).items():
        (path / name).write_text(text)
    if events:
        directory.events.write_text("".join(to_line(event) + "\n" for event in events))
    with opened(data_dir) as db:
        title = "quick on embedded for ana"
        run_rows.add(db, Run(run_id, "train", "ana", title, datetime.now(UTC)))
    return directory


def words(data_dir: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "studio.cli", "--data-dir", str(data_dir), *arguments]


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, however slow the machine."""
    for _ in range(2400):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be so")


def step_of(run: RunDir) -> int:
    return max((metric.step for metric in jobs.metrics(run)), default=0)


def goes_on(run: RunDir) -> bool:
    """Whether the run makes steps still."""
    before = step_of(run)
    until(lambda: step_of(run) > before + 2)
    return jobs.state(run) == "running"


def end(run: RunDir) -> None:
    (run.path / "enough").touch()
    until(lambda: not jobs.is_running(run))
    assert jobs.state(run) == "finished"


class Terminal:
    """A terminal of its own with a command in it, as sshd gives one to who logs in."""

    def __init__(self, command_words: list[str]) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))

        def own_the_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command_words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=own_the_terminal,
        )
        os.close(slave)
        self.shown = ""
        self._closed = Flag()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """All that is shown, so that nobody has to wait until it is read."""
        with suppress(OSError):  # Linux's way to say that nobody has this terminal open any more
            while not self._closed.is_set():
                if select([self.master], [], [], 0.05)[0]:
                    self.shown += os.read(self.master, 1 << 16).decode(errors="replace")
        os.close(self.master)

    def until(self, text: str) -> None:
        until(lambda: text in self.shown)

    def close(self) -> None:
        self._closed.set()
        self._reader.join()


@contextmanager
def terminal(data_dir: Path, *arguments: str) -> Iterator[Terminal]:
    opened_one = Terminal(words(data_dir, *arguments))
    try:
        yield opened_one
    finally:
        opened_one.process.kill()
        opened_one.process.wait()
        opened_one.close()


@pytest.mark.usefixtures("a_training")
def test_a_terminal_shows_one_line_and_ctrl_c_in_it_leaves_the_run(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1")
    jobs.start(run)
    with terminal(data_dir, "runs", "follow", "train-1") as screen:
        screen.until("\r\x1b[2K  training 5 of 10000 · loss 0.200")
        os.write(screen.master, b"\x03")
        screen.until("runs follow train-1")
        assert screen.process.wait(60) == 130
    assert "Traceback" not in screen.shown
    assert screen.shown.index("\r\nNo longer watching") > 0
    kept_current = [line for line in screen.shown.split("\r\x1b[2K") if "\n" not in line]
    assert all(len(line) <= 80 for line in kept_current)
    assert goes_on(run)
    end(run)


@pytest.mark.usefixtures("a_training")
def test_a_closed_terminal_ends_the_watching_and_another_takes_it_up(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1")
    with terminal(data_dir, "runs", "resume", "train-1") as screen:
        screen.until("training 3 of")
        screen.close()
        assert screen.process.wait(60) != 0
    assert goes_on(run)
    seen = step_of(run)
    new = subprocess.Popen(
        words(data_dir, "runs", "follow", "train-1", "--new"), stdout=subprocess.PIPE, text=True
    )
    assert new.stdout is not None
    first = new.stdout.readline()
    assert int(first.split("step ")[1].split(":")[0]) > seen
    with terminal(data_dir, "runs", "follow", "train-1") as screen:
        screen.until("training 1 of")
        end(run)
    assert "\x1b" not in first + new.communicate(timeout=60)[0]
    assert new.returncode == 0


@pytest.mark.usefixtures("a_training")
def test_killing_whoever_started_a_run_changes_nothing(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1")
    starter = subprocess.Popen(
        words(data_dir, "runs", "resume", "train-1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    until(lambda: step_of(run) > 2)
    os.killpg(starter.pid, signal.SIGKILL)
    starter.communicate()
    assert goes_on(run)
    end(run)


@pytest.mark.usefixtures("a_training")
def test_a_killed_window_leaves_the_run_that_it_started(data_dir: Path) -> None:
    """The window finds a queue that stood still, and starts its run when it opens."""
    run = a_run(data_dir, "train-1")
    (run.path / "queued").write_text("1")
    with terminal(data_dir) as screen:
        until(lambda: step_of(run) > 0)
        os.kill(screen.process.pid, signal.SIGKILL)
        screen.process.wait()
        assert goes_on(run)
    end(run)


@pytest.mark.usefixtures("a_training")
def test_a_reader_of_the_pipe_that_leaves_ends_the_watching_quietly(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1")
    jobs.start(run)
    watching = subprocess.Popen(
        words(data_dir, "runs", "follow", "train-1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert watching.stderr is not None
    assert "step 1: loss" in watching.stdout.readline() + watching.stdout.readline()
    watching.stdout.close()
    assert watching.wait(60) == 1
    assert watching.stderr.read() == ""
    assert goes_on(run)
    end(run)


@pytest.mark.usefixtures("a_training")
def test_queued_runs_are_listed_by_their_place_and_one_is_taken_out(data_dir: Path) -> None:
    directories = [a_run(data_dir, f"train-{number}") for number in (1, 2, 3)]
    jobs.start(directories[0])
    for number in (2, 3):
        asked = document(data_dir, "runs", "resume", f"train-{number}", "--queue", "--detach")
        assert asked == {"run": f"train-{number}", "state": "waiting"}
    assert "train-3  waiting, 2nd in the queue" in command(data_dir, "runs").stdout
    assert document(data_dir, "runs", "cancel", "train-2") == {"run": "train-2", "state": "stopped"}
    listed = document(data_dir, "runs")["runs"]
    assert {run["id"]: (run["state"], run["place"]) for run in listed} == {
        "train-1": ("running", None),
        "train-2": ("stopped", None),
        "train-3": ("waiting", 1),
    }
    refused = command(data_dir, "runs", "cancel", "train-1")
    assert refused.exit_code == 2
    assert "does not wait in the queue: it is running" in refused.stderr
    end(directories[0])
    until(lambda: step_of(directories[2]) > 0)
    end(directories[2])


@pytest.mark.usefixtures("a_training")
def test_train_waits_for_the_run_that_trains_where_it_is_told_to(data_dir: Path) -> None:
    asked = ("train", "ana", "--queue", "--detach")
    first = runs.run_dir(data_dir, document(data_dir, *asked)["run"])
    until(lambda: step_of(first) > 0)
    told = document(data_dir, *asked, "--set", "seed=1")
    assert told["state"] == "waiting"
    joined = command(data_dir, *asked, "--set", "seed=1")
    assert f"joined: {told['run']} waits in the queue already" in joined.stderr
    assert command(data_dir, "runs", "stop", first.id).exit_code == 0
    second = runs.run_dir(data_dir, told["run"])
    until(lambda: step_of(second) > 0)
    assert (jobs.state(first), jobs.state(second)) == ("stopped", "running")
    jobs.stop(second)


@pytest.mark.usefixtures("a_training")
def test_a_queue_that_stood_still_goes_on_when_the_runs_are_listed(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1")
    (run.path / "queued").write_text("1")  # what a restart of the machine leaves
    assert "The queue stood still" in command(data_dir, "runs").stderr
    until(lambda: step_of(run) > 0)
    assert "The queue" not in command(data_dir, "runs").stderr
    end(run)


def test_two_runs_are_compared(data_dir: Path) -> None:
    a_run(data_dir, "train-1", Finished(RESULT), beta=0.1)
    a_run(data_dir, "train-2", Finished({**RESULT, "steps": 9}), epochs=3)
    found = document(data_dir, "runs", "diff", "train-1", "train-2")
    values = {row["name"]: row["values"] for row in found["differences"]}
    assert values["beta"] == [0.1, 0.3]
    assert values["epochs"] == [1, 3]
    assert values["result.steps"] == [4, 9]
    assert values["result.held_out.tracks.values.accuracy"] == [0.8333, 0.8333]
    assert "card hash" not in values
    told = command(data_dir, "runs", "diff", "train-1", "train-2").stdout.splitlines()
    assert told[0].split() == ["train-1", "train-2"]
    assert ["beta", "0.1", "0.3"] in [line.split() for line in told]


def test_a_run_of_other_pairs_and_another_card_is_told_by_their_hashes(data_dir: Path) -> None:
    one, other = a_run(data_dir, "train-1"), a_run(data_dir, "train-2")
    assert command(data_dir, "runs", "diff", one.id, other.id).stdout == (
        "train-1 and train-2 were told the same.\n"
    )
    (other.path / "cards.json").write_text('{"ana": "Another card."}')
    (other.path / "pairs.jsonl").write_text(json.dumps({"held_out": False}) + "\n")
    found = runs.differences(data_dir, one.id, other.id)
    assert [each.name for each in found] == ["training pairs", "pairs hash", "card hash"]
    assert (found[0].a, found[0].b) == (0, 1)


def with_checkpoint(run: RunDir, step: int, adapter: bytes) -> None:
    folder = run.checkpoints / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(adapter)
    (folder / "optimizer.pt").write_bytes(b"large")
    mark_whole(folder, step)


def test_a_picked_checkpoint_is_the_runs_adapter_and_another_export(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1", Finished(RESULT))
    with_checkpoint(run, 2, b"early")
    with_checkpoint(run, 4, b"late")
    torn = run.checkpoints / "checkpoint-6"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"torn")
    runs.pick_checkpoint(data_dir, "train-1", 4)
    late = runs.export_fingerprint(data_dir, "train-1", "Q8_0")

    told = document(data_dir, "runs", "pick", "train-1", "2")
    assert told["checkpoint"] == str(run.checkpoints / "checkpoint-2")
    assert (run.adapter / "adapter_model.safetensors").read_bytes() == b"early"
    assert sorted(file.name for file in run.adapter.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert runs.export_fingerprint(data_dir, "train-1", "Q8_0") != late
    assert document(data_dir, "runs", "show", "train-1")["result"]["picked"] == 2
    assert "step 2 was picked" in command(data_dir, "runs", "show", "train-1").stdout
    refused = command(data_dir, "runs", "pick", "train-1", "6")
    assert refused.exit_code == 2
    assert "no checkpoint of step 6. There are: 2, 4." in refused.stderr


def test_a_checkpoint_of_a_run_that_trains_is_not_picked(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1", Metric(2, {"loss": 0.5}))
    with_checkpoint(run, 2, b"early")
    with run.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = command(data_dir, "runs", "pick", "train-1", "2")
    assert (refused.exit_code, run.adapter.exists()) == (2, False)
    assert "train-1 is running" in refused.stderr


def test_show_tells_what_differs_from_the_preset_and_each_step_once(data_dir: Path) -> None:
    steps = [Metric(step, {"loss": 0.5}) for step in (1, 2, 3, 2, 3)]
    seen = Metric(2, {"held_out/loss": 0.6, "held_out/accuracies": 0.75})
    a_run(data_dir, "train-1", *steps[:4], seen, steps[4], Finished(RESULT), beta=0.1)
    shown = document(data_dir, "runs", "show", "train-1")
    assert [row["step"] for row in shown["metrics"] if "loss" in row] == [1, 2, 3]
    told = command(data_dir, "runs", "show", "train-1").stdout
    assert "held out, step 2: loss 0.600 · accuracy 75%" in told
    assert "preset quick, but beta=0.1 (0.3)" in told
    assert "values, 6 pairs: prefers 83%" in told


def test_follow_tells_held_out_figures_and_samples_that_were_asked_for(data_dir: Path) -> None:
    sample = {"kind": "sample", "step": 2, "book": "b1", "title": "Emma", "text": "Two\nlines [b]"}
    events: list[Event] = [
        Metric(2, {"loss": 0.5}),
        Metric(2, {"held_out/loss": 0.6, "held_out/accuracies": 0.75}),
        Item({**sample, "seconds": 1.0}),
        Note("Stopped."),
    ]
    a_run(data_dir, "train-1", *events, Finished(RESULT))
    told = command(data_dir, "runs", "follow", "train-1").stdout
    assert "held out, step 2: loss 0.600 · accuracy 75%" in told
    assert "Two" not in told
    asked = command(data_dir, "runs", "follow", "train-1", "--samples").stdout
    assert "  step 2, Emma:\n    Two\n    lines [b]\n" in asked
