"""One run shared by two processes, started by `accelerate launch`, over gloo on the CPU."""

import fcntl
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from numpy.linalg import norm
from safetensors.numpy import load_file

from engine import jobs, run_queue
from engine.jobs import RunDir
from engine.train.checkpoints import newest_checkpoint
from models.events import Finished, Metric, Note
from tests.engine.test_watching import BOOK, looks_of, samples_of
from tests.engine.tiny_training import TINY, a_run, run_child, steps_of

ALONE = replace(TINY, batch_size=2, epochs=3, learning_rate=3e-3)
"""Steps small enough for rounding not to grow from one to the next: with 1e-2 margins parted by
0.04 beyond `rel` on some processors and seeds, with this by 0.0007 at the most."""
SHARED = replace(ALONE, batch_size=1, processes=2)
BF16 = 5e-3
"""What packing in twos or alone may move, on processors that train in bfloat16."""


async def test_two_processes_train_as_one_with_twice_the_batch(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    found, adapters = [], []
    for name, config in (("alone", ALONE), ("shared", SHARED)):
        run = a_run(tmp_path / name, tiny_base, cache_dir, config, book=BOOK)
        events = await run_child(run)
        assert isinstance(events[-1], Finished), (events[-1], run.log.read_text()[-3000:])
        found.append(events)
        adapters.append(load_file(run.adapter / "adapter_model.safetensors"))
    alone, shared = map(steps_of, found)
    assert [metric.step for metric in shared] == [metric.step for metric in alone]
    for one, two in zip(alone, shared, strict=True):
        for key in ("loss", "rewards/margins", "logps/chosen"):
            near = pytest.approx(one.values[key], rel=1e-3, abs=BF16)
            assert two.values[key] == near, key
    looks = [[event.step for event in looks_of(events)] for events in found]
    assert looks[0] == looks[1] == [0, 2, 4, 6, 8, 9]
    assert [len(samples_of(events)) for events in found] == [6, 6]  # by the first process alone
    for name, matrix in adapters[0].items():
        # AdamW makes whole steps of gradients that are all rounding, so single numbers may differ.
        assert norm(adapters[1][name] - matrix) < 0.05 * norm(matrix), name
    assert len([event for event in found[1] if isinstance(event, Finished)]) == 1


async def test_a_stop_reaches_both_processes_and_they_go_on_from_the_checkpoint(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, replace(SHARED, epochs=60))
    jobs.start(run)
    async for event in jobs.follow(run):
        if isinstance(event, Metric) and event.step == 3:
            jobs.stop(run)
    assert jobs.state(run) == "stopped", run.log.read_text()[-3000:]
    checkpoint = newest_checkpoint(run.checkpoints)
    assert checkpoint is not None
    done = int(checkpoint.name.rsplit("-", 1)[1])
    assert 3 <= done < 180
    first_step, notes = await gone_on(run)
    assert first_step == done + 1
    assert f"Going on from the checkpoint of step {done}." in notes


def parents_of_processes() -> dict[int, int]:
    """Process → parent, of all that are no zombies."""
    command = ["ps", "-A", "-o", "pid=,ppid=,stat="]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in told.splitlines()]
    return {int(pid): int(parent) for pid, parent, state, *_ in rows if state[0] != "Z"}


def are_gone(processes: list[int]) -> bool:
    """Whether they end within a minute."""
    given_up = time.monotonic() + 60
    while left := parents_of_processes().keys() & processes:
        if time.monotonic() > given_up:
            break
        time.sleep(0.1)
    return not left


async def gone_on(run: RunDir) -> tuple[int, list[str]]:
    jobs.start(run)
    notes: list[str] = []
    first_step = 0
    async for event in jobs.follow(run, from_start=False):
        if isinstance(event, Note):
            notes.append(event.text)
        if isinstance(event, Metric) and not first_step:
            first_step = event.step
            jobs.stop(run)
    return first_step, notes


async def test_both_processes_end_when_their_launcher_is_killed(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, replace(SHARED, epochs=10_000))
    jobs.start(run)
    launcher, ranks = 0, list[int]()
    async for event in jobs.follow(run):
        if isinstance(event, Metric) and event.step == 1:
            parents = parents_of_processes()
            launcher = parents[int((run.path / "pid").read_text())]
            ranks = [pid for pid, parent in parents.items() if parent == launcher]
            os.kill(launcher, signal.SIGKILL)
    assert len(ranks) == 2
    assert are_gone(ranks)
    first_step, _ = await gone_on(run)
    assert first_step > 0


async def test_both_processes_wait_in_the_queue_and_hold_the_runs_lock(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    ahead = a_run(tmp_path / "train-1", tiny_base, cache_dir)
    waits = a_run(tmp_path / "train-2", tiny_base, cache_dir, replace(SHARED, epochs=1))
    with ahead.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # it trains
        run_queue.join(waits)
        jobs.start(waits)
        async for event in jobs.follow(waits):
            if event == Note("Waiting for train-1 to end."):
                break
        assert (jobs.state(waits), jobs.is_running(waits)) == ("waiting", True)
    events = [event async for event in jobs.follow(waits)]
    assert isinstance(events[-1], Finished), (events[-1], waits.log.read_text()[-3000:])
    assert not jobs.is_running(waits)
