"""Commands about runs that go on: in terminals that are closed, through pipes, killed, queued."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from threading import Event as Flag
from threading import Thread

import pytest

from engine import jobs, runs
from engine.jobs import RunDir
from tests.studio.command_line import command, document
from tests.studio.past_runs import a_run

TRAINING = """
import time
from models.events import Finished, Metric, Step

def work(run, settings, asked_to_stop):
    for step in range(1, 6000):  # minutes, should a test that fails leave it alone
        if asked_to_stop.is_set():
            return
        yield Metric(step, {"loss": 1 / step})
        yield Step(step, 10_000, "training")
        if (run.path / "enough").exists():
            break
        time.sleep(0.05)
    yield Finished(settings["result"])
"""


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
