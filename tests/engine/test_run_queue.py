"""Runs that wait for one another: real children, stopped, killed, cancelled, revived."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import jobs, run_queue
from engine.jobs import RunDir
from models.errors import BadInput
from models.events import Event, Failed, Finished, Note, Step

pytestmark = pytest.mark.usefixtures("a_job")


def a_run(tmp_path: Path, number: int, steps: int = 3, pause: float = 0.0) -> RunDir:
    settings = {"steps": steps, "pause": pause}
    return jobs.prepare(tmp_path / "runs" / f"train-{number}", "profile", settings)


def queued(tmp_path: Path, number: int, steps: int = 3, pause: float = 0.0) -> RunDir:
    run = a_run(tmp_path, number, steps, pause)
    run_queue.join(run)
    jobs.start(run)
    return run


def one_that_goes_on(tmp_path: Path) -> RunDir:
    run = a_run(tmp_path, 0, steps=10_000, pause=0.05)
    jobs.start(run)
    until(lambda: Step(1, 10_000) in list(jobs.read_events(run)))
    return run


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, however slow the machine."""
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be so")


def kill(run: RunDir) -> None:
    os.kill(int((run.path / "pid").read_text()), signal.SIGKILL)


async def ended(run: RunDir) -> list[Event]:
    return [event async for event in jobs.follow(run)]


def names(runs: list[RunDir]) -> list[str]:
    return [run.id for run in runs]


async def test_a_queued_run_starts_at_once_where_none_is_before_it(tmp_path: Path) -> None:
    run = queued(tmp_path, 1)
    assert (await ended(run))[-1] == Finished({"answer": 42})
    assert jobs.state(run) == "finished"
    assert not run_queue.waiting(run.path.parent)


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_the_next_run_starts_however_the_one_before_ends(tmp_path: Path, end: str) -> None:
    first = one_that_goes_on(tmp_path)
    second, third = queued(tmp_path, 1), queued(tmp_path, 2)
    until(lambda: Note("Waiting for train-0 to end.") in list(jobs.read_events(second)))
    assert [jobs.state(run) for run in (first, second, third)] == ["running", "waiting", "waiting"]
    assert names(run_queue.waiting(first.path.parent)) == ["train-1", "train-2"]
    if end == "stop":
        jobs.stop(first)
    else:
        kill(first)
    assert (await ended(third))[-1] == Finished({"answer": 42})
    assert [jobs.state(run) for run in (first, second)] == ["stopped", "finished"]


async def test_runs_train_one_at_a_time_in_the_order_they_were_queued(tmp_path: Path) -> None:
    first = one_that_goes_on(tmp_path)
    waiting = [queued(tmp_path, number, steps=4, pause=0.05) for number in (3, 1, 2)]
    jobs.stop(first)
    most = 0
    while any(jobs.state(run) != "finished" for run in waiting):
        most = max(most, sum(jobs.state(run) == "running" for run in waiting))
        await asyncio.sleep(0.01)
    assert most == 1
    order = sorted(waiting, key=lambda run: run.events.stat().st_mtime_ns)
    assert names(order) == ["train-3", "train-1", "train-2"]


async def test_a_cancelled_run_leaves_the_queue_and_says_how_to_go_on(tmp_path: Path) -> None:
    first = one_that_goes_on(tmp_path)
    second, third = queued(tmp_path, 1), queued(tmp_path, 2)
    assert run_queue.leave(second)
    last = (await ended(second))[-1]
    assert isinstance(last, Failed)
    assert "resume" in last.hint
    assert jobs.state(second) == "stopped"
    assert not run_queue.leave(second)
    jobs.stop(first)
    assert (await ended(third))[-1] == Finished({"answer": 42})
    jobs.start(second)
    assert (await ended(second))[-1] == Finished({"answer": 42})


async def test_a_queue_whose_children_are_gone_is_revived_in_its_order(tmp_path: Path) -> None:
    first = one_that_goes_on(tmp_path)
    second, third = queued(tmp_path, 1), queued(tmp_path, 2)
    for run in (third, second, first):  # as when the machine goes down
        kill(run)
    until(lambda: not any(map(jobs.is_running, (first, second, third))))
    assert [jobs.state(run) for run in (first, second, third)] == ["stopped", "waiting", "waiting"]
    assert names(run_queue.revive(first.path.parent)) == ["train-1", "train-2"]
    assert (await ended(third))[-1] == Finished({"answer": 42})
    assert jobs.state(second) == "finished"
    assert not run_queue.revive(first.path.parent)


async def test_a_waiting_run_is_not_started_twice(tmp_path: Path) -> None:
    first = one_that_goes_on(tmp_path)
    second = queued(tmp_path, 1)
    with pytest.raises(BadInput, match="waits in the queue"):
        jobs.start(second)
    run_queue.leave(second)
    jobs.stop(first)
    await ended(first)
