"""Training runs that wait for their turn: one at a time, in the order in which they were queued.

A waiting run is a child already, asleep on the lock of the run before it. So the system wakes it
however that run ends, `kill -9` too, and nobody has to keep watch. Only where the waiting children
themselves are gone, as after a restart of the machine, the queue stands still until a front end
calls `revive`.

The run's file `queued` holds its number. It is written and removed under one lock for all runs, and
whoever starts to train removes its own, so two never start at once.
"""

import fcntl
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from engine import jobs
from engine.jobs import RunDir
from models.aside import alone, written_aside
from models.errors import BadInput
from models.events import Event, Note

TRAININGS = "train-*"
"""The directories of training runs: an id begins with the run's kind."""
WAITING = "Waiting for "
"""What the note of a run that waits begins with."""


def join(run: RunDir) -> None:
    """Put a run that is not going on at the end of the queue; its child will wait there."""
    with _alone_in(run):
        last = max(map(_number, waiting(run.path.parent)), default=0)
        with written_aside(run.queued) as aside:
            aside.write_text(str(last + 1))


def waiting(folder: Path) -> list[RunDir]:
    """The runs of this folder that wait, the next one first."""
    return sorted((RunDir(marker.parent) for marker in folder.glob("*/queued")), key=_number)


def leave(run: RunDir) -> bool:
    """Take a run out of the queue; False where it was not, or no longer, waiting."""
    with _alone_in(run):
        was_waiting = run.queued.exists()
        run.queued.unlink(missing_ok=True)
    if was_waiting:
        run.stopped.touch()
        if jobs.is_running(run):
            jobs.stop(run)
            _until_ended(run)
    return was_waiting


def revive(folder: Path) -> list[RunDir]:
    """Start the children of waiting runs that have none; returns these runs."""
    revived = []
    for run in waiting(folder):
        if not jobs.is_running(run):
            with suppress(BadInput):  # another front end was quicker
                jobs.start(run)
                revived.append(run)
    return revived


def wait_for_turn(run: RunDir, begin: Callable[[], None]) -> Generator[Event, None, bool]:
    """Sleep until no run is ahead; for the child, which holds the run's own lock.

    Args:
        begin: called before the others see that this run waits no longer.

    Returns:
        False when the run was taken out of the queue.
    """
    told = ""
    while True:
        with _alone_in(run):
            if not run.queued.exists():
                return False
            ahead = _ahead_of(run)
            if ahead is None:
                begin()
                run.queued.unlink()
                return True
        if ahead.id != told:
            yield Note(f"{WAITING}{ahead.id} to end.")
            told = ahead.id
        _until_ended(ahead)


def _until_ended(run: RunDir) -> None:
    with run.lock.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def _ahead_of(run: RunDir) -> RunDir | None:
    """The run whose end is to be waited for: the one before in the queue, else one that trains."""
    folder = run.path.parent
    before = [other for other in waiting(folder) if _number(other) < _number(run)]
    living = [other for other in before if jobs.is_running(other)]
    if living:
        return living[-1]
    others = (RunDir(path) for path in folder.glob(TRAININGS))
    trains = (each for each in others if not each.queued.exists() and jobs.is_running(each))
    return next((each for each in trains if each.id != run.id), None)


def _number(run: RunDir) -> int:
    try:
        return int(run.queued.read_text())
    except FileNotFoundError:  # it left between the listing and the look
        return 0


def _alone_in(run: RunDir) -> AbstractContextManager[None]:
    return alone(run.path.parent / ".queue.lock")
