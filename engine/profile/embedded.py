"""The embedded judge: reviews against cues, by a sentence encoder. No model is asked anything.

A clause speaks for a trait when it is close in meaning to one of the trait's cues, has the cue's
anchor words, denies as much as the cue does, and has the writer in it. Close to both sides, or
to neither, is no evidence: a wrong quote is worse than an unknown trait.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain import Review
from engine.profile.cues import Cue, cues
from engine.profile.findings import Finding
from engine.profile.sentences import LEAST_WORDS, Span, clauses, sentences
from engine.profile.words import first_person, is_negated, judges, stems, writer_acts

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to float32 (N, D), rows of length 1."""

ANCHORED = 0.45
UNANCHORED = 0.66
"""Least cosine with a cue, with its anchor words in place and for a cue without any.

Set by reading quotes: of a Goodreads export, the bank's signs, and the bundled example's readers,
on whom the judge therefore looks better than on a reader it has not met.
"""
MARGIN = 0.05
"""Least lead over the other side of the same trait."""
MOST_TRAITS = 3
"""A sentence is evidence for this many traits at most, the clearest ones."""
CHUNK = 256
MOST_WORDS_UNANCHORED = 14
"""A longer sentence says too much at once to be compared with a cue by meaning alone."""

_Candidates = tuple[int, ...]
"""Numbers of the cues that a clause is compared with."""


@dataclass(frozen=True)
class _Unit:
    """A sentence or a clause of it, ready to be compared."""

    review_id: str
    sentence: Span
    text: str
    candidates: _Candidates


def findings(reviews: Sequence[Review], embed: Embed) -> Iterator[tuple[int, int, list[Finding]]]:
    """Judge the reviews chunk by chunk: (clauses done, clauses in all, what was found in them)."""
    known = cues()
    phrases = embed([cue.phrase for cue in known])
    units = [unit for review in reviews for unit in _units(review, known)]
    for start, stop in _chunks(units):
        chunk = units[start:stop]
        similarity = embed([unit.text for unit in chunk]) @ phrases.T  # (N, cues)
        yield stop, len(units), _found(chunk, similarity, known)


def _units(review: Review, known: Sequence[Cue]) -> Iterator[_Unit]:
    """The clauses that some cue might fit by its words; the rest need not be embedded."""
    for sentence in sentences(review.text):
        if sentence.quote[0] in '"\u201c\u00ab' or len(sentence.quote.split()) < LEAST_WORDS:
            continue
        for text in clauses(sentence.quote):
            if candidates := tuple(_candidates(text, sentence.quote, known)):
                yield _Unit(review.id, sentence, text, candidates)


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
    units: Sequence[_Unit], similarity: NDArray[np.float32], known: Sequence[Cue]
) -> list[Finding]:
    """The clearest side of each trait for each sentence, where one side is clear."""
    best: dict[tuple[str, Span], dict[str, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row, unit in enumerate(units):
        for number in unit.candidates:
            cue, cosine = known[number], float(similarity[row, number])
            if cosine >= (ANCHORED if cue.anchors else UNANCHORED):
                sides = best[unit.review_id, unit.sentence][cue.trait_id]
                sides[cue.pole] = max(sides.get(cue.pole, 0.0), cosine)
    return [
        finding
        for (review_id, sentence), traits in best.items()
        for finding in _clearest(review_id, sentence, traits)
    ]


def _clearest(review_id: str, sentence: Span, traits: dict[str, dict[int, float]]) -> list[Finding]:
    clear = []
    for trait_id, sides in traits.items():
        pole = max(sides, key=lambda side: sides[side])
        if sides[pole] - sides.get(-pole, 0.0) >= MARGIN:
            clear.append((sides[pole], trait_id, pole))
    return [
        Finding(trait_id, review_id, sentence, pole * min(1.0, cosine + 0.2))
        for cosine, trait_id, pole in sorted(clear, reverse=True)[:MOST_TRAITS]
    ]
