"""Files that a command writes where the person asked for them."""

from pathlib import Path

from engine.private_file import private_file


def write_private(path: Path, text: str) -> None:
    """Write a text file that only its owner can read: it holds what a reader wrote.

    Raises:
        BadInput: the place cannot be written; what stood there is as it was.
    """
    with private_file(path) as file:
        file.write(text.encode())
