"""The words of a text with their places, folded so that spellings of one word are equal."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.profile.sentences import sentences

_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e"
"""Marks that belong to the letter before them: Latin, Hebrew, Arabic, Indian scripts, Thai."""
_LETTER = rf"[^\W_{_MARKS}][{_MARKS}]*|[{_MARKS}]"
_WORD = re.compile(
    rf"\d+(?:[.,:/]\d+)*(?:{_LETTER})*"  # 1984, 3,000, 9:30, 1920s, 19th
    rf"|(?:[^\W\d_]\.){{2,}}"  # J.R.R.
    rf"|(?:{_LETTER})+(?:['\u2019\u02bc\u2010\u2011-](?:{_LETTER})+)*"
)
_OPENING = re.compile(r"[:\"\u201c\u201e\u00ab\u2018*\u2022#\u300c]\s*$")
"""What a word may follow that begins a sentence inside another, or a heading."""


@dataclass(frozen=True)
class Word:
    """A word where it stands: `text[start:end] == as_written`."""

    as_written: str
    start: int
    end: int
    opens: bool
    """Whether a capital is due to the place: at the beginning of a sentence, or after a colon."""

    @property
    def folded(self) -> str:
        return fold(self.as_written)

    @property
    def parts(self) -> list[str]:
        """What stands between its hyphens, as written and without a possessive."""
        return [_bare(part) for part in re.split(r"[\u2010\u2011-]", self.as_written) if part]


def words_of(text: str) -> list[Word]:
    """The words of a text in order."""
    return [word for sentence in words_by_sentence(text) for word in sentence]


def words_by_sentence(text: str) -> list[list[Word]]:
    """The same sentence by sentence; what holds no word is no sentence."""
    found = [list(_words(text, span.start, span.end)) for span in sentences(text)]
    return [words for words in found if words]


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    for number, match in enumerate(_WORD.finditer(text, start, end)):
        before = text[max(start, match.start() - 3) : match.start()]
        opens = number == 0 or bool(_OPENING.search(before))
        yield Word(match[0], match.start(), match.end(), opens)


def fold(word: str) -> str:
    """Without accents, case and a possessive: `García's` and `garcia` are one."""
    plain = unicodedata.normalize("NFKD", _bare(word))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def folded_words(text: str) -> list[str]:
    """The folded words of a text."""
    return [word.folded for word in words_of(text)]


def runs(marked: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The stretches of marked places: first, and last but one after."""
    start = None
    for place, is_marked in enumerate([*marked, False]):
        if is_marked and start is None:
            start = place
        elif not is_marked and start is not None:
            yield start, place
            start = None


def _bare(word: str) -> str:
    even = word.replace("\u2019", "'").replace("\u02bc", "'")
    return even[:-2] if even.lower().endswith("'s") else even
