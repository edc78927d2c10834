"""Whether a persona says of the user what nobody asked to have said: protected attributes.

By a word list, and by where a word stands. A subject that somebody is interested in is no
attribute of theirs, so that what follows a preposition within its phrase is let through.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TASTE = re.compile(r"\bprefer", re.IGNORECASE)
"""From here on the sentence tells of answers, and no more what the user is."""
_PHRASES = re.compile(r"[,;:]| and | or | but | who(?:se)? ", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\b(?:about|against|at|between|by|for|from|in|into|of|on|over|regarding|to|towards?|with)\b",
    re.IGNORECASE,
)
_CALLED = r"\b(?:as|is|being) (?:an? (?:[\w-]+ )?)?"
_COMES_OF = r"\b(?:of|from|with|(?:born|raised|living|brought up|grew up) (?:in|into)) "
_DETERMINED = r"(?:an? |the |their )?(?:[\w-]+ )?"
_BACKGROUND = (
    r" (?:backgrounds?|communit(?:y|ies)|descent|faith|famil(?:y|ies)|heritage|household|origins?|"
    r"parents|roots|tradition|upbringing)\b"
)
"""What somebody comes of is theirs, though a preposition stands before it: "of Muslim faith"."""
_HAS = r"(?:with|has|have|had|having|managing|battling|living with|suffers? from|suffering from)"


@dataclass(frozen=True)
class _Words:
    people: re.Pattern[str]
    anywhere: re.Pattern[str]


def protected_word(persona: str) -> tuple[str, str] | None:
    """The attribute that is named and the word that names it; None where there is none."""
    taste = _TASTE.search(persona)
    said_of_user = persona[: taste.start()] if taste else persona
    for attribute, words in _lists().items():
        if found := words.anywhere.search(persona):
            return attribute, found[0].strip(" ,.")
        for phrase in _PHRASES.split(said_of_user):
            found = words.people.search(phrase)
            if found and not _PREPOSITION.search(phrase[: found.start()]):
                return attribute, found[0]
        # "as a mother", "is devout": also among the tastes
        called = rf"{_CALLED}(?:{words.people.pattern})"
        comes_of = rf"{_COMES_OF}{_DETERMINED}(?:{words.people.pattern}){_BACKGROUND}"
        if found := re.search(rf"{called}|{comes_of}", persona, re.IGNORECASE):
            return attribute, found[0]
    return None


@cache
def _lists() -> dict[str, _Words]:
    text = (files(__package__) / "protected.toml").read_text(encoding="utf-8")
    return {
        attribute: _Words(_any_of(_plural(words["people"])), _any_of(_phrases(words)))
        for attribute, words in tomllib.loads(text).items()
    }


def _phrases(words: dict[str, list[str]]) -> list[str]:
    conditions = "|".join(map(re.escape, words.get("conditions", [])))
    having = [rf"{_HAS} (?:an? |their |own |severe |mild )*(?:{conditions})"] if conditions else []
    return words["phrases"] + having


def _plural(people: list[str]) -> list[str]:
    return [rf"{re.escape(word)}s?" for word in people]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?![\w])", re.IGNORECASE)
