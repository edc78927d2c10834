"""One window or command at a time has a dataset's personas inferred, checked or tried."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from engine.personas.map import map_path
from engine.store import datasets as dataset_rows
from engine.store.authors import Road, road_taken
from engine.store.database import opened
from models.errors import BadInput, UserError

Work = Literal["inferred", "checked", "tried on unseen choices"]
_BY: Mapping[Road | None, str] = {"window": " in a window", "command": " by a command"}


@contextmanager
def at_work(data_dir: Path, dataset_id: str, work: Work) -> Iterator[None]:
    """Keep others from asking about the same personas meanwhile, so that no answer is paid twice.

    A killed process lets go by itself.

    Raises:
        BadInput: no such dataset, or others are at it; says what they do, where and since when.
        UserError: the lock cannot be made.
    """
    with opened(data_dir) as db:
        dataset_rows.ensure_dataset(db, dataset_id)
    path = map_path(data_dir, dataset_id, "work").with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        lock = path.open("r+", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{path} cannot be made: {error.strerror or error}.",
            "Choose another place with --data-dir.",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            doing = lock.read() or "worked on by another window or command"
            raise BadInput(
                f"The personas of {dataset_id!r} are being {doing}.",
                "Wait for it, or stop it there; what it was answered is kept, and counts here too.",
            ) from error
        lock.truncate()
        lock.write(f"{work}{_BY.get(road_taken(), '')}, since {datetime.now(UTC):%H:%M} UTC")
        lock.flush()
        yield
