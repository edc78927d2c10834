"""Two texts side by side, or one below the other where the terminal is narrow."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from studio.text import visible

SIDE_BY_SIDE_FROM = 100
"""Columns of the terminal; below it each text would be too narrow to read."""
GAP = "  │  "


def columns(texts: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Lines with each (heading, text) in a column of its own, `width` characters in all."""
    if width < SIDE_BY_SIDE_FROM or len(texts) < 2:
        for heading, text in texts:
            yield from ["", heading, "-" * min(width, len(heading))]
            yield from _wrapped(text, width)
        return
    each = (width - len(GAP) * (len(texts) - 1)) // len(texts)
    sides = [
        [*_wrapped(heading, each), "-" * each, *_wrapped(text, each)] for heading, text in texts
    ]
    for row in zip_longest(*sides, fillvalue=""):
        yield GAP.join(cell.ljust(each) for cell in row).rstrip()


def _wrapped(text: str, width: int) -> Iterator[str]:
    for paragraph in visible(text).split("\n"):
        yield from wrap(paragraph, width) or [""]
