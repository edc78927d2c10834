"""Facts that a reader states about themselves in the first person; nothing is inferred.

Names, characters of books, quoted speech and the past ("at nineteen I …") say nothing here.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from engine.domain import Evidence, Review, Trait
from engine.profile.sentences import Span, sentences

_NOT_A_PLACE = re.compile(
    r"(?:Chapter|Part|Book|Volume|Act|The|This|My|God|Christ|January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Spring|Summer|Autumn|Winter|"
    r"English|French|German|Spanish|Portuguese|Italian|Japanese|Chinese|Russian|Latin|Greek|IT|HR|"
    r"PR|TV|I)\b"
)
_SPEECH = re.compile(r"[\"\u201c\u00ab][^\"\u201d\u00bb\n]*[\"\u201d\u00bb]")
_UNREAL = re.compile(
    r"\b(?:as if|as though|like|wish|if|when|until|since|before|pretend\w*|imagin\w*|think|"
    r"says?|said|thought)\W*$",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"\b(?:I|me|[Mm]y|[Ww]e|[Oo]ur|[Hh]ere|[Aa]s|[Ss]peaking|[Bb]eing)\b")
"""One of these stands in every pattern; a sentence without any need not be searched."""
_FRAGMENT = re.compile(r"<([A-Z_]+)>")
_MANY_AT_ONCE = ("demographics.family", "demographics.language")
MOST_EVIDENCE = 8


@cache
def patterns() -> dict[str, tuple[re.Pattern[str], ...]]:
    """The patterns of facts.toml by fact."""
    table = tomllib.loads((files(__package__) / "facts.toml").read_text(encoding="utf-8"))

    def filled(pattern: str) -> str:
        while _FRAGMENT.search(pattern):
            pattern = _FRAGMENT.sub(lambda name: str(table["fragments"][name[1]]), pattern)
        return pattern

    return {
        fact: tuple(re.compile(filled(pattern)) for pattern in rows)
        for fact, rows in table["patterns"].items()
    }


@dataclass(frozen=True)
class _Statement:
    """A fact as stated in one review."""

    value: str
    evidence: Evidence
    written_at: datetime | None


def demographics(reviews: Sequence[Review]) -> Iterator[Trait]:
    """The seven facts; unknown where nothing was stated. The newest dated statement wins."""
    told = [(review, _told_by_writer(review)) for review in reviews]
    for fact in patterns():
        stated = [found for review, spans in told for found in _stated(review, spans, fact)]
        yield _trait(f"demographics.{fact}", stated)


def _told_by_writer(review: Review) -> list[Span]:
    spans = sentences(without_speech(review.text))
    return [span for span in spans if _SPEAKER.search(span.quote)]


def _stated(review: Review, spans: Sequence[Span], fact: str) -> Iterator[_Statement]:
    for sentence in spans:
        taken: list[tuple[int, int]] = []
        for pattern in patterns()[fact]:
            for match in pattern.finditer(sentence.quote):
                start, end = sentence.start + match.start(), sentence.start + match.end()
                overlaps = any(start < other_end and end > at for at, other_end in taken)
                if overlaps or not _is_meant(match, sentence.quote, fact):
                    continue
                taken.append((start, end))
                quote = review.text[start:end]
                evidence = Evidence(review.id, start, end, quote, 1.0)
                yield _Statement(match["value"], evidence, review.written_at)


def _is_meant(match: re.Match[str], sentence: str, fact: str) -> bool:
    if _UNREAL.search(sentence[: match.start()]):
        return False
    return fact != "location" or not _NOT_A_PLACE.match(match["value"])


def without_speech(text: str) -> str:
    """The text with blanks for what stands in quotation marks; places stay what they were."""
    return _SPEECH.sub(lambda speech: " " * len(speech[0]), text)


def _trait(fact: str, stated: Sequence[_Statement]) -> Trait:
    if not stated:
        return Trait(fact, "demographics", 0.0, 0.0, "unknown", note="Not stated.")
    newest_first = sorted(stated, key=lambda found: found.written_at or _LONG_AGO, reverse=True)
    values = list(dict.fromkeys(found.value for found in newest_first))
    if fact in _MANY_AT_ONCE:
        value, note = ", ".join(sorted(values)), ""
    else:
        value = values[0]
        others = [other for other in values[1:] if other.lower() != value.lower()]
        note = f"The newest statement; elsewhere: {', '.join(others)}." if others else ""
    first_of_each = {found.value: found.evidence for found in reversed(newest_first)}
    evidence = tuple(first_of_each[name] for name in values)
    return Trait(fact, "demographics", 1.0, 1.0, "known", evidence[:MOST_EVIDENCE], value, note)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
