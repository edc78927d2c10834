"""Files that a command writes where the person asked for them; none is replaced unasked."""

from pathlib import Path

import click

from engine.private_file import private_file

FORCE = click.option("--force", is_flag=True, help="Replace the file if it is there already.")


def write_private(path: Path, text: str, force: bool) -> None:
    """Write a text file that only its owner can read: it holds what a reader wrote.

    Raises:
        BadInput: the place cannot be written, or a file is there and `force` is not given; what
            stood there is as it was.
    """
    with private_file(path, replaces=force) as file:
        file.write(text.encode())
