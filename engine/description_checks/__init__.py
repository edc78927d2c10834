"""What can be told of a description without asking anybody: facts, repetition, length, the reader.

Each flag is a place to look at, found by rules that are written down here; no model judges, and
nothing is changed. The rules are for English; see `engine.description_checks.names`.
"""

from collections.abc import Iterator

from engine.description_checks.flag import FLAG_KINDS, Flag, FlagKind, Sources
from engine.description_checks.mentions import mentions
from engine.description_checks.names import unknown_names
from engine.description_checks.numbers import unknown_numbers
from engine.description_checks.phrases import copied, repeated
from engine.description_checks.words import words_by_sentence

__all__ = ["FLAG_KINDS", "SENTENCES", "Flag", "FlagKind", "Sources", "flags"]

SENTENCES = (3, 5)
"""How many a description is to have, as engine/prompts/description.md asks."""
_CLOSED = tuple(".!?\u2026\u3002\uff01\uff1f\"'\u201d\u2019\u00bb)*")


def flags(text: str, sources: Sources) -> tuple[Flag, ...]:
    """Everything that the checks find in a text, in the order of the text."""
    found = (
        *_length(text),
        *unknown_names(text, sources.book),
        *unknown_numbers(text, sources.book),
        *repeated(text, sources),
        *mentions(text),
        *copied(text, sources),
    )
    return tuple(sorted(found, key=lambda flag: (flag.start, flag.end)))


def _length(text: str) -> Iterator[Flag]:
    spoken = [any(word.as_written[0].isalpha() for word in one) for one in words_by_sentence(text)]
    number = sum(spoken)
    if number == 0:
        yield Flag("length", "It says nothing.")
        return
    least, most = SENTENCES
    if not least <= number <= most:
        noun = "sentence" if number == 1 else "sentences"
        yield Flag("length", f"{number} {noun}, where three to five were asked for.")
    if not text.rstrip().endswith(_CLOSED):
        yield Flag("length", "It breaks off inside a sentence.")
