"""What puts a reader off below the level of genre, or draws them in: footnotes, gore, swearing.

Rules first: the thing has to be named in a sentence of the writer's own, and the sentence has to
say how the writer takes it. The encoder only finds ways of saying so without the name. Delivery,
another reader's taste, quoted speech and a plot retold are no evidence; nor is a sentence that
says both.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from engine.domain import Review, Trait
from engine.frameworks import dimensions
from engine.frameworks.aversions import Aversion, aversions
from engine.profile.cues import Cue, cue_of
from engine.profile.demographics import without_speech
from engine.profile.embedded import Embed
from engine.profile.findings import Finding, TextRead
from engine.profile.rollup import by_trait_id, judged
from engine.profile.sentences import LEAST_WORDS, Span, clauses, sentences
from engine.profile.words import count_words, first_person, is_negated, praise, stems

SAID, NAMED, RELIEVED = 0.9, 0.7, 0.6
"""How clearly it is said: openly, by a name that blames, or by being glad that it is not there."""
MOST_WORDS = 45
"""A longer sentence says too much at once for the rules."""
LIKENESS, LEAD = 0.66, 0.05
"""Least cosine of a clause with a phrase, and lead over the phrases of the other side."""
_THING = "\ue000"
_FRAGMENT = re.compile(r"<([A-Z]+)>")
_CLAUSE_END = re.compile(
    r"[;:\u2013\u2014]|,?\s(?:and|but|though|although|which|because|so)\s|,\s(?=(?:it|he|she|I|the)\s)"
)


@dataclass(frozen=True)
class _Attitudes:
    """The patterns of attitudes.toml, compiled; the thing is one character."""

    minds: tuple[re.Pattern[str], ...]
    likes: tuple[re.Pattern[str], ...]
    glad: tuple[re.Pattern[str], ...]
    sorry: tuple[re.Pattern[str], ...]
    forgiven: tuple[re.Pattern[str], ...]
    denied: tuple[re.Pattern[str], ...]
    others: tuple[re.Pattern[str], ...]


@cache
def _attitudes() -> _Attitudes:
    table = tomllib.loads((files(__package__) / "attitudes.toml").read_text(encoding="utf-8"))
    fragments = {**table["fragments"], "THING": _THING}

    def filled(pattern: str) -> str:
        while _FRAGMENT.search(pattern):
            pattern = _FRAGMENT.sub(lambda name: fragments[name[1]], pattern)
        return pattern

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(filled(pattern), re.IGNORECASE)

    return _Attitudes(**{name: tuple(map(compiled, p)) for name, p in table["patterns"].items()})


def aversion_findings(reviews: Sequence[Review], embed: Embed | None = None) -> Iterator[Finding]:
    """Sentences that say what puts the writer off (stance < 0) or draws them in (stance > 0).

    Args:
        reviews: of books; leave other products out.
        embed: the sentence encoder; without it the rules alone judge.
    """
    for review in reviews:
        yield from _by_rule(review)
    if embed is not None:
        yield from _by_likeness(reviews, embed)


def aversion_traits(findings: Iterable[Finding], read: TextRead) -> Iterator[Trait]:
    """One trait for each thing: -1 turns away from it, 1 seeks it out."""
    by_trait = by_trait_id(findings)
    for scale in dimensions("aversions"):
        yield judged(scale.id, "aversions", by_trait.get(scale.id, ()), read)


def _by_rule(review: Review) -> Iterator[Finding]:
    text = without_speech(review.text)
    named = [thing for thing in aversions() if thing.words.search(text) or _blamed(thing, text)]
    if not named:
        return
    for sentence in sentences(text):
        span = Span(sentence.start, sentence.end, review.text[sentence.start : sentence.end])
        for thing in named:
            if stance := _stance(thing, sentence.quote):
                yield Finding(thing.id, review.id, span, stance)


def _blamed(thing: Aversion, text: str) -> re.Match[str] | None:
    return thing.blames.search(text) if thing.blames else None


def _stance(thing: Aversion, sentence: str) -> float:
    """How the writer of a sentence takes a thing; 0 where the sentence does not say."""
    blamed = _blamed(thing, sentence)
    if count_words(sentence) > MOST_WORDS or not (blamed or thing.words.search(sentence)):
        return 0.0
    name = thing.blames if thing.blames and blamed else thing.words
    told = " ".join(name.sub(_THING, sentence).split())
    attitudes = _attitudes()
    if _any(attitudes.others, told) or _any(attitudes.forgiven, told):
        return 0.0
    if _any(attitudes.denied, told):
        return _where_it_is_not(told, is_blame=blamed is not None)
    minds, likes = _any(attitudes.minds, told), _any(attitudes.likes, told)
    if minds and likes:
        return 0.0
    if minds or likes:
        return -SAID if minds else SAID
    clause = _CLAUSE_END.split(told[: told.index(_THING)])[-1]
    if blamed is None or is_negated(clause) or sentence.endswith("?"):
        return 0.0
    return -NAMED


def _where_it_is_not(told: str, is_blame: bool) -> float:
    """Who is glad that a thing is not there minds it; who is sorry seeks it."""
    attitudes = _attitudes()
    if _any(attitudes.minds[2:4], told):  # I did not like THING; not a fan of THING
        return -SAID
    glad, sorry = _any(attitudes.glad, told), _any(attitudes.sorry, told)
    if glad and not sorry:
        return -RELIEVED
    if is_blame:
        return -RELIEVED if praise(told) > 0 and not sorry else 0.0
    return RELIEVED if sorry and not glad else 0.0


def _any(patterns: Sequence[re.Pattern[str]], told: str) -> bool:
    return any(pattern.search(told) for pattern in patterns)


@cache
def _phrases() -> tuple[Cue, ...]:
    return tuple(
        cue_of(thing.id, pole, marked)
        for thing in aversions()
        for pole, phrases in _sides(thing)
        for marked in phrases
    )


def _sides(thing: Aversion) -> tuple[tuple[Literal[-1, 1], tuple[str, ...]], ...]:
    return (-1, thing.minds), (1, thing.seeks)


def _by_likeness(reviews: Sequence[Review], embed: Embed) -> Iterator[Finding]:
    """Sentences close in meaning to a phrase whose anchors they have, said by the writer."""
    cues = _phrases()
    found = [
        (review.id, sentence, text, numbers)
        for review in reviews
        for sentence in sentences(without_speech(review.text))
        if LEAST_WORDS <= count_words(sentence.quote) <= MOST_WORDS and first_person(sentence.quote)
        for text in clauses(sentence.quote)
        if (numbers := _anchored(text, cues))
    ]
    if not found:
        return
    texts = {review.id: review.text for review in reviews}
    vectors = embed([text for _, _, text, _ in found])  # (N, D)
    likeness = vectors @ embed([cue.phrase for cue in cues]).T  # (N, phrases)
    best: dict[tuple[str, Span, str], dict[Literal[-1, 1], float]] = defaultdict(dict)
    for row, (review_id, sentence, _, numbers) in enumerate(found):
        for number in numbers:
            sides = best[review_id, sentence, cues[number].trait_id]
            pole = cues[number].pole
            sides[pole] = max(sides.get(pole, 0.0), float(likeness[row, number]))
    for (review_id, sentence, trait_id), sides in best.items():
        pole = max(sides, key=lambda side: sides[side])
        if sides[pole] >= LIKENESS and sides[pole] - sides.get(-pole, 0.0) >= LEAD:
            quote = texts[review_id][sentence.start : sentence.end]
            span = Span(sentence.start, sentence.end, quote)
            yield Finding(trait_id, review_id, span, pole * sides[pole])


def _anchored(text: str, cues: Sequence[Cue]) -> list[int]:
    words = stems(text)
    negated = is_negated(text)
    return [
        number
        for number, cue in enumerate(cues)
        if cue.is_negated == negated and cue.is_anchored_in(words)
    ]
