"""Files that only their owner can read, whole or not there at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.errors import BadInput


class AlreadyThere(BadInput):
    """A file that was not to be replaced stands in the place."""


@contextmanager
def private_file(path: Path, replaces: bool) -> Iterator[BinaryIO]:
    """A file to be written: beside its place at first, in its place once all of it is there.

    What stood there stays as it was until then, and for good where the writing ends in an error.
    A link is followed; a device or a pipe is written to as it is.

    Args:
        replaces: whether a file may be there already; an empty one may be in any case, since
            nothing is lost with it, and `mktemp` and `>` make such.

    Raises:
        AlreadyThere: one is, and may not.
        BadInput: the place cannot be written.
    """
    try:
        place = path.resolve()
        if place.exists() and not place.is_file():
            with place.open("wb") as device:
                yield device
            return
        with _beside(place, path, replaces) as file:
            yield file
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror or error}.", "Name another place."
        ) from error


@contextmanager
def _beside(place: Path, path: Path, replaces: bool) -> Iterator[BinaryIO]:
    _refuse_to_replace(place, path, replaces)
    # mkstemp gives mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", dir=place.parent)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        # Once more: the writing may have taken its time.
        _refuse_to_replace(place, path, replaces)
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise


def _refuse_to_replace(place: Path, path: Path, replaces: bool) -> None:
    if not replaces and place.exists() and place.stat().st_size > 0:
        raise AlreadyThere(
            f"{path} is there already.", "Give --force to replace it, or name another file."
        )
