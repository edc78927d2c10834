"""A small file of text, read whole; what is large or in another encoding is `engine.sources`'."""

import sys
from pathlib import Path

from models.errors import BadInput


def read_text(path: Path) -> str:
    """The text of a file, or of standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is not UTF-8.
    """
    try:
        if str(path) == "-":
            return sys.stdin.read()
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8: {error.reason}.", "Save it as UTF-8.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
