"""What of a profile could stand on its card, in which words; and what could not, and why.

Nothing is counted or weighed against a budget here (`card.py`). Suggestions and a country's scores
are no traits and never get this far.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from engine.domain import Profile, Trait
from engine.frameworks import all_dimensions, all_statements, dimensions, genres
from engine.pairs.labels import MIN_CONFIDENCE, facet_label, is_sure, side, statement_label

CardTask = Literal["describe_book", "choose"]
Section = Literal["facts", "seeks", "shuns", "reads", "outlook", "temperament", "says"]

FACTS: dict[CardTask, tuple[str, ...]] = {
    "describe_book": ("demographics.age", "demographics.location"),
    "choose": ("demographics.gender", "demographics.age", "demographics.location"),
}
"""In the order of the text. GRAVITY's profiles hold all three; a description needs no gender."""

UNSURE = f"not sure enough (confidence {{:.0%}}, under {MIN_CONFIDENCE:.0%})"
NEAR_MIDDLE = "near the middle"
SAID_ALREADY = "said already by a broader line"
NOT_NEEDED = "not needed for this task"
SWITCHED_OFF = "switched off"
OVER_BUDGET = "over the budget"
MARKED_UNKNOWN = "the editor marked it unknown"


@dataclass(frozen=True)
class LeftOut:
    """A trait that is not on the card."""

    trait_id: str
    reason: str


@dataclass(frozen=True)
class Item:
    """A trait in the words of the card."""

    trait_id: str
    section: Section
    words: str
    weight: float
    """Size of the score times confidence, 0 to 1."""
    is_editors: bool
    """Whether the editor spoke on it; such items come first in their line."""
    towards: int = 1
    """1 or -1: the end of the broader scale it points to, or of its own where there is none."""
    broader: str | None = None
    """The scale that a facet or a statement belongs to."""


@dataclass(frozen=True)
class Sifted:
    """A profile, parted into what may be told and what not."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    unknown: int
    """Traits of which nothing is known, off or of no kind that the card speaks of."""


def sifted(profile: Profile, task: CardTask) -> Sifted:
    """Part the traits of a profile for a task."""
    items: list[Item] = []
    left_out: list[LeftOut] = []
    for trait in profile.traits:
        if reason := _reason_against(profile, trait, task):
            left_out.append(LeftOut(trait.id, reason))
        elif trait.is_known:
            items.append(_item(trait))
    return Sifted(tuple(items), tuple(left_out), len(profile.traits) - len(items) - len(left_out))


def _reason_against(profile: Profile, trait: Trait, task: CardTask) -> str | None:
    """Why a trait may not be told; None for one that may, and for one that is merely unknown."""
    is_barred = trait.is_known and not profile.sensitive and _is_sensitive(trait.id)
    if trait.status == "off" or is_barred:
        return SWITCHED_OFF
    if trait.override and trait.override.kind == "unknown":
        return MARKED_UNKNOWN
    if not trait.is_known:
        return None
    if not _has_words(trait, task):
        return NOT_NEEDED
    if not is_sure(trait):
        return UNSURE.format(trait.effective_confidence)
    if trait.framework == "demographics":
        return None
    if not side(trait):
        return NEAR_MIDDLE
    return _overruled(profile, trait)


def _overruled(profile: Profile, trait: Trait) -> str | None:
    """Why the editor's word on a broader scale silences a trait; None where it does not."""
    if statement := all_statements().get(trait.id):
        counts = statement_label(profile, statement).side
        broader = profile.trait(statement.dimension)
    elif (scale := all_dimensions().get(trait.id)) and scale.parent:
        counts = facet_label(profile, trait.id).side
        broader = profile.trait(scale.parent)
    else:
        return None
    if counts == side(trait):
        return None
    if counts:
        return SAID_ALREADY
    is_unknown = broader and broader.override and broader.override.kind == "unknown"
    return MARKED_UNKNOWN if is_unknown else NEAR_MIDDLE


@cache
def _is_sensitive(trait_id: str) -> bool:
    """Whether it is a sensitive statement, or a scale that has no other."""
    if statement := all_statements().get(trait_id):
        return statement.sensitive
    parts = [item for item in all_statements().values() if item.dimension == trait_id]
    return bool(parts) and all(item.sensitive for item in parts)


def _has_words(trait: Trait, task: CardTask) -> bool:
    if trait.framework == "demographics":
        return trait.id in FACTS[task] and bool(trait.effective_value)
    if trait.framework == "interests":
        return trait.id.partition(".")[2] in genres()
    if trait.framework == "aversions":
        return trait.id in _aversions()
    return trait.id in all_statements() or trait.id in all_dimensions()


def _item(trait: Trait) -> Item:
    end = side(trait) or 1
    section, words = _told(trait, end)
    towards, broader = end, None
    if statement := all_statements().get(trait.id):
        towards, broader = end * statement.pole, statement.dimension
    elif scale := all_dimensions().get(trait.id):
        broader = scale.parent
    weight = abs(trait.effective_score) * trait.effective_confidence
    return Item(trait.id, section, words, weight, trait.override is not None, towards, broader)


def _told(trait: Trait, end: int) -> tuple[Section, str]:
    if trait.framework == "demographics":
        return "facts", _fact(trait)
    if trait.framework == "interests":
        name = genres()[trait.id.partition(".")[2]].name.lower()
        return ("seeks" if end > 0 else "shuns"), name
    if trait.framework == "aversions":
        name, likes = _aversions()[trait.id]
        return ("reads", likes) if end > 0 else ("shuns", name.lower())
    if statement := all_statements().get(trait.id):
        return "says", statement.text if end > 0 else statement.opposite
    return ("temperament" if trait.framework == "ocean" else "outlook"), _pole(trait.id, end)


@cache
def _aversions() -> dict[str, tuple[str, str]]:
    """Trait id to the thing that may put a reader off, and to what one says who likes it."""
    return {scale.id: (scale.name, scale.high) for scale in dimensions("aversions")}


def _pole(scale_id: str, end: int) -> str:
    scale = all_dimensions()[scale_id]
    low, high = _poles().get(scale_id, (scale.low, scale.high))
    return high if end > 0 else low


@cache
def _poles() -> dict[str, tuple[str, str]]:
    table = tomllib.loads((files(__package__) / "card.toml").read_text(encoding="utf-8"))
    return {scale_id: (row["low"], row["high"]) for scale_id, row in table.items()}


def _fact(trait: Trait) -> str:
    """A fact in words that follow "The reader is"."""
    value = " ".join(str(trait.effective_value).split())
    if trait.id == "demographics.location":
        return f"at home in {value}"
    if trait.id == "demographics.gender":
        return f"a {value}" if value.lower() in _PERSONS else value
    return _age(value)


_PERSONS = ("woman", "man", "girl", "boy", "guy", "lady", "gentleman", "non-binary person")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties")
_TWO_DIGITS = re.compile(r"(?<!\d)([1-9])\d(?!\d)")


def _age(value: str) -> str:
    """A decade, which ages more slowly and says no more than a book needs; else as it was said."""
    if found := _TWO_DIGITS.search(value):
        number = int(found[1])
    elif "teen" in value.lower():
        number = 1
    else:
        said = value.lower()
        number = next((at for at, ten in enumerate(_TENS, start=2) if said.startswith(ten)), 0)
    if not number:
        return value
    return f"in their {('teens', *_DECADES, 'nineties')[number - 1]}"


def by_weight(items: Iterator[Item]) -> list[Item]:
    """The editor's word first, then by weight; ids settle a draw."""
    return sorted(items, key=lambda item: (not item.is_editors, -item.weight, item.trait_id))
