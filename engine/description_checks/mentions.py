"""Where a description speaks of its reader instead of its book: `as a conscientious reader, you`.

`you` alone is no mention: `you will not put it down` is said to anybody, and so is `if you love
the sea`. What is looked for is the reader's profile said to the reader's face, and the words of a
prompt that were taken for words to write.
"""

import re
from collections.abc import Iterator

from engine.description_checks.flag import Flag

_TRAITS = (
    r"conscientious|agreeable|disagreeable|neurotic|extr[ao]vert\w*|introvert\w*|open-minded|"
    r"close-minded|imaginative|orderly|disciplined|self-disciplined|dutiful|cautious|anxious|"
    r"gregarious|assertive|sympathetic|altruistic|modest|trusting|traditional|hedonistic|"
    r"individualistic|collectivist|spiritual|curious|thoughtful|practical|organi[sz]ed"
)
_LIKINGS = (
    r"value|love|like|enjoy|prefer|believe|care|cherish|appreciate|seek|hate|dislike|avoid|"
    r"treasure|admire|crave|trust|respect|shun|favou?r"
)
_OWN = (
    r"(?:love|passion|taste|fondness|appreciation|dislike|hatred|preference|respect|need|desire) "
    r"(?:for|of)\b|interests?\b|values\b|beliefs?\b|personality\b|principles\b|convictions?\b|"
    r"worldview\b|outlook\b|temperament\b|preferences?\b|aversions?\b|profile\b|reviews\b|"
    r"conscientiousness\b|openness\b|agreeableness\b|extr[ao]version\b|introversion\b|"
    r"neuroticism\b|reading history\b"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # As a conscientious reader, you
        r"\bas (?:an? (?:[\w-]+ ){0,3}(?:reader|person|lover|fan|admirer|believer|thinker)|someone|"
        r"a person)\b[^.!?\n]{0,60}?\byour?(?:self)?\b",
        r"\b(?:readers?|someone|anyone|those|people|a person) (?:just )?(?:like|such as) you\b",
        # your love of tradition; your own values
        rf"\byour (?:own |deep |deeply |strong |personal |[\w-]+ and )?(?:{_OWN})",
        # since you value honesty; not: if you love, you will love, the people you love
        r"(?:^|[.,;:!?\u2014\u2013]\s*|\b(?:since|because|as|given that|knowing that|know that|"
        r"and) )"
        rf"\byou (?:who )?(?:\w+ly )?(?:{_LIKINGS})\b",
        rf"\byou(?:['\u2019]re| are) (?:an? |the kind of |someone |somebody |\w+ly )*"
        rf"(?:{_TRAITS}|[\w-]+ reader|[\w-]+ person)\b",
        r"\b(?:this|our) reader\b|\bthe reader (?:who|values|loves|enjoys|seeks|believes|prefers|"
        r"is (?:an?|the))\b",
        # The lines of a card.
        r"^\W*(?:seeks out|turns away from|as a reader|outlook|temperament|would say):",
    )
)


def mentions(text: str) -> Iterator[Flag]:
    """Each place that speaks of the reader; of places that overlap the first."""
    found = sorted(
        (match.start() + _blank(match[0]), match.end())
        for pattern in _PATTERNS
        for match in pattern.finditer(text)
    )
    end = 0
    for start, after in found:
        if start >= end:
            end = after
            yield Flag("mention", f"“{text[start:after]}” speaks of the reader.", start, after)


def _blank(matched: str) -> int:
    """How many signs stand before the first word."""
    return len(matched) - len(matched.lstrip(" \t\n.,;:!?\u2014\u2013"))
