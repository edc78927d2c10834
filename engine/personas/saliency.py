"""Which words tell a chosen persona from a rejected one: P(chosen | word), as the paper counts it.

(N. Balepur et al., arXiv 2501.11549.) A persona is cut before what it is contrasted with: "prefers
short answers over stories" speaks of short answers. Inflections are counted as one word by the
product's own stemmer and shown in their commonest form; a dictionary lemmatiser would be a
dependency for little more, since personas are told in the present tense.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from engine.personas.domain import Side
from engine.personas.figures import Share
from engine.personas.rules import OF_NO_WEIGHT
from engine.profile.words import stem, words

FEWEST_PERSONAS = 5
"""A word in fewer says nothing of the data."""
_CONTRAST = re.compile(
    r",?\s+\b(?:rather than|over|versus|vs\.?|compared (?:to|with)|instead of)\b.*", re.IGNORECASE
)
_IN_EVERY_PERSONA = frozenset(
    stem(word) for word in ("user", "prefers", "preferring", "answers", "someone", "somebody")
)


@dataclass(frozen=True)
class SalientWord:
    """A word, and how many personas of each side have it."""

    word: str
    chosen: int
    rejected: int

    @property
    def chosen_share(self) -> Share:
        return Share(self.chosen, self.chosen + self.rejected)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "chosen_share": self.chosen_share.as_json()}


def before_contrast(persona: str) -> str:
    """A persona up to what it is contrasted with."""
    return _CONTRAST.sub("", persona)


def telling_stems(persona: str) -> dict[str, str]:
    """The stems of the words that tell something of a person, each with the word as it stands."""
    found = {stem(word): word for word in words(before_contrast(persona))}
    return {
        own: word
        for own, word in found.items()
        if word not in OF_NO_WEIGHT and own not in _IN_EVERY_PERSONA and len(word) > 2
    }


def salient_words(
    personas: Iterable[tuple[Side, str]], fewest: int = FEWEST_PERSONAS
) -> tuple[SalientWord, ...]:
    """The words of so many personas or more, those of the chosen side first.

    Each persona counts a word once. In order of the share, and of equals the commoner first.

    Args:
        personas: the side and the sentence of each.
    """
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sides: Counter[tuple[str, Side]] = Counter()
    for side, persona in personas:
        for own, word in telling_stems(persona).items():
            forms[own][word] += 1
            sides[own, side] += 1
    found = [
        SalientWord(counts.most_common(1)[0][0], sides[own, "chosen"], sides[own, "rejected"])
        for own, counts in forms.items()
        if counts.total() >= fewest
    ]
    return tuple(sorted(found, key=_order))


def words_apart(texts: Sequence[str], others: Sequence[str], most: int) -> tuple[str, ...]:
    """The words that these texts have oftener than others, the most telling first.

    By the difference of the shares of texts that have a word, in two texts at least where there
    are so many.
    """
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for own, word in telling_stems(text).items():
            forms[own][word] += 1
    elsewhere = Counter(own for text in others for own in telling_stems(text))
    fewest = min(2, len(texts))
    apart = {
        own: counts.total() / len(texts) - elsewhere[own] / max(1, len(others))
        for own, counts in forms.items()
        if counts.total() >= fewest
    }
    best = sorted(apart, key=lambda own: (-apart[own], own))[:most]
    return tuple(forms[own].most_common(1)[0][0] for own in best)


def _order(one: SalientWord) -> tuple[float, int, str]:
    return -(one.chosen_share.share or 0.0), -(one.chosen + one.rejected), one.word
