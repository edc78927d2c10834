"""What can be told of answers without a judge: how long, how repetitive, how much of the persona.

Sensitivity is what the personas change: the words that the answers to two opposed personas share.
The paper's own models shared 0.245 of them, plain DPO 0.343 (measured on the released answers).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.personas.domain import SIDES
from engine.tailoring import probe
from engine.tailoring.answers import PROBE, Key, Written
from engine.tailoring.cases import Case
from engine.tailoring.margins import Mean, Ratio, mean, ratio

RUN_OF_WORDS, REPEATED = 8, 3
"""A run of so many words that comes so often is a loop."""
LONG_WORD = 6
"""Letters from which on a persona's word tells something of it."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_ABOUT_THE_USER = re.compile(r"\bthe user\b|\bpersona\b", re.IGNORECASE)


@dataclass(frozen=True)
class WordFigures:
    """The answers of one arm under one kind of persona."""

    arm: str
    given: str
    answers: int
    words: Mean
    loops: Ratio
    """Answers in which eight words in a row come three times."""
    unended: Ratio
    """Answers that went on to the limit."""
    echoed: Mean | None
    """Of the persona's words of six letters or more that the prompt has not, those in the answer;
    None without a persona."""
    speaks_of_user: Ratio
    """Answers that speak of `the user`, or of a persona."""


@dataclass(frozen=True)
class Sensitivity:
    """How much the answers to two opposed personas have in common, of one arm."""

    arm: str
    jaccard: Mean
    """Of the sets of words, 0 to 1; less is more sensitive."""
    same: int
    """Answers that are the same word for word."""


@dataclass(frozen=True)
class Refused:
    """Answers to the probe, of one arm under one persona."""

    arm: str
    kind: probe.Kind
    persona: str
    refused: int
    """As far as the words tell."""
    answers: int


def word_figures(cases: Sequence[Case], answers: Mapping[Key, Written]) -> list[WordFigures]:
    """Every arm, by whose persona it was given."""
    by_id = {case.example_id: case for case in cases}
    grouped: dict[tuple[str, str], list[tuple[Case, Written]]] = {}
    for one in answers.values():
        if one.about in by_id:
            grouped.setdefault((one.arm, one.given), []).append((by_id[one.about], one))
    return [_figures(arm, given, own) for (arm, given), own in grouped.items()]


def sensitivities(cases: Sequence[Case], answers: Mapping[Key, Written]) -> list[Sensitivity]:
    """Every arm that answered both personas of some case."""
    found = []
    for arm in dict.fromkeys(key[0] for key in answers):
        both = [
            (case.topic, tuple(answers[arm, case.example_id, side].text for side in SIDES))
            for case in cases
            if all((arm, case.example_id, side) in answers for side in SIDES)
        ]
        if both:
            shared = [(topic, jaccard(*texts)) for topic, texts in both]
            same = sum(texts[0] == texts[1] for _, texts in both)
            found.append(Sensitivity(arm, mean(shared), same))
    return found


def refusals(answers: Iterable[Written]) -> list[Refused]:
    """What became of the probe, by arm, kind of request and persona."""
    grouped: dict[tuple[str, probe.Kind, str], list[bool]] = {}
    for one in answers:
        for kind in probe.KINDS:
            if one.about.startswith(f"{PROBE}{kind}/"):
                key = (one.arm, kind, one.given)
                grouped.setdefault(key, []).append(probe.refuses(one.text))
    return [Refused(*key, sum(own), len(own)) for key, own in grouped.items()]


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return [found.group().casefold() for found in _WORD.finditer(text)]


def jaccard(one: str, other: str) -> float:
    """Of all words that two texts use, those that both do; 1 for two empty texts."""
    a, b = set(words_of(one)), set(words_of(other))
    return len(a & b) / len(a | b) if a | b else 1.0


def is_a_loop(text: str) -> bool:
    """Whether some run of words comes again and again."""
    words = words_of(text)
    runs = Counter(zip(*(words[at:] for at in range(RUN_OF_WORDS)), strict=False))
    return bool(runs) and max(runs.values()) >= REPEATED


def echoed(persona: str, prompt: str, answer: str) -> float | None:
    """The share of the persona's own long words that the answer takes up; None if it has none."""
    own = {word for word in words_of(persona) if len(word) >= LONG_WORD} - set(words_of(prompt))
    return len(own & set(words_of(answer))) / len(own) if own else None


def _figures(arm: str, given: str, own: Sequence[tuple[Case, Written]]) -> WordFigures:
    taken_up = [
        (case.topic, value)
        for case, one in own
        for side, persona in case.personas.items()
        if side == given
        if (value := echoed(persona, case.prompt, one.text)) is not None
    ]
    return WordFigures(
        arm,
        given,
        len(own),
        mean([(case.topic, float(len(words_of(one.text)))) for case, one in own]),
        ratio((case.topic, is_a_loop(one.text)) for case, one in own),
        ratio((case.topic, one.stopped == "length") for case, one in own),
        mean(taken_up) if taken_up else None,
        ratio((case.topic, bool(_ABOUT_THE_USER.search(one.text))) for case, one in own),
    )
