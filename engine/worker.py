"""The child that does one run's work: `python -m engine.worker RUN_DIR`.

Takes the run's lock, does the job that `job.json` names, and appends its events to
`events.jsonl`. SIGTERM asks the job to keep what it has and end. It never touches the store.
"""

import fcntl
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

from engine.jobs import RunDir
from models.errors import UserError
from models.events import Event, Failed, Finished, to_line

JOBS = {
    "profile": "engine.profile.job",
    "train": "engine.train.job",
    "export": "engine.export",
    "suggest": "engine.profile.suggest",
    "lengths": "engine.train.lengths",
}
"""Kind of run → the module whose `work(run, settings, asked_to_stop)` yields its events."""


def main(path: Path) -> int:
    """Run one job to its end; returns the exit code (0 finished, 1 failed or stopped)."""
    run = RunDir(path)
    with run.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another process works on this run already")
            return 1
        (path / "pid").write_text(str(os.getpid()))
        (path / "stopped").unlink(missing_ok=True)
        return _work_and_write(run)


def _work_and_write(run: RunDir) -> int:
    asked_to_stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    os.umask(0o077)
    last: Event | None = None
    with run.events.open("a", encoding="utf-8") as events:
        for last in _explained(_job(run, asked_to_stop)):
            events.write(to_line(last) + "\n")
            events.flush()
    if not isinstance(last, Finished | Failed):
        (run.path / "stopped").touch()
    return 0 if isinstance(last, Finished) else 1


def _job(run: RunDir, asked_to_stop: Flag) -> Iterator[Event]:
    settings = json.loads(run.job.read_text(encoding="utf-8"))
    module = importlib.import_module(JOBS[settings["kind"]])
    yield from module.work(run, settings, asked_to_stop)


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
        place = f" {error.filename}" if error.filename else ""
        yield Failed(f"The disk refused{place}: {error.strerror or error}.", "Free some space.")
    except Exception as error:
        # The border of the process: whatever went wrong must reach the person who waits.
        traceback.print_exc()
        yield Failed(f"{type(error).__name__}: {error}", "The traceback is in the run's log.txt.")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
