"""Words for the screen: text we did not write made harmless, scores as bars, counts with nouns."""

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Imported where it is used: the command line needs these words and must not wait for textual.
    from rich.text import Text
    from textual.content import Content

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters, bidirectional overrides and lone surrogates; right-to-left text is none."""


def visible(text: str) -> str:
    """The text with every character that could steer a terminal shown as a printable sign."""
    plain = text.replace("\r\n", "\n").replace("\t", "    ")
    return _UNPRINTABLE.sub(lambda found: _sign(ord(found[0])), plain)


def _sign(code: int) -> str:
    """The control picture of an ASCII control character (␛ for escape), � for any other."""
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "�"


def one_line(text: str, limit: int = 200) -> str:
    """The visible text on one line, at most `limit` characters long."""
    line = " ".join(visible(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def cell(text: str, limit: int = 200) -> "Text":
    """One line for a table, which measures rich text but not Textual's own content."""
    from rich.text import Text

    return Text(one_line(text, limit), end="")


def bar(score: float, half: int = 4) -> str:
    """A score of -1 to 1 as blocks left or right of a middle line, 2 * half + 1 characters."""
    filled = min(half, round(abs(score) * half))
    empty = half - filled
    if score < 0:
        return "·" * empty + "█" * filled + "│" + "·" * half
    return "·" * half + "│" + "█" * filled + "·" * empty


def progress(done: int, total: int, width: int = 20) -> str:
    """How much is done, as blocks and in figures; figures alone while the total is unknown."""
    if total <= 0:
        return f"{done} done" if done else "working"
    filled = min(width, done * width // total)
    return "█" * filled + "·" * (width - filled) + f" {done} of {total}"


def count(number: int, noun: str) -> str:
    """`1 pair`, `2 pairs`, `1,200 pairs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(at: datetime) -> str:
    """By the clock of this machine: `2026-01-02 03:04`."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def lately(at: datetime) -> str:
    """The hour of what was today, the day of what was before: `03:04`, `2026-01-02`."""
    day, hour = moment(at).split()
    return hour if day == f"{datetime.now():%Y-%m-%d}" else day


def duration(seconds: float) -> str:
    """`45 s`, `3 min 05 s`, `1 h 02 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(size_bytes: float) -> str:
    """`105 MB`, `2.1 GB`; decimal units."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def word_diff(chosen: str, rejected: str) -> "tuple[Content, Content]":
    """Both texts, with the words that only one of them has in bold and underlined.

    Texts that share fewer than three words in ten stay plain: everything would be marked.
    """
    from textual.content import Content

    left, right = (re.findall(r"\s+|\S+", visible(text)) for text in (chosen, rejected))
    matcher = SequenceMatcher(str.isspace, left, right, autojunk=False)
    if matcher.ratio() < 0.3:
        return Content("".join(left)), Content("".join(right))
    blocks = matcher.get_matching_blocks()
    return (
        _marked(left, [(block.a, block.size) for block in blocks]),
        _marked(right, [(block.b, block.size) for block in blocks]),
    )


def _marked(words: Sequence[str], shared: Sequence[tuple[int, int]]) -> "Content":
    from textual.content import Content

    kept = {index for start, length in shared for index in range(start, start + length)}
    return Content.assemble(
        *(
            word if index in kept or word.isspace() else (word, "bold underline")
            for index, word in enumerate(words)
        )
    )


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
