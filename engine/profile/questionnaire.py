"""The IPIP-NEO-120: its items, and from a person's own answers to the Big Five and thirty facets.

Scoring and norms are those of the package five-factor-e (J. A. Johnson's norms by sex and
age group). Here are only the rules for what was left out: a facet counts with three of its four
items, a trait with twenty of its twenty-four; a gap is filled with the mean of the facet's other
answers, as Johnson does.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from ipipneo import IpipNeo

from engine.domain import Reading
from models.errors import BadInput

Sex = Literal["F", "M", "N"]
"""Which norms to compare with; N is the mean of both."""
NORMS: Mapping[str, Sex] = {"both": "N", "women": "F", "men": "M"}
"""What the norms are called; nobody's are taken from a name, so the first is the default."""
YOUNGEST, OLDEST = 10, 110
LEAST_ITEMS_OF_FACET = 3
LEAST_ITEMS_OF_TRAIT = 20
FACET_CONFIDENCE, TRAIT_CONFIDENCE = 0.8, 0.9
"""Of a complete answer; ours, since four items tell less than twenty-four."""
ALL_ALIKE = 14
"""Equal answers in a row from which the sheet looks clicked through."""


@dataclass(frozen=True)
class Item:
    """One line of the questionnaire."""

    number: int
    """1 to 120, in the published order."""
    text: str
    facet: str
    reversed: bool
    """Agreeing speaks for the facet's low end."""
    sensitive: bool
    """About politics: asked only where sensitive items are switched on."""


@dataclass(frozen=True)
class Questionnaire:
    """The published form."""

    name: str
    instruction: str
    choices: tuple[str, ...]
    """What the answers 1 to 5 mean."""
    items: tuple[Item, ...]

    def asked(self, sensitive: bool) -> tuple[Item, ...]:
        """The items for a reader, with the sensitive ones or without."""
        return tuple(item for item in self.items if sensitive or not item.sensitive)


@cache
def questionnaire() -> Questionnaire:
    """The IPIP-NEO-120 as shipped."""
    source = files("engine.frameworks") / "ipip120.toml"
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return Questionnaire(
        table["name"],
        table["instruction"],
        tuple(table["choices"]),
        tuple(Item(**row) for row in table["items"]),
    )


@dataclass(frozen=True)
class Answers:
    """What one person has answered so far."""

    choices: Mapping[int, int]
    """Item number to 1 (very inaccurate) to 5 (very accurate)."""
    sex: Sex = "N"
    age: int | None = None

    def warnings(self) -> Iterator[str]:
        """What makes a filled-in sheet doubtful, in sentences."""
        in_order = [self.choices[number] for number in sorted(self.choices)]
        if (run := _longest_run(in_order)) >= ALL_ALIKE:
            yield f"{run} answers in a row are the same; was the form read?"


def readings(answers: Answers, made_at: datetime) -> dict[str, Reading]:
    """Trait id to what the answers say of it; facets and traits with too many gaps are left out.

    A score is the percentile among people of that sex and age group, stretched to -1 to 1.

    Raises:
        BadInput: no age, an age without norms, or an answer that is none.
    """
    if answers.age is None:
        raise BadInput("The norms need an age.", f"Give it in years, {YOUNGEST} to {OLDEST}.")
    if not YOUNGEST <= answers.age <= OLDEST:
        raise BadInput(
            f"There are no norms for the age of {answers.age}.",
            f"They go from {YOUNGEST} to {OLDEST} years.",
        )
    for number, choice in answers.choices.items():
        if not 1 <= number <= len(questionnaire().items) or choice not in (1, 2, 3, 4, 5):
            raise BadInput(f"Item {number} has the answer {choice!r}.", "Answers go from 1 to 5.")
    percentiles = _percentiles(answers)
    norms = _NORMS[answers.sex].format(age=answers.age)
    told = {}
    for trait_id, (given, asked) in _given(answers.choices).items():
        if given < _least(trait_id):
            continue
        at = max(1.0, min(99.0, percentiles[trait_id]))
        sure = FACET_CONFIDENCE if _is_facet(trait_id) else TRAIT_CONFIDENCE
        told[trait_id] = Reading(
            "questionnaire",
            round(at / 50 - 1, 3),
            round(sure * given / asked, 3),
            f"{given} of {asked} items of the IPIP-NEO-120; percentile {at:.0f} {norms}.",
            made_at,
        )
    return told


def percentile(reading: Reading) -> float:
    """The percentile, 1 to 99, behind a score of the questionnaire."""
    return (reading.score + 1) * 50


def left_out(answers: Answers, asked: Sequence[Item]) -> dict[str, str]:
    """Trait id to why the answers give no score for it, in a sentence.

    Args:
        asked: the items this reader is asked; the others are left out of the count.
    """
    asked_of = _given(dict.fromkeys((item.number for item in asked), 0))
    told = {}
    for trait_id, (given, items) in _given(answers.choices).items():
        not_asked = items - asked_of[trait_id][0]
        least = _least(trait_id)
        if given >= least:
            continue
        if items - not_asked < least:
            told[trait_id] = (
                f"{not_asked} of its {items} items are about politics, "
                "and sensitive items are off for this reader."
            )
        else:
            kind = "facet" if _is_facet(trait_id) else "trait"
            told[trait_id] = f"{given} of its {items} items answered; a {kind} needs {least}."
    return told


def _least(trait_id: str) -> int:
    return LEAST_ITEMS_OF_FACET if _is_facet(trait_id) else LEAST_ITEMS_OF_TRAIT


def _is_facet(trait_id: str) -> bool:
    return trait_id.count(".") == 2


_NORMS: Mapping[Sex, str] = {
    "F": "among women of the age group of {age}",
    "M": "among men of the age group of {age}",
    "N": "among women and men of the age group of {age}",
}


def _given(choices: Mapping[int, int]) -> dict[str, tuple[int, int]]:
    """For each trait and facet: items answered, items in all."""
    counts: dict[str, tuple[int, int]] = {}
    for item in questionnaire().items:
        for trait_id in (item.facet.rsplit(".", 1)[0], item.facet):
            given, asked = counts.get(trait_id, (0, 0))
            counts[trait_id] = (given + (item.number in choices), asked + 1)
    return counts


def _percentiles(answers: Answers) -> dict[str, float]:
    filled = [
        {"id_question": number, "id_select": choice}
        for number, choice in _without_gaps(answers.choices)
    ]
    result = IpipNeo(question=120).compute(
        sex=answers.sex, age=cast(int, answers.age), answers={"answers": filled}
    )
    return dict(_flattened(result["person"]["result"]["personalities"]))


def _without_gaps(choices: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Every item with an answer, gaps filled so that the facet's mean stays what it is."""
    for item in questionnaire().items:
        if item.number in choices:
            yield item.number, choices[item.number]
            continue
        others = [
            6 - choices[other.number] if other.reversed else choices[other.number]
            for other in questionnaire().items
            if other.facet == item.facet and other.number in choices
        ]
        mean = round(sum(others) / len(others)) if others else 3
        yield item.number, 6 - mean if item.reversed else mean


def _flattened(personalities: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, float]]:
    """The library's nested answer as trait id and percentile."""
    for personality in personalities:
        for trait, told in personality.items():
            assert isinstance(told, dict)
            yield f"ocean.{trait}", float(told[trait[0].upper()])
            for facet in told["traits"]:
                for name, percentile in facet.items():
                    if name not in ("trait", "score"):
                        yield f"ocean.{trait}.{name}", float(percentile)


def _longest_run(values: Sequence[int]) -> int:
    longest = run = 0
    for number, value in enumerate(values):
        run = run + 1 if number and value == values[number - 1] else 1
        longest = max(longest, run)
    return longest
