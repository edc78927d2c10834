"""Reviews cut into sentences that keep their place in the text, so that every quote can be found.

A rule-based splitter for review prose in Latin and CJK punctuation; it knows no grammar.
"""

import re
from dataclasses import dataclass

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st rev gen col capt lt sgt hon gov sen rep vs etc eg ie cf al fig no vol "
    "ch pp ed eds approx dept est inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_STOP = re.compile(
    r"""
    (?P<end>[.!?…]+)["'”’»)\]]*(?=\s)      # Latin punctuation, its closing marks, then a gap
    | [。！？]+["'”’」』）]*                  # CJK punctuation needs no gap
    | \s*\n\s*                               # a line break ends a sentence whatever stands there
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


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
        if stop["end"] and not _ends_here(text, stop):
            continue
        spans += _trimmed(text, start, stop.end())
        start = stop.end()
    return spans + _trimmed(text, start, len(text))


def words_in(text: str) -> int:
    """The number of words in a text."""
    return len(_WORD.findall(text))


def _ends_here(text: str, stop: re.Match[str]) -> bool:
    """Whether punctuation followed by a gap ends a sentence, judged by the words on both sides."""
    following = text[stop.end() :].lstrip()[:1]
    goes_on = following.islower()
    if stop["end"] != ".":
        return not goes_on
    before = re.search(r"[\w.]*\w$", text[: stop.start()])
    word = before.group().lower() if before else ""
    is_initial = len(word) == 1 and word.isalpha() and word != "i"
    dotted = "." in word and not word.replace(".", "").isdigit()
    if word.replace(".", "") in _ABBREVIATIONS or is_initial:
        return False
    return not (dotted and goes_on)


def _trimmed(text: str, start: int, end: int) -> list[Span]:
    quote = text[start:end].strip()
    if not quote:
        return []
    begin = text.index(quote, start)
    return [Span(begin, begin + len(quote), quote)]
