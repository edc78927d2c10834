"""The embedded judge: reviews against cues, examples and a trained judge, by a sentence encoder.

Three ways lead to a quote. A sentence or two of which the trained judge is sure
(embedded_windows.py). A clause that is close to a cue, has the cue's anchor words, denies as much
as the cue does, and has the writer in it. Or a sentence in which the writer acts and that is
clearly nearer to the examples of one side of a trait than to the other's. Where they disagree
nothing is said: a wrong quote is worse than an unknown trait.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.domain import Review
from engine.frameworks import sensitive_statements
from engine.profile.cues import Cue, cues
from engine.profile.embedded_stance import Closeness, Floats, closeness
from engine.profile.embedded_windows import overlap, stances, windows
from engine.profile.findings import Finding
from engine.profile.heads import heads
from engine.profile.language import unread
from engine.profile.sentences import LEAST_WORDS, Span, clauses, sentences
from engine.profile.stance import stance_head
from engine.profile.words import (
    book_words,
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

    def adapted(self, adapter: Mapping[str, NDArray[np.float32]], scaling: float) -> "LayerEncoder":
        """A copy with low-rank updates folded in."""
        ...


ANCHORED = 0.45
UNANCHORED = 0.66
"""Least cosine with a cue, with its anchor words in place and for a cue without any.

Set by reading quotes: of a Goodreads export, the bank's signs, and the bundled example's readers,
on whom the judge therefore looks better than on a reader it has not met.
"""
MARGIN = 0.05
"""Least lead over the other side of the same trait."""
NEAR = 0.45
NEAR_BOOK = 0.55
"""Least mean cosine with the nearest three examples; the second where the sentence speaks of books,
or the statement is a sensitive one. Set by reading quotes and on snippets of our own."""
NEAR_CUE = 0.3
"""The same, where a cue has spoken already."""
NEAR_JUDGED = 0.3
"""The same, where the trained judge is sure: half of what it says rightly of held-out sentences
stays, and one in five of what it says of real reviews, most of which is everyday talk."""
NEUTRAL_LEAD = 0.05
"""Least lead of the nearest example over the nearest neutral sentence."""
MOST_TRAITS = 3
"""A sentence is evidence for this many traits at most, the clearest ones."""
MOST_TRAITS_JUDGED = 2
"""By its examples alone, a clause speaks for this many traits at most."""
CHUNK = 256
REVIEWS_AT_ONCE = 64
MOST_WORDS_UNANCHORED = 14
"""A longer sentence says too much at once to be compared with a cue by meaning alone."""
MOST_WORDS_JUDGED = 24
"""A longer sentence is compared with the examples clause by clause."""
LEAST_WORDS_ALONE = 6
_LEADS = frozenset({"I", "I'm", "I've", "I\u2019m", "I\u2019ve", "My", "my", "We", "we"})

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

    @property
    def place(self) -> tuple[str, Span]:
        """The review and the sentence it stands in."""
        return self.review_id, self.sentence


def findings(
    reviews: Sequence[Review], encoder: LayerEncoder
) -> Iterator[tuple[int, int, list[Finding]]]:
    """Judge the reviews some at a time: (reviews done, reviews in all, what was found in them).

    Reviews in languages that the encoder does not serve are passed over. A facet of personality
    is a disposition: a quote for it that says nothing habitual waits for one of another review.
    """
    known = cues()
    phrases = encoder.embed_layers([cue.phrase for cue in known])[:, -1]
    trained = stance_head()
    adapted = encoder.adapted(trained.adapter, trained.scaling)
    left_out = unread(reviews)
    passing: dict[str, _Passing] = defaultdict(lambda: _Passing([]))
    for start in range(0, len(reviews), REVIEWS_AT_ONCE):
        some = [
            review
            for review in reviews[start : start + REVIEWS_AT_ONCE]
            if review.id not in left_out
        ]
        units = [unit for review in some for unit in _units(review, known)]
        by_examples = [
            found
            for first, last in _chunks(units)
            for found in _found(units[first:last], encoder, phrases, known)
        ]
        read = [window for review in some for window in windows(review)]
        judged = stances(read, adapted.embed_layers([one.span.quote for one in read])[:, -1])
        by_stance = _on_topic(judged, encoder)
        agreed = _agreed(by_examples, by_stance)
        done = min(len(reviews), start + REVIEWS_AT_ONCE)
        yield done, len(reviews), [sure for one in agreed for sure in _lasting(one, passing)]


def _on_topic(judged: Sequence[Finding], encoder: LayerEncoder) -> list[Finding]:
    """Those of the trained judge's findings that the encoder as it is finds near their trait too.

    The judge learned from sentences that mostly take a side; of everyday talk about a book it
    must not make a value.
    """
    if not judged:
        return []
    trained = heads()
    texts = [found.span.quote for found in judged]
    layers = encoder.embed_layers(texts)
    vectors = layers[:, -1]
    similarity = vectors @ trained.examples.vectors.T
    seen = closeness(texts, similarity, trained.value_logits(layers), trained.examples)
    neutral = (vectors @ trained.examples.neutral.T).max(axis=1, initial=-1.0)
    return [
        found
        for row, found in enumerate(judged)
        if seen.near[row, _place()[found.trait_id]] >= NEAR_JUDGED
        and seen.nearest[row, _place()[found.trait_id]] >= neutral[row]
    ]


def _agreed(by_examples: Sequence[Finding], by_stance: Sequence[Finding]) -> list[Finding]:
    """What both ways found together: a quote for a trait once, and none where they contradict."""
    kept = list(by_stance)
    for found in by_examples:
        same = [one for one in kept if one.trait_id == found.trait_id and overlap(one, found)]
        if not same:
            kept.append(found)
        kept = [one for one in kept if one not in same or one.stance * found.stance > 0]
    return sorted(kept, key=lambda one: (one.review_id, one.span.start, one.trait_id))


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
            is_judged = _can_stand(text) if is_long else text == sentence.quote
            is_judged = is_judged and writer_acts(text)
            if candidates or is_judged:
                yield _Unit(review.id, sentence, text, candidates, is_judged)


def _can_stand(clause: str) -> bool:
    """Whether a clause of a long sentence says enough alone: the writer leads it."""
    found = clause.split()
    return len(found) >= LEAST_WORDS_ALONE and found[0] in _LEADS and "," not in clause


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


@dataclass(frozen=True)
class _Compared:
    """A chunk of U units beside the cues and the examples."""

    to_cues: Floats
    """(U, cues)"""
    to_examples: Closeness
    side: Floats
    """(U, T): logit of the side; above 0, for the trait."""
    plain: Floats
    """(U,): cosine of the unit's sentence, or a clause of it, with the nearest neutral sentence."""

    @classmethod
    def of(cls, units: Sequence[_Unit], encoder: LayerEncoder, phrases: Floats) -> "_Compared":
        trained = heads()
        texts = [unit.text for unit in units]
        layers = encoder.embed_layers(texts)
        vectors = layers[:, -1]
        similarity = vectors @ trained.examples.vectors.T
        seen = closeness(texts, similarity, trained.value_logits(layers), trained.examples)
        plain: dict[tuple[str, Span], float] = defaultdict(float)
        neutral = (vectors @ trained.examples.neutral.T).max(axis=1)
        for unit, cosine in zip(units, neutral, strict=True):
            plain[unit.place] = max(plain[unit.place], float(cosine))
        return cls(
            vectors @ phrases.T,
            seen,
            seen.side @ trained.side_weights,
            np.array([plain[unit.place] for unit in units], dtype=np.float32),
        )


def _found(
    units: Sequence[_Unit], encoder: LayerEncoder, phrases: Floats, known: Sequence[Cue]
) -> list[Finding]:
    """The clearest side of each trait for each sentence, where one side is clear."""
    compared = _Compared.of(units, encoder, phrases)
    best: dict[tuple[str, Span], _Sides] = defaultdict(lambda: defaultdict(dict))
    for row, unit in enumerate(units):
        sides = best[unit.place]
        for trait_id, pole, clearness in (
            *_by_cues(unit, row, compared, known),
            *_by_examples(unit, row, compared),
        ):
            sides[trait_id][pole] = max(sides[trait_id].get(pole, 0.0), min(1.0, clearness))
    return [
        finding
        for (review_id, sentence), traits in best.items()
        for finding in _clearest(review_id, sentence, traits)
    ]


def _by_cues(
    unit: _Unit, row: int, compared: _Compared, known: Sequence[Cue]
) -> Iterator[tuple[str, int, float]]:
    """What the cues say of a unit: (trait, pole, how clearly)."""
    for number in unit.candidates:
        cue, cosine = known[number], float(compared.to_cues[row, number])
        least = ANCHORED if cue.anchors else UNANCHORED
        if not is_habitual(unit.text):
            least = max(least, float(compared.plain[row]))
        near = compared.to_examples.near[row, _place()[cue.trait_id]]
        if cosine >= least and near >= NEAR_CUE:
            yield cue.trait_id, cue.pole, cosine + 0.2


def _by_examples(unit: _Unit, row: int, compared: _Compared) -> Iterator[tuple[str, int, float]]:
    """What the examples say of a unit: (trait, pole, chance that the side is right)."""
    if not unit.is_judged:
        return
    trained, near, side = heads(), compared.to_examples.near[row], compared.side[row]
    lead = compared.to_examples.nearest[row] - compared.plain[row]
    clear = (np.abs(side) >= trained.least_side) & (lead >= NEUTRAL_LEAD)
    clear &= near >= (NEAR_BOOK if book_words(unit.text) else _near_enough())
    order = np.argsort(-near, kind="stable")
    for trait in order[clear[order]][:MOST_TRAITS_JUDGED]:
        sureness = float(1 / (1 + np.exp(-abs(side[trait]))))
        yield trained.traits[trait], 1 if side[trait] > 0 else -1, sureness


@cache
def _place() -> dict[str, int]:
    """Each trait's column."""
    return {trait: number for number, trait in enumerate(heads().traits)}


@cache
def _near_enough() -> Floats:
    """(T,): the least closeness for each trait."""
    sensitive = sensitive_statements()
    least = [NEAR_BOOK if trait in sensitive else NEAR for trait in heads().traits]
    return np.array(least, dtype=np.float32)


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
