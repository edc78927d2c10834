"""Lines of JSON that are kept one by one as they come, so that a kill loses none before the last.

A line that a kill cut off is read over, and the next one begins on a line of its own. Whoever reads
has to bear with a line that was written twice: the last counts.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.aside import is_cut_off


def kept_lines(file: Path) -> Iterator[Any]:
    """What was kept, in the order in which it came; nothing where there is no file."""
    # Bytes: a text may hold signs that end a line for `str.splitlines` and not for JSON, and a
    # line may be cut off within a sign.
    for line in file.read_bytes().split(b"\n") if file.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def keep_lines(file: Path, *rows: object) -> None:
    """Append rows in one piece, so that processes side by side do not cut each other's lines."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    before = "\n" if is_cut_off(file) else ""
    with file.open("ab", buffering=0) as appended:
        appended.write((before + lines).encode(errors="replace"))
