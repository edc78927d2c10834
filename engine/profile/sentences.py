"""Reviews cut into sentences that keep their place in the text, so that every quote can be found.

A rule-based splitter for review prose in Latin and CJK punctuation; it knows no grammar.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

_ABBREVIATION = re.compile(
    r"(?:mr|mrs|ms|dr|prof|sr|jr|st|rev|gen|col|capt|lt|sgt|hon|gov|sen|vs|etc|eg|ie|cf|al|fig|vol|"
    r"pp|approx|dept|est|inc|ltd|corp|jan|feb|apr|aug|sept?|oct|nov|dec)"
)
_INITIALS = re.compile(r"(?:[A-Z]\.)+[A-Z]")
_STOP = re.compile(
    r"""
    # Latin punctuation with its closing marks, before a gap
    (?P<end>[.!?\u2026]+)["'\u201d\u2019\u00bb)\]]*(?=\s)
    # or where the gap was forgotten, between a word and the capital of the next sentence
    | (?<=[a-z]{2})(?P<joined>[.!?]+)["'\u201d\u2019\u00bb)\]]*(?=(?:[A-Z][a-z']+|I|A)[\s,])
      (?!(?:Com|Net|Org)\b)
    # CJK punctuation, which needs no gap
    | [\u3002\uff01\uff1f]+["'\u201d\u2019\u300d\u300f\uff09]*
    # a line break, whatever stands before it
    | \s*\n\s*
    """,
    re.VERBOSE,
)
_CLAUSE = re.compile(
    r"[,;:()—\u2013]\s*|\s+-\s+"
    r"|\s(?=(?:and|but|because|although|which|who|whom|when|if|as|while|so)\s)"
)
_LAST_WORD = re.compile(r"[\w.]*\w\Z")
LONGEST_WORD = 40
"""Characters looked back for the word before a stop: the whole text each time takes long."""
LEAST_WORDS = 4
MOST_UNITS = 12
"""A sentence of many clauses is compared in this many pieces at most."""


@dataclass(frozen=True)
class Span:
    """A stretch of a text: `text[start:end] == quote`, in characters."""

    start: int
    end: int
    quote: str


def sentences(text: str) -> list[Span]:
    """The sentences of a text in order, without the white space around them."""
    spans: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        if (stop["end"] or stop["joined"]) and not _ends_here(text, stop):
            continue
        spans += _trimmed(text, start, stop.end())
        start = stop.end()
    return spans + _trimmed(text, start, len(text))


def clauses(sentence: str) -> list[str]:
    """The sentence, its clauses, and neighbouring clauses together, to compare by meaning."""
    parts = [part.strip() for part in _CLAUSE.split(sentence) if part.strip()]
    joined = [f"{one}, {two}" for one, two in pairwise(parts)]
    long_enough = [part for part in parts if len(part.split()) >= LEAST_WORDS]
    return list(dict.fromkeys([sentence, *long_enough, *joined]))[:MOST_UNITS]


def _ends_here(text: str, stop: re.Match[str]) -> bool:
    """Whether punctuation followed by a gap ends a sentence, judged by the words on both sides."""
    following = text[stop.end() :].lstrip()[:1]
    goes_on = following.islower()
    if (stop["end"] or stop["joined"]) != ".":
        return not goes_on
    before = _LAST_WORD.search(text, max(0, stop.start() - LONGEST_WORD), stop.start())
    word = before.group().lower() if before else ""
    is_initial = len(word) == 1 and word.isalpha() and word != "i"
    dotted = "." in word and not word.replace(".", "").isdigit()
    are_initials = bool(before and _INITIALS.fullmatch(before[0]))
    if _ABBREVIATION.fullmatch(word.replace(".", "")) or is_initial or are_initials:
        return False
    return not (dotted and goes_on)


def _trimmed(text: str, start: int, end: int) -> list[Span]:
    quote = text[start:end].strip()
    if not quote:
        return []
    begin = text.index(quote, start)
    return [Span(begin, begin + len(quote), quote)]
