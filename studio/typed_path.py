"""A path as a person gives it to the window."""

from pathlib import Path

from models.errors import BadInput


def typed_path(typed: str) -> Path:
    """The path that was typed, or dropped into the terminal with quotation marks around it.

    Raises:
        BadInput: there is none, or there is no such home directory.
    """
    bare = typed.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        bare = bare[1:-1]
    if not bare:
        raise BadInput("Type the path of a file.")
    try:
        # Absolute, because a bare `-` would stand for the standard input, which is the keyboard.
        return Path(bare).expanduser().absolute()
    except RuntimeError as error:
        raise BadInput(f"There is no home directory for {bare.split('/')[0]!r}.") from error
