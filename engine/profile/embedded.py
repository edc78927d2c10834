"""The embedded judge: reviews against cues and examples, by a sentence encoder. No model is asked.

Two ways lead to a quote. A clause that is close to a cue, has the cue's anchor words, denies as
much as the cue does, and has the writer in it. Or a sentence in which the writer acts and that is
clearly nearer to the examples of one side of a trait than to the other's. Where the two disagree,
or the sentence is closer to one that says nothing of its writer, nothing is said: a wrong quote
is worse than an unknown trait.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.domain import Review
from engine.profile.cues import Cue, cues
from engine.profile.embedded_stance import Floats, features
from engine.profile.findings import Finding
from engine.profile.heads import Heads, heads
from engine.profile.language import unread
from engine.profile.sentences import LEAST_WORDS, Span, clauses, sentences
from engine.profile.words import (
    first_person,
    is_habitual,
    is_negated,
    judges,
    stems,
    writer_acts,
)

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to float32 (N, D), rows of length 1."""


class LayerEncoder(Protocol):
    """What the judge needs of `models.encoder.Encoder`."""

    def embed_layers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts to float32 (N, 3, 384), each vector of length 1, the last layer last."""
        ...


ANCHORED = 0.45
UNANCHORED = 0.66
"""Least cosine with a cue, with its anchor words in place and for a cue without any.

Set by reading quotes: of a Goodreads export, the bank's signs, and the bundled example's readers,
on whom the judge therefore looks better than on a reader it has not met.
"""
MARGIN = 0.05
"""Least lead over the other side of the same trait."""
NEUTRAL_LEAD = 0.0
"""Least lead of a cue over the nearest neutral sentence, where nothing habitual is said."""
MOST_TRAITS = 3
"""A sentence is evidence for this many traits at most, the clearest ones."""
CHUNK = 256
MOST_WORDS_UNANCHORED = 14
"""A longer sentence says too much at once to be compared with a cue by meaning alone."""
MOST_WORDS_JUDGED = 24
"""A longer sentence is compared with the examples clause by clause."""

_Sides = dict[str, dict[int, float]]
"""Trait to pole to how clearly."""


@dataclass(frozen=True)
class _Unit:
    """A sentence or a clause of it, ready to be compared."""

    review_id: str
    sentence: Span
    text: str
    candidates: tuple[int, ...]
    """Numbers of the cues that it is compared with."""
    is_judged: bool
    """Whether it is compared with the examples."""


def findings(
    reviews: Sequence[Review], encoder: LayerEncoder
) -> Iterator[tuple[int, int, list[Finding]]]:
    """Judge the reviews chunk by chunk: (clauses done, clauses in all, what was found in them).

    Reviews in languages that the encoder does not serve are passed over. A facet of personality
    is a disposition: a quote for it that says nothing habitual waits for one of another review.
    """
    known = cues()
    phrases = encoder.embed_layers([cue.phrase for cue in known])[:, -1]
    left_out = unread(reviews)
    units = [
        unit for review in reviews if review.id not in left_out for unit in _units(review, known)
    ]
    passing: dict[str, _Passing] = defaultdict(lambda: _Passing([]))
    for start, stop in _chunks(units):
        found = _found(units[start:stop], encoder, phrases, known)
        yield stop, len(units), [sure for one in found for sure in _lasting(one, passing)]


@dataclass
class _Passing:
    """Findings of one facet that show no habit, held back until two reviews have one."""

    waiting: list[Finding]
    is_open: bool = False

    def released(self, found: Finding) -> list[Finding]:
        """What may stand now that `found` has come."""
        self.waiting.append(found)
        self.is_open = self.is_open or len({one.review_id for one in self.waiting}) > 1
        if not self.is_open:
            return []
        free, self.waiting = self.waiting, []
        return free


def _lasting(found: Finding, passing: dict[str, _Passing]) -> list[Finding]:
    """The finding where it may stand, with those that were waiting for it."""
    if not found.trait_id.startswith("ocean.") or is_habitual(found.span.quote):
        return [found]
    return passing[found.trait_id].released(found)


def _units(review: Review, known: Sequence[Cue]) -> Iterator[_Unit]:
    """The clauses that something might be found in, by their words; the rest is not embedded."""
    for sentence in sentences(review.text):
        if sentence.quote[0] in '"\u201c\u00ab' or len(sentence.quote.split()) < LEAST_WORDS:
            continue
        is_long = len(sentence.quote.split()) > MOST_WORDS_JUDGED
        for text in clauses(sentence.quote):
            candidates = tuple(_candidates(text, sentence.quote, known))
            is_judged = (text != sentence.quote) == is_long and writer_acts(text)
            if candidates or is_judged:
                yield _Unit(review.id, sentence, text, candidates, is_judged)


def _candidates(text: str, sentence: str, known: Sequence[Cue]) -> Iterator[int]:
    found = stems(text)
    every = frozenset().union(*found)
    negated, mine, acts = is_negated(text), first_person(text), writer_acts(text)
    told_by_writer = first_person(sentence) or judges(sentence)
    short = len(found) <= MOST_WORDS_UNANCHORED and text == sentence
    for number, cue in enumerate(known):
        if cue.is_negated != negated:
            continue
        if not (all(anchor & every for anchor in cue.anchors) if cue.anchors else short):
            continue
        if cue.trait_id.startswith("ocean.") and not cue.phrase.startswith("my "):
            has_writer = acts
        else:
            has_writer = mine if cue.is_first_person else told_by_writer
        if has_writer and (not cue.anchors or cue.is_anchored_in(found)):
            yield number


def _chunks(units: Sequence[_Unit]) -> Iterator[tuple[int, int]]:
    """Stretches of about `CHUNK` units that never part the units of one sentence."""
    start = 0
    for position in range(1, len(units) + 1):
        at_end = position == len(units)
        if at_end or (
            position - start >= CHUNK and units[position].sentence != units[position - 1].sentence
        ):
            yield start, position
            start = position


def _found(
    units: Sequence[_Unit], encoder: LayerEncoder, phrases: Floats, known: Sequence[Cue]
) -> list[Finding]:
    """The clearest side of each trait for each sentence, where one side is clear."""
    trained = heads()
    layers = encoder.embed_layers([unit.text for unit in units])
    vectors = layers[:, -1]
    to_neutral = vectors @ trained.examples.neutral.T  # (U, K)
    similarity = vectors @ phrases.T  # (U, cues)
    best: dict[tuple[str, Span], _Sides] = defaultdict(lambda: defaultdict(dict))
    for row, unit in enumerate(units):
        sides = best[unit.review_id, unit.sentence]
        plain = 0.0 if is_habitual(unit.text) else float(to_neutral[row].max()) + NEUTRAL_LEAD
        for number in unit.candidates:
            cue, cosine = known[number], float(similarity[row, number])
            if cosine >= max(ANCHORED if cue.anchors else UNANCHORED, plain):
                _keep(sides, cue.trait_id, cue.pole, cosine + 0.2)
    judged = [row for row, unit in enumerate(units) if unit.is_judged]
    if judged:
        texts = [units[row].text for row in judged]
        for row, trait_id, pole, sureness in _sided(
            trained, texts, layers[judged], to_neutral[judged]
        ):
            unit = units[judged[row]]
            _keep(best[unit.review_id, unit.sentence], trait_id, pole, sureness)
    return [
        finding
        for (review_id, sentence), traits in best.items()
        for finding in _clearest(review_id, sentence, traits)
    ]


def _sided(
    trained: Heads, texts: Sequence[str], layers: Floats, to_neutral: Floats
) -> Iterator[tuple[int, str, int, float]]:
    """What the examples say of each text: (row, trait, pole, chance that the side is right)."""
    similarity = layers[:, -1] @ trained.examples.vectors.T
    seen = features(texts, similarity, to_neutral, trained.value_logits(layers), trained.examples)
    side = seen.side @ trained.side_weights  # (U, T)
    relevance = seen.relevance @ trained.relevance_weights[:-1] + trained.relevance_weights[-1]
    clear = (relevance >= trained.least_relevance) & (np.abs(side) >= trained.least_side)
    for row, trait in np.argwhere(clear):
        logit = float(side[row, trait])
        sureness = 1 / (1 + np.exp(-abs(logit)))
        yield int(row), trained.traits[trait], 1 if logit > 0 else -1, float(sureness)


def _keep(sides: _Sides, trait_id: str, pole: int, clearness: float) -> None:
    sides[trait_id][pole] = max(sides[trait_id].get(pole, 0.0), min(1.0, clearness))


def _clearest(review_id: str, sentence: Span, traits: _Sides) -> list[Finding]:
    clear = []
    for trait_id, sides in traits.items():
        pole = max(sides, key=lambda side: sides[side])
        if -pole not in sides or sides[pole] - sides[-pole] >= MARGIN:
            clear.append((sides[pole], trait_id, pole))
    return [
        Finding(trait_id, review_id, sentence, pole * clearness)
        for clearness, trait_id, pole in sorted(clear, reverse=True)[:MOST_TRAITS]
    ]
