"""What people write who hold a statement or show a trait: phrases with anchors, from cues.toml.

A phrase alone, compared by a sentence encoder, finds the topic but hardly the side; with anchors,
words that must be there, it finds both or nothing. (Measured: `benchmarks/profile_quality.py`.)
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from engine.profile.words import WRITER, first_person, is_negated, stem


@dataclass(frozen=True)
class Cue:
    """A phrase that speaks for one end of a statement or facet."""

    trait_id: str
    pole: Literal[-1, 1]
    phrase: str
    anchors: tuple[frozenset[str], ...]
    """Stems: one of each set must stand in the text. Empty: the meaning alone decides."""
    is_negated: bool
    is_first_person: bool
    writer_leads: bool
    """The phrase begins with the writer: `I planted trees`, unlike `trees are dear to me`."""

    def is_anchored_in(self, found: Sequence[frozenset[str]]) -> bool:
        """Whether a text, given as the stems of its words in order, has every anchor.

        Where the writer leads the phrase, the writer comes first in the text too, and the anchors
        follow in their order: `I finish what I start`, not `when I started … I finished`.
        """
        if not self.writer_leads:
            return all(any(anchor & word for word in found) for anchor in self.anchors)
        rest = iter(found)
        return all(any(anchor & word for word in rest) for anchor in (WRITER, *self.anchors))


@cache
def cues() -> tuple[Cue, ...]:
    """All phrases, in the order of the file."""
    tables = tomllib.loads((files(__package__) / "cues.toml").read_text(encoding="utf-8"))
    return tuple(
        cue_of(trait_id, pole, marked)
        for trait_id, sides in tables.items()
        for name, pole in _POLES
        for marked in sides[name]
    )


_POLES: tuple[tuple[str, Literal[-1, 1]], ...] = (("high", 1), ("low", -1))
_ANCHOR = re.compile(r"\[([^\]]+)\]")


def cue_of(trait_id: str, pole: Literal[-1, 1], marked: str) -> Cue:
    """A phrase with its anchors in brackets, read: `I [loved|liked] the footnotes`."""
    phrase = _ANCHOR.sub(lambda match: match[1].split("|")[0], marked)
    anchors = tuple(
        frozenset(stem(word) for word in match[1].split("|")) for match in _ANCHOR.finditer(marked)
    )
    return Cue(
        trait_id,
        pole,
        phrase,
        anchors,
        is_negated=is_negated(phrase),
        is_first_person=first_person(phrase),
        writer_leads=phrase.split()[0] in ("I", "we"),
    )
