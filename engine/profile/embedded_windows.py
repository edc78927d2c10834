"""What the trained judge of stance finds: each sentence, and each two that stand together.

A stance often takes two sentences to show ("She sold the farm. Good for her."). A window speaks for
the one side it is surest of, where that is sure enough; of windows that overlap the surest counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.domain import Review
from engine.frameworks import sensitive_statements
from engine.profile.findings import Finding
from engine.profile.sentences import LEAST_WORDS, Span, sentences
from engine.profile.stance import stance_head
from engine.profile.words import writer_acts

MOST_WORDS = 60
"""Of a window: what the judge was trained on is not longer."""
SENSITIVE_CHANCE = 0.7
"""What a statement that is sensitive asks for instead of `StanceHead.least_chance`."""


@dataclass(frozen=True)
class Window:
    """A stretch of a review that is judged as a whole."""

    review_id: str
    span: Span


def windows(review: Review) -> Iterator[Window]:
    """The sentences of a review, and its pairs of neighbours, in which the writer acts or feels."""
    spans = [span for span in sentences(review.text) if _can_be_read(span)]
    for span in spans:
        if writer_acts(span.quote):
            yield Window(review.id, span)
    for first, second in pairwise(spans):
        whole = Span(first.start, second.end, review.text[first.start : second.end])
        if len(whole.quote.split()) <= MOST_WORDS and writer_acts(whole.quote):
            yield Window(review.id, whole)


def stances(read: Sequence[Window], vectors: NDArray[np.float32]) -> list[Finding]:
    """What windows show, those that overlap a surer one left out.

    Args:
        vectors: float32 (N, 384), of the windows' quotes by the adapted encoder.
    """
    if not read:
        return []
    trained = stance_head()
    chances = trained.probabilities(vectors)
    best = chances.argmax(axis=1)
    sure = chances.max(axis=1)
    found: list[Finding] = []
    for row in np.argsort(-sure, kind="stable"):
        side = trained.trait_and_pole(int(best[row]))
        if side is None or sure[row] < _least(side[0]):
            continue
        window, (trait_id, pole) = read[row], side
        if not any(overlap(window, other) for other in found):
            stance = pole * float(sure[row])
            found.append(Finding(trait_id, window.review_id, window.span, stance))
    return found


def overlap(window: Window | Finding, other: Window | Finding) -> bool:
    """Whether two stretches of text share a character."""
    return (
        window.review_id == other.review_id
        and window.span.start < other.span.end
        and other.span.start < window.span.end
    )


def _least(trait_id: str) -> float:
    least = stance_head().least_chance
    return max(least, SENSITIVE_CHANCE) if trait_id in sensitive_statements() else least


def _can_be_read(span: Span) -> bool:
    """Not a quotation, and not a mere exclamation."""
    words = span.quote.split()
    return LEAST_WORDS <= len(words) <= MOST_WORDS and span.quote[0] not in '"\u201c\u00ab'
