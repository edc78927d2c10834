"""Runs over their directories: start a child, follow its events, stop it, find it again.

The directory is the whole interface: `job.json` in, `events.jsonl` and `log.txt` out, `lock` held
by the child for as long as it lives, `queued` while it waits (`engine.run_queue`), `stopped` once
it was asked to end. A front end that watches a run it has just started and one
that finds it a day later run the same code. Nothing here touches the store.
"""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.domain import RunKind, RunState
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, JsonObject, Metric, from_line

POLL_S = 0.1
LOCK_TRIES, LOCK_TRY_S = 50, 0.02
LOCK_IS_HELD = "held"
"""Told to the child whose launcher holds the run's lock as long as its processes live."""
CHILD_DEFAULTS = {
    # Threads that spin long for work starve whatever else runs on the cores; a short spin keeps
    # most of the speed (one training step on two quiet cores: 4.8 s so, 5.7 s without any).
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "10000",
    "TQDM_DISABLE": "1",
}
"""The child's environment where the person has not set it otherwise."""


@dataclass(frozen=True)
class RunDir:
    """The files of one run."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def job(self) -> Path:
        return self.path / "job.json"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def queued(self) -> Path:
        return self.path / "queued"

    @property
    def stopped(self) -> Path:
        return self.path / "stopped"

    @property
    def adapter(self) -> Path:
        return self.path / "adapter"

    @property
    def model(self) -> Path:
        """In the place of an adapter where all weights were trained."""
        return self.path / "model"

    @property
    def made(self) -> Path:
        """What a training made, the adapter or the model; it need not be there yet."""
        return self.model if self.model.exists() else self.adapter

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"


def prepare(path: Path, kind: RunKind, settings: JsonObject) -> RunDir:
    """Make a run directory (0700) whose `job.json` says what the child is to do.

    Raises:
        UserError: the disk refuses.
    """
    run = RunDir(path)
    try:
        path.mkdir(parents=True, mode=0o700)
        run.job.touch(mode=0o600)
        run.job.write_text(json.dumps({"kind": kind, **settings}, indent=1, ensure_ascii=False))
    except OSError as error:
        raise UserError(
            f"The run directory {path} cannot be written: {error.strerror}.",
            "Free some space, or choose another place with --data-dir.",
        ) from error
    return run


def start(run: RunDir) -> None:
    """Start the child that does the work, in a session of its own; it outlives this process.

    Starting a run that was stopped goes on from what it left. The lock is taken here and handed to
    the child, so that no other process ever sees a run between being started and running.

    Raises:
        BadInput: the run is going on already, or waits its turn.
    """
    if is_running(run):
        raise _is_going_on(run)
    run.lock.touch(mode=0o600)
    processes = int(json.loads(run.job.read_text(encoding="utf-8")).get("processes", 1))
    # Safe path: a folder called `models` or `engine` where the person stands is not ours.
    defaults = {**CHILD_DEFAULTS, "PYTHONSAFEPATH": "1"}
    if processes > 1:
        defaults["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // processes))
    with run.lock.open("w") as lock, run.log.open("ab") as log:
        take_lock(run, lock)
        run.stopped.unlink(missing_ok=True)
        # The launcher keeps the lock, which its processes do not inherit.
        handed = [str(lock.fileno())] if processes == 1 else [LOCK_IS_HELD]
        child = subprocess.Popen(
            [*command(run, processes), *handed],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock.fileno()],
            env={**defaults, **os.environ},
        )
        (run.path / "pid").write_text(str(child.pid))
    _children[run.path] = child


def command(run: RunDir, processes: int) -> list[str]:
    """What starts the child, or the processes that share its work.

    Several go by `accelerate launch`, in whose words what is not a GPU is one too: the worker finds
    the device by itself. On several machines the same command, with accelerate's --num_machines,
    --machine_rank and --main_process_ip, starts each machine's share; all must see the run's
    directory.
    """
    worker = ["-m", "engine.worker", str(run.path.resolve())]
    if processes == 1:
        return [sys.executable, *worker]
    shared = f"--multi_gpu --num_machines 1 --num_processes {processes} --main_process_port 0"
    plain = "--mixed_precision no --dynamo_backend no"  # the trainer's settings say the precision
    launcher = [sys.executable, "-m", "accelerate.commands.launch"]
    return [*launcher, *shared.split(), *plain.split(), *worker]


def take_lock(run: RunDir, lock: IO[str]) -> None:
    """Take a run's lock for good.

    Raises:
        BadInput: another process holds it; one that only looks whether it is held lets go at once.
    """
    for _ in range(LOCK_TRIES):
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(LOCK_TRY_S)
    raise _is_going_on(run)


def _is_going_on(run: RunDir) -> BadInput:
    if run.queued.exists():
        return BadInput(
            f"Run {run.id} waits in the queue.",
            f"It starts by itself; `persona-studio runs cancel {run.id}` takes it out.",
        )
    return BadInput(
        f"Run {run.id} is running already.",
        "Follow it on the Train screen, or with `runs follow`.",
    )


_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Children of this process, kept so that the ended ones are reaped."""


def reap() -> None:
    """Take note of the children that have ended; only then does the system count what they took."""
    for child in _children.values():
        child.poll()


def is_running(run: RunDir) -> bool:
    """Whether a child holds the run's lock (a process id would be no proof)."""
    if (child := _children.get(run.path)) is not None:
        child.poll()
    try:
        with run.lock.open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def stop(run: RunDir) -> None:
    """Ask the child to write a checkpoint and stop. Does nothing when it is not running."""
    if is_running(run):
        run.stopped.touch()
        with suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(int((run.path / "pid").read_text()), signal.SIGTERM)


def standing(run: RunDir) -> tuple[RunState, JsonObject]:
    """Where the run stands, told by its lock and its last event; and its result once finished."""
    if run.queued.exists():
        return "waiting", {}
    if is_running(run):
        return "running", {}
    last = _last_event(run.events)
    if isinstance(last, Finished):
        return "finished", last.result
    if isinstance(last, Failed):
        return "failed", {}
    was_started = run.events.exists() or (run.path / "pid").exists()
    return ("stopped" if was_started else "waiting"), {}


def state(run: RunDir) -> RunState:
    """Where the run stands."""
    return standing(run)[0]


def _last_event(path: Path) -> Event | None:
    """The last whole line of the file, read from its end."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        size, block = path.stat().st_size, 1 << 16
        while True:
            file.seek(max(0, size - block))
            *lines, _cut_off = file.read().split(b"\n")
            if len(lines) > 1 or (lines and block >= size):
                with suppress(BadInput):
                    return from_line(lines[-1].decode("utf-8", "replace"))
                return None
            if block >= size:
                return None
            block *= 8


def read_events(run: RunDir) -> Iterator[Event]:
    """The events so far. A line cut off by a kill is left out."""
    if not run.events.exists():
        return
    with run.events.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                with suppress(BadInput):
                    yield from_line(line)


def metrics(run: RunDir) -> list[Metric]:
    """The figures of each step so far, in order and each once."""
    kept: list[Metric] = []
    for event in read_events(run):
        if isinstance(event, Metric):
            keep_metric(kept, event)
    return kept


def keep_metric(kept: list[Metric], new: Metric) -> None:
    """Add figures to those before them, in the place of what a run that was killed does again.

    They stand instead of older ones of the same kind and step, and of all later steps.
    """
    of_other_kinds = []
    while kept and kept[-1].step >= new.step:
        last = kept.pop()
        if last.step == new.step and not last.values.keys() & new.values.keys():
            of_other_kinds.append(last)
    kept += [*reversed(of_other_kinds), new]


async def follow(run: RunDir, from_start: bool = True) -> AsyncGenerator[Event, None]:
    """Yield the run's events as they come, until it ends; the same for a run of yesterday.

    Ends with `Finished` or `Failed`; a child that died without a word gives a `Failed` with the
    last lines of its log, and one that was asked to stop a `Failed` that says how to go on.
    """
    position = 0 if from_start or not run.events.exists() else run.events.stat().st_size
    rest = b""
    last: Event | None = None
    while True:
        running = await asyncio.to_thread(is_running, run)
        data = await asyncio.to_thread(_read_from, run.events, position)
        position += len(data)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            with suppress(BadInput):
                last = from_line(line.decode("utf-8", "replace"))
                if not isinstance(last, Finished | Failed):
                    yield last
        if not running:
            break
        await asyncio.sleep(POLL_S)
    if last is None:
        last = await asyncio.to_thread(_last_event, run.events)
    yield last if isinstance(last, Finished | Failed) else _ended_without_a_word(run)


def _read_from(path: Path, position: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(position)
        return file.read()


def _ended_without_a_word(run: RunDir) -> Failed:
    if run.stopped.exists():
        return Failed("The run was stopped.", f"`persona-studio runs resume {run.id}` goes on.")
    tail = run.log.read_text(errors="replace").strip().splitlines()[-3:] if run.log.exists() else []
    told = " ".join(tail)[-400:].rstrip(".") or "it left no message"
    return Failed(f"The run ended without a result: {told}.", f"The whole log is {run.log}.")
