"""The child that does one run's work: `python -m engine.worker RUN_DIR [LOCK]`.

LOCK is the open file of the run's lock, or `held` where the launcher has it.

Holds the run's lock, waits its turn if it was queued, does the job that `job.json` names, and
appends its events to `events.jsonl`. SIGTERM asks the job to keep what it has and end. It never
touches the store.

`accelerate launch --module engine.worker RUN_DIR` starts several for one run: the first does all
this, the others its share of the work alone. The launcher holds the lock, so they end with it.
"""

import errno
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from io import FileIO
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from engine import jobs
from engine.jobs import RunDir
from engine.run_queue import wait_for_turn
from models.aside import is_cut_off
from models.errors import UserError
from models.events import Event, Failed, Finished, to_line

QUEUE_POLL_S = 0.5
LAUNCHER_POLL_S = 0.5
JOBS = {
    "profile": "engine.profile.job",
    "train": "engine.train.job",
    "export": "engine.export",
    "suggest": "engine.profile.suggest",
    "lengths": "engine.train.lengths",
    "probe": "engine.train.probe",
    "evaluate": "engine.tailoring.scoring",
}
"""Kind of run → the module whose `work(run, settings, asked_to_stop)` yields its events."""


def main(path: Path, lock: str = "") -> int:
    """Run one job to its end; returns the exit code (0 finished, 1 failed or stopped).

    Args:
        lock: the number of the run's lock as an open file, held already by whoever started this,
            or `held` where the launcher keeps it to itself; taken here where empty.
    """
    run = RunDir(path)
    if "RANK" in os.environ:
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        if os.environ["RANK"] != "0":
            return _share_the_work(run)
    else:
        # TRL trains on one GPU a process, and refuses where it sees more.
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
        os.environ["CUDA_VISIBLE_DEVICES"] = seen.partition(",")[0]
    if lock == jobs.LOCK_IS_HELD:
        return _first(run)
    with os.fdopen(int(lock), "w") if lock else run.lock.open("w") as file:
        os.set_inheritable(file.fileno(), False)  # a child of this one must not keep it
        try:
            jobs.take_lock(run, file)
        except UserError as error:
            print(error)
            return 1
        return _first(run)


def _end_with(launcher: int) -> None:
    """End at once, as if killed, when the launcher was: its lock is free, and a run may start."""
    while os.getppid() == launcher:
        time.sleep(LAUNCHER_POLL_S)
    os._exit(1)


def _first(run: RunDir) -> int:
    """Be the one that writes, under the run's lock."""
    (run.path / "pid").write_text(str(os.getpid()))
    return _work_and_write(run)


def _share_the_work(run: RunDir) -> int:
    """Be one of the other processes: they are told by the first when to stop, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    while run.queued.exists():  # what the processes share would time out in the queue
        time.sleep(QUEUE_POLL_S)
    for _ in _job(run, Flag()):
        pass
    return 0


def _work_and_write(run: RunDir) -> int:
    asked_to_stop = Flag()
    os.umask(0o077)
    last: Event | None = None
    refused: OSError | None = None
    cut_off = is_cut_off(run.events)
    with run.events.open("ab", buffering=0) as events:
        if cut_off:
            events.write(b"\n")
        for last in _explained(_job_in_turn(run, asked_to_stop)):
            try:
                _append(events, last)
            except OSError as error:
                # The job must end in its own way: it may free what it holds of the disk.
                refused = error
                asked_to_stop.set()
        if refused is not None:
            last = _of_the_disk(refused)
            print(last.message)  # into the log, should the events not take it
            with suppress(OSError):
                events.write(b"\n")
                _append(events, last)
    if not isinstance(last, Finished | Failed):
        run.stopped.touch()
    return 0 if isinstance(last, Finished) else 1


def _append(events: FileIO, event: Event) -> None:
    line = f"{to_line(event)}\n".encode()
    if events.write(line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), events.name)


def _job_in_turn(run: RunDir, asked_to_stop: Flag) -> Iterator[Event]:
    """The job, once no queued run is before it."""
    listen = partial(_listen, asked_to_stop)
    if not run.queued.exists():
        listen()
    elif not (yield from wait_for_turn(run, listen)):
        return
    yield from _job(run, asked_to_stop)


def _job(run: RunDir, asked_to_stop: Flag) -> Iterator[Event]:
    settings = json.loads(run.job.read_text(encoding="utf-8"))
    module = importlib.import_module(JOBS[settings["kind"]])
    yield from module.work(run, settings, asked_to_stop)


def _listen(asked_to_stop: Flag) -> None:
    """From now on SIGTERM asks to stop; until then, as in the queue, it ends the process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())


def _explained(events: Iterator[Event]) -> Iterator[Event]:
    """The job's events; an error becomes the last one, with its traceback in the log."""
    try:
        yield from events
    except UserError as error:
        yield Failed(error.message, error.hint)
    except MemoryError:
        yield Failed("The memory of this machine was not enough.", "Take a smaller base or batch.")
    except OSError as error:
        traceback.print_exc()
        yield _of_the_disk(error)
    except Exception as error:
        # The border of the process: whatever went wrong must reach the person who waits.
        traceback.print_exc()
        yield Failed(f"{type(error).__name__}: {error}", "The traceback is in the run's log.txt.")


def _of_the_disk(error: OSError) -> Failed:
    place = f" {error.filename}" if error.filename else ""
    return Failed(f"The disk refused{place}: {error.strerror or error}.", "Free some space.")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:3]))
