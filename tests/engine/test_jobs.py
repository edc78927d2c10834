"""Runs over directories: real children, killed, stopped, found again."""

import fcntl
import os
import signal
import time
from pathlib import Path
from threading import Timer

import pytest

from engine import jobs
from engine.jobs import RunDir
from models.errors import BadInput
from models.events import Event, Failed, Finished, Metric, Note, Step, from_line, to_line


def prepared(tmp_path: Path, **settings: object) -> RunDir:
    return jobs.prepare(tmp_path / "runs" / "one", "profile", settings)


async def events_of(run: RunDir) -> list[Event]:
    return [event async for event in jobs.follow(run)]


def wait_for(run: RunDir, kind: type[Event], after: int = 0) -> None:
    """Wait until an event of this kind stands in the file, past the first `after` ones."""
    for _ in range(200):
        if any(isinstance(event, kind) for event in list(jobs.read_events(run))[after:]):
            return
        time.sleep(0.05)
    raise AssertionError(f"no {kind.__name__} came: {run.log.read_text()}")


@pytest.mark.usefixtures("a_job")
async def test_a_run_is_followed_live_and_a_day_later_alike(tmp_path: Path) -> None:
    run = prepared(tmp_path, steps=3)
    assert jobs.state(run) == "waiting"
    jobs.start(run)
    live = await events_of(run)
    assert live[1:] == [Step(1, 3), Step(2, 3), Step(3, 3), Finished({"answer": 42})]
    assert jobs.state(run) == "finished"
    assert await events_of(run) == live


@pytest.mark.usefixtures("a_job")
async def test_a_stopped_run_keeps_what_it_did_and_says_how_to_go_on(tmp_path: Path) -> None:
    run = prepared(tmp_path, steps=200, pause=0.05)
    jobs.start(run)
    wait_for(run, Step)
    jobs.stop(run)
    last = (await events_of(run))[-1]
    assert isinstance(last, Failed)
    assert "resume" in last.hint
    assert jobs.state(run) == "stopped"
    kept = len(list(jobs.read_events(run)))
    jobs.start(run)
    wait_for(run, Step, after=kept)
    jobs.stop(run)
    await events_of(run)
    assert jobs.state(run) == "stopped"


@pytest.mark.usefixtures("a_job")
async def test_a_killed_child_is_not_running_and_not_finished(tmp_path: Path) -> None:
    run = prepared(tmp_path, steps=200, pause=0.05)
    jobs.start(run)
    wait_for(run, Step)
    os.kill(int((run.path / "pid").read_text()), signal.SIGKILL)
    last = (await events_of(run))[-1]
    assert isinstance(last, Failed)
    assert "without a result" in last.message
    assert jobs.state(run) == "stopped"


@pytest.mark.usefixtures("a_job")
async def test_a_running_run_is_not_started_twice(tmp_path: Path) -> None:
    run = prepared(tmp_path, steps=200, pause=0.05)
    jobs.start(run)
    wait_for(run, Note)
    with pytest.raises(BadInput, match="running already"):
        jobs.start(run)
    assert jobs.is_running(RunDir(run.path))
    jobs.stop(run)
    await events_of(run)


@pytest.mark.usefixtures("a_job")
async def test_a_full_disk_in_the_child_is_a_sentence(tmp_path: Path) -> None:
    run = prepared(tmp_path, steps=1, fail=True)
    jobs.start(run)
    last = (await events_of(run))[-1]
    assert isinstance(last, Failed)
    assert "somewhere: No space left on device" in last.message


@pytest.mark.usefixtures("a_job")
async def test_a_folder_called_models_where_the_person_stands_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise RuntimeError('not yours')")
    monkeypatch.chdir(tmp_path)
    run = prepared(tmp_path, steps=1)
    jobs.start(run)
    assert (await events_of(run))[-1] == Finished({"answer": 42})


@pytest.mark.usefixtures("a_job")
async def test_after_a_line_cut_off_by_a_kill_the_next_start_writes_whole_ones(
    tmp_path: Path,
) -> None:
    run = prepared(tmp_path, steps=1)
    run.events.write_text(to_line(Step(1, 2)) + "\n" + to_line(Step(2, 2))[:9])
    jobs.start(run)
    events = await events_of(run)
    assert events[0] == Step(1, 2)
    assert isinstance(events[1], Note)
    assert events[-1] == Finished({"answer": 42})


@pytest.mark.usefixtures("a_job")
async def test_a_finished_run_ends_at_once_for_one_who_wants_only_what_is_new(
    tmp_path: Path,
) -> None:
    run = prepared(tmp_path, steps=1)
    jobs.start(run)
    await events_of(run)
    assert [event async for event in jobs.follow(run, from_start=False)] == [
        Finished({"answer": 42})
    ]


@pytest.mark.usefixtures("a_job")
async def test_looking_at_a_run_never_keeps_it_from_starting(tmp_path: Path) -> None:
    """Whether a run goes on is seen by trying its lock, which for that moment is held."""
    run = prepared(tmp_path, steps=1)
    run.lock.touch()
    looking = run.lock.open()
    fcntl.flock(looking, fcntl.LOCK_SH)
    Timer(0.3, looking.close).start()
    with run.lock.open("w") as lock:
        jobs.take_lock(run, lock)
    jobs.start(run)
    assert jobs.state(run) == "running"
    assert (await events_of(run))[-1] == Finished({"answer": 42})


@pytest.mark.usefixtures("a_job")
async def test_a_disk_that_refuses_events_ends_the_work_with_a_sentence(tmp_path: Path) -> None:
    run = prepared(tmp_path, steps=100_000)
    room = Path(os.environ["PYTHONPATH"].split(os.pathsep)[0])
    with (room / "sitecustomize.py").open("a") as site:
        site.write("\nimport resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, -1))\n")
    jobs.start(run)
    last = (await events_of(run))[-1]
    assert isinstance(last, Failed)
    assert "The disk refused" in last.message
    assert "events.jsonl: No space left on device." in last.message


def test_the_steps_that_a_kill_undid_count_once(tmp_path: Path) -> None:
    """Steps 3 and 4 were lost; the run went on from 2 and was stopped after 3."""
    run = prepared(tmp_path)
    told = [(1, "a"), (2, "a"), (2, "held_out/a"), (3, "a"), (4, "a"), (4, "held_out/a"), (3, "a")]
    figures = [Metric(step, {name: float(n)}) for n, (step, name) in enumerate(told)]
    run.events.write_text("".join(to_line(figure) + "\n" for figure in figures))
    assert jobs.metrics(run) == [figures[0], figures[1], figures[2], figures[6]]


async def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    run = prepared(tmp_path)
    run.events.write_text(to_line(Step(1, 2)) + "\n" + to_line(Step(2, 2))[:9])
    assert list(jobs.read_events(run)) == [Step(1, 2)]


def test_run_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    run = prepared(tmp_path)
    assert run.path.stat().st_mode & 0o777 == 0o700
    assert run.job.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("event", [Step(1, 2, "x"), Note("שלום [b]"), Failed("a", "b")])
def test_events_come_back_from_their_lines(event: Event) -> None:
    assert from_line(to_line(event)) == event


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"event": "step"}', '{"event": 3}', "nonsense"])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="Not an event"):
        from_line(line)
