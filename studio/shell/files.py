"""Files that a command writes where the person asked for them."""

import os
from pathlib import Path

from models.errors import BadInput


def write_private(path: Path, text: str) -> None:
    """Write a text file that only its owner can read: it holds what a reader wrote.

    Raises:
        BadInput: the place cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror or error}.", "Name another place."
        ) from error
