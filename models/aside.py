"""Files that are either whole or not there: written aside, flushed to the disk, then renamed.

Also the lock under which a cache entry is made once. Nothing here knows what is in the files.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import JobFailed


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yield a sibling path for a file or a folder; it becomes `target` if the block succeeds.

    On any way out but the end of the block the half-written sibling is removed; what a killed
    process left behind is removed by the next one that writes the same target.

    Raises:
        JobFailed: the disk refuses (full, read-only); says where.
    """
    aside = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove(aside)
        yield aside
        flush(aside)
        _put_in_place(aside, target)
        _sync(target.parent)
    except OSError as error:
        raise JobFailed(
            f"{target} could not be written: {error.strerror or error}.",
            "Free some space, or choose another place with --data-dir.",
        ) from error
    finally:
        remove(aside)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other process is in a block under the same lock file.

    Raises:
        JobFailed: the lock file cannot be made.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise JobFailed(
            f"{lock} cannot be made: {error.strerror or error}.",
            "Choose another place with --data-dir.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove(path: Path) -> None:
    """Remove a file or a whole folder; nothing is there afterwards, or was before."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        # Below a file there is nothing either.
        with suppress(NotADirectoryError):
            path.unlink(missing_ok=True)


def _put_in_place(aside: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        # A folder does not replace a folder: the old one steps aside first.
        old = target.with_name(f".{target.name}.old")
        remove(old)
        os.replace(target, old)
        os.replace(aside, target)
        remove(old)
    else:
        os.replace(aside, target)


def is_cut_off(path: Path) -> bool:
    """Whether the last line of a text file has no end, as a kill leaves it."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def flush(path: Path) -> None:
    """Have the system write a file, or a whole folder, to the disk now."""
    for part in [*path.rglob("*"), path] if path.is_dir() else [path]:
        _sync(part)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
