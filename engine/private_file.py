"""Files that only their owner can read, whole or not there at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.errors import BadInput


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A file to be written: beside its place at first, in its place once all of it is there.

    What stood there stays as it was until then, and for good where the writing ends in an error.
    A link is followed; a device or a pipe is written to as it is.

    Raises:
        BadInput: the place cannot be written.
    """
    place = path.resolve()
    try:
        if place.exists() and not place.is_file():
            with place.open("wb") as device:
                yield device
            return
        with _beside(place) as file:
            yield file
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror or error}.", "Name another place."
        ) from error


@contextmanager
def _beside(place: Path) -> Iterator[BinaryIO]:
    # mkstemp gives mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", dir=place.parent)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise
