"""The files of what was written: DATA_DIR/bank/candidates.jsonl and rejected.jsonl, append-only.

A line is there for good once `append` returns; a process that is killed loses what it had in work.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.bank_extend.candidate import Candidate, candidate_from
from models.errors import BadInput, UserError

PASSED, REFUSED = "candidates.jsonl", "rejected.jsonl"


def folder(data_dir: Path) -> Path:
    return data_dir / "bank"


def everything(data_dir: Path) -> list[Candidate]:
    """All candidates, those that passed the gates first, each in the order they were written.

    Raises:
        BadInput: a line is not what `append` writes.
    """
    return [candidate for name in (PASSED, REFUSED) for candidate in _read(folder(data_dir) / name)]


def append(data_dir: Path, candidate: Candidate) -> None:
    """Keep a candidate, on the disk and not only on its way there.

    Raises:
        UserError: the disk refuses.
    """
    path = folder(data_dir) / (REFUSED if candidate.refused else PASSED)
    line = json.dumps(candidate.as_json(), ensure_ascii=False) + "\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(_end_of_whole_lines(file.read()))
            file.truncate()
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Free some space; what was written before is kept.",
        ) from error


@contextmanager
def alone_at_work(data_dir: Path) -> Iterator[None]:
    """Keep others from extending the same bank meanwhile; a killed process lets go by itself.

    Raises:
        BadInput: somebody else is at it.
        UserError: the folder cannot be made.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder(data_dir).mkdir(exist_ok=True, mode=0o700)
        lock = (folder(data_dir) / "lock").open("w")
    except OSError as error:
        raise UserError(
            f"{folder(data_dir)} cannot be made: {error.strerror or error}.",
            "Choose another place with --data-dir.",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(
                "Another process is extending this bank.", "Wait for it, or stop it with Ctrl+C."
            ) from error
        yield


def _read(path: Path) -> Iterator[Candidate]:
    try:
        whole = path.read_bytes()
    except FileNotFoundError:
        return
    for number, line in enumerate(whole[: _end_of_whole_lines(whole)].splitlines(), start=1):
        try:
            yield candidate_from(json.loads(line))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                f"{path}, line {number} is no candidate of `bank extend`: {error}.",
                "Take the line out of the file; the others stay.",
            ) from error


def _end_of_whole_lines(content: bytes) -> int:
    """Where the last line break ends: behind it is what a killed process left of a line."""
    return content.rfind(b"\n") + 1
