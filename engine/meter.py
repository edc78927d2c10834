"""The meter: which values a description draws on, sentence by sentence, beside the reader's own.

An instrument, not a judge. It reads with the value heads of the embedded extractor, which were
trained on arguments, and holds what they give against what is usual of descriptions and against the
book's own facts, since a book of war draws on power whoever tells it. Nothing is trained on what it
says. Traits of personality are left out: the trained judge of stance reads what a writer says of
themselves, and of sentences in the third person it told nothing (sides of 17 stances in 1,153
sentences, right and contrary equally often).
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from engine.domain import Profile
from engine.frameworks import all_dimensions
from engine.profile.sentences import Span, sentences

EXPRESSED = 0.7
"""Spreads above the usual, as the mean of a text's sentences, from which a value counts as drawn
on; chosen, with `OF_THE_BOOK`, on the texts that `measured` tells of."""
OF_THE_BOOK = 0.5
"""How much of what the book's own facts draw on is taken off."""
LEAST_LEANING = 0.15
"""Least score of a reader, -1 to 1, that is a side."""

Logits = Sequence[Mapping[str, float]]
"""For each sentence, by value head."""
Stand = Literal["with", "against", "unknown"]


@dataclass(frozen=True)
class Usual:
    """What a value head gives for sentences of descriptions, as logits."""

    middle: float
    spread: float
    of_facts: float
    """Its mean over the facts of books."""


@dataclass(frozen=True)
class Expressed:
    """A value that a text draws on."""

    value: str
    """Of the dimension `schwartz.…`."""
    strength: float
    """In spreads above the usual."""
    sentence: int
    """The place of the sentence that carries it most."""


@dataclass(frozen=True)
class Reading:
    """A value that a text draws on, beside the reader's profile."""

    trait_id: str
    strength: float
    stand: Stand
    """With or against what the reader values; unknown where the profile takes no side."""
    carrier: Span
    """The sentence that carries it most, where it stands in the text."""


def expressed(text: Logits, facts: Logits, usual: Mapping[str, Usual]) -> list[Expressed]:
    """The values that a text draws on more than is usual and more than its book does, the
    strongest first."""
    found = (one for one in strengths(text, facts, usual) if one.strength >= EXPRESSED)
    return sorted(found, key=lambda one: -one.strength)


def strengths(text: Logits, facts: Logits, usual: Mapping[str, Usual]) -> Iterator[Expressed]:
    """How far a text of one sentence or more draws on every value, on some less than is usual."""
    for value, norm in usual.items():
        above = [(sentence[value] - norm.middle) / norm.spread for sentence in text]
        own = [(sentence[value] - norm.of_facts) / norm.spread for sentence in facts]
        strength = _mean(above) - OF_THE_BOOK * _mean(own)
        yield Expressed(value, strength, above.index(max(above)) if above else 0)


def closeness(profile: Profile, drawn_on: Mapping[str, float]) -> float:
    """How far a text goes with a profile: what it draws on that the reader values, less what it
    draws on that the reader turns from. By all values, those too that are too weak to be told.

    Args:
        drawn_on: strengths by value.
    """
    signs = {"with": 1, "against": -1, "unknown": 0}
    return sum(
        strength * signs[_stand(profile, f"schwartz.{value}")]
        for value, strength in drawn_on.items()
    )


def readings(profile: Profile, text: str, of_text: Logits, of_facts: Logits) -> list[Reading]:
    """What a text draws on, beside a profile.

    Args:
        of_text: a row for each of the text's `sentences`.
        of_facts: the same of the book's facts.
    """
    spans = sentences(text)
    return [
        Reading(
            f"schwartz.{one.value}",
            one.strength,
            _stand(profile, f"schwartz.{one.value}"),
            spans[one.sentence],
        )
        for one in expressed(of_text, of_facts, usual_of_descriptions())
        # ValueEval's objectivity is none of Schwartz's values.
        if f"schwartz.{one.value}" in all_dimensions()
    ]


def told_of_itself(agreement: str) -> str:
    """What whoever reads the meter should know of it.

    Args:
        agreement: with people's votes, in a sentence; see `engine.meter_votes`.
    """
    figures = _table()["measured"]
    said, right = figures["values"], figures["of_the_right_angle"]
    return (
        f"An instrument, not a judge: of {said:.0f} values that it named in {figures['texts']:.0f} "
        f"descriptions told from a known angle, {right / said:.0%} were of that angle and "
        f"{figures['of_the_contrary_angle'] / said:.0%} of the contrary one. {agreement} "
        "Nothing is trained on it."
    )


def usual_of_descriptions() -> Mapping[str, Usual]:
    """By value head, from meter.toml."""
    return {name: Usual(**row) for name, row in _table()["usual"].items()}


def _stand(profile: Profile, trait_id: str) -> Stand:
    trait = profile.trait(trait_id)
    if trait is None or not trait.is_known or abs(trait.effective_score) < LEAST_LEANING:
        return "unknown"
    return "with" if trait.effective_score > 0 else "against"


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "meter.toml").read_text(encoding="utf-8"))
