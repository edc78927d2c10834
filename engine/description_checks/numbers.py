"""Numbers in a description, in figures and in words, that stand in none of the book's facts.

`12`, `twelve` and `dozen` are one number. What follows from a year is not new: 1852 stands for the
1850s and for the 19th century. `one`, `first` and `second` are words like others.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.description_checks.english import english
from engine.description_checks.flag import Flag
from engine.description_checks.words import Word, fold, words_of

_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})")
_LIST_MARKER = re.compile(r"^\W*(?P<number>\d+)[.)][\s*]", re.MULTILINE)
_FIGURES = re.compile(r"(\d[\d.,:/]*)(st|nd|rd|th|s)?", re.IGNORECASE)

Kind = Literal["count", "decade", "century"]


@dataclass(frozen=True)
class Number:
    """A number where it stands."""

    value: float
    start: int
    end: int
    kind: Kind = "count"

    def follows_from(self, known: Iterable["Number"]) -> bool:
        """Whether it is one of the known, or the decade or century of one."""
        return any(self._is_said_by(one) for one in known)

    def _is_said_by(self, one: "Number") -> bool:
        if self.kind == one.kind:
            return self.value == one.value
        if self.kind == "decade" and one.kind == "count":
            decade = one.value // 10 * 10
            return self.value in (decade, decade % 100)
        if self.kind == "century" and one.kind != "century":
            return one.value >= 100 and self.value == (one.value - 1) // 100 + 1
        return False


def unknown_numbers(text: str, facts: Iterable[str]) -> Iterator[Flag]:
    """Each number that no fact holds."""
    known = [number for fact in facts for number in (*numbers_of(fact), *_meant(fact))]
    markers = {match.start("number") for match in _LIST_MARKER.finditer(text)}
    for number in numbers_of(text):
        if number.start in markers:
            continue
        if not number.follows_from(known):
            words = text[number.start : number.end]
            told = f"“{words}” is in none of the book's facts."
            yield Flag("number", told, number.start, number.end)


def numbers_of(text: str) -> Iterator[Number]:
    """The numbers of a text in order; those that only refer (`one`) left out."""
    pieces = [piece for word in words_of(text) for piece in _pieces(word)]
    at = 0
    while at < len(pieces):
        word = pieces[at]
        if found := _in_figures(word, pieces[at + 1 : at + 2]):
            yield from found
            at += 1
        elif _is_of_number(word):
            after = _end_of_number(pieces, at)
            yield from _in_words(pieces[at:after], pieces[after : after + 1])
            at = after
        else:
            at += 1


def is_roman(word: str) -> bool:
    """Whether it is a Roman number from II to XXXIX; a single letter is a letter."""
    return len(word) > 1 and bool(_ROMAN.fullmatch(word))


def _pieces(word: Word) -> Iterator[Word]:
    """A word by its hyphens: `ten-year-old` holds a number."""
    if word.as_written[0].isdigit():
        figures, *_ = re.split(r"[\u2010\u2011-]", word.as_written)
        yield Word(figures, word.start, word.start + len(figures), False)
        return
    for match in re.finditer(r"[^\u2010\u2011-]+", word.as_written):
        yield Word(match[0], word.start + match.start(), word.start + match.end(), False)


def _in_figures(word: Word, following: Sequence[Word]) -> list[Number]:
    if is_roman(word.as_written):
        return [Number(_roman(word.as_written), word.start, word.end)]
    match = _FIGURES.match(word.as_written)
    if match is None:
        return []
    suffix = (match[2] or "").lower()
    if suffix == "s":
        return [Number(_value(match[1]), word.start, word.end, "decade")]
    kind: Kind = "century" if suffix and _is_century(following) else "count"
    parts = re.split(r"[:/]", match[1].rstrip(".,"))
    return [Number(_value(part), word.start, word.end, kind) for part in parts if part]


def _value(figures: str) -> float:
    plain = figures.strip(".,")
    if re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", plain):
        return float(re.sub(r"[.,]", "", plain))
    whole, _, rest = plain.replace(",", ".").partition(".")
    return float(f"{whole}.{rest.replace('.', '') or 0}")


def _roman(word: str) -> float:
    values = [{"I": 1, "V": 5, "X": 10}[sign] for sign in word]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-one if one < following else one for one, following in pairs)


def _is_century(following: Sequence[Word]) -> bool:
    return any(fold(word.as_written).startswith("centur") for word in following)


def _is_of_number(word: Word) -> bool:
    return fold(word.as_written) in english().counts.keys() | english().scales.keys()


def _end_of_number(pieces: Sequence[Word], at: int) -> int:
    """The place after the words of one number: `two hundred and five`."""
    counts, scales = english().counts, english().scales
    end = at + 1
    while end < len(pieces):
        word, before = fold(pieces[end].as_written), fold(pieces[end - 1].as_written)
        goes_on = end + 1 < len(pieces) and fold(pieces[end + 1].as_written) in counts
        if word == "and" and before in scales and goes_on:
            end += 2
        elif word in scales or (word in counts and _may_follow(before, word)):
            end += 1
        else:
            break
    return end


def _may_follow(before: str, word: str) -> bool:
    """`twenty one`, `hundred one`, and the years: `nineteen eighty`."""
    if before in english().scales:
        return True
    first, second = english().counts.get(before, 0), english().counts[word]
    return (first >= 20 and 0 < second < 10) or (10 < first < 100 and second >= 10)


def _in_words(words: Sequence[Word], following: Sequence[Word]) -> Iterator[Number]:
    counts, scales = english().counts, english().scales
    told = [fold(word.as_written) for word in words if fold(word.as_written) != "and"]
    if len(told) == 1 and told[0] in english().no_counts:
        return
    total, current = 0, 0
    for word in told:
        if word in scales:
            current = max(1, current) * scales[word]
            if scales[word] > 100:
                total, current = total + current, 0
        elif 10 < current < 100 and counts[word] >= 10:
            current = current * 100 + counts[word]  # nineteen eighty-four
        else:
            current += counts[word]
    kind: Kind = "century" if told[-1] in english().ordinals and _is_century(following) else "count"
    yield Number(total + current, words[0].start, words[-1].end, kind)


def _meant(fact: str) -> Iterator[Number]:
    for word in words_of(fact):
        if word.folded in english().meant:
            yield Number(english().meant[word.folded], word.start, word.end)
