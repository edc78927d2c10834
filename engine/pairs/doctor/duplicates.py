"""Near-duplicates: pairs whose answers are the same but for some words, in whatever order of sides.

A pair that is there three times counts three times in training, and a twin whose sides are turned
round teaches the opposite.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from engine.domain import PreferencePair
from engine.pairs.doctor.corpus import CHOSEN, PROMPT, REJECTED, Corpus
from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.minhash import near
from engine.pairs.doctor.patient import Patient

NEAR = 0.7
"""Jaccard index of the shingles from which two pairs count as the same."""
SHORT = 12
"""Words of both answers together; below it (yes against no) the prompt must be the same too."""


def duplicates(patient: Patient) -> Found | None:
    """Pairs that say what another pair says; the first of each group is the one that stays."""
    pairs, corpus = patient.used, patient.corpus
    if len(pairs) < 2:
        return None
    links = [link for link in near(corpus, NEAR) if _comparable(corpus, *link)]
    groups = [
        sorted(group, key=lambda at: (_standing(pairs[at]), at))
        for group in _groups(len(pairs), links)
    ]
    twins = [(group[0], at) for group in groups for at in group[1:]]
    if not twins:
        return None
    same = sum(set(_answers(pairs[a])) == set(_answers(pairs[b])) for a, b in twins)
    turned = {twin for twin in twins if _are_turned(corpus, *twin)}
    told = (
        f"{many(len(twins), 'pair')} of {len(pairs):,} {agree(len(twins), 'repeats', 'repeat')} "
        f"another ({same:,} word for word, {len(twins) - same:,} nearly so): what stands there "
        "twice counts twice."
    )
    if turned:
        verb = agree(len(turned), "has its sides", "have their sides")
        told += f" {len(turned):,} of them {verb} turned round, and would teach the opposite."
    cases = (
        Case(
            pairs[later].id,
            f"twin of {pairs[first].id}"
            + (", sides turned round" if (first, later) in turned else ""),
            replace(pairs[later], dropped=True),
            beside=pairs[first].id,
        )
        for first, later in twins
    )
    return Found(told, tuple(cases))


def _standing(pair: PreferencePair) -> int:
    """Who stays: what the editor accepted, then what is held out, then what came first."""
    return 0 if pair.accepted else 1 if pair.held_out else 2


def _comparable(corpus: Corpus, a: int, b: int) -> bool:
    words = sum(len(corpus.text(a, side)) for side in (CHOSEN, REJECTED))
    return words >= SHORT or np.array_equal(corpus.text(a, PROMPT), corpus.text(b, PROMPT))


def _groups(number: int, links: list[tuple[int, int]]) -> Iterator[list[int]]:
    """The places that hang together through links, of two and more."""
    parent = list(range(number))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = at = parent[parent[at]]
        return at

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for at in {it for link in links for it in link}:
        groups.setdefault(root(at), []).append(at)
    yield from sorted(groups.values())


def _are_turned(corpus: Corpus, a: int, b: int) -> bool:
    """Whether the chosen words of the one are rather the rejected words of the other."""
    if np.array_equal(corpus.text(a, CHOSEN), corpus.text(b, CHOSEN)):
        return False

    def shared(side: int, other: int) -> int:
        return len(np.intersect1d(corpus.text(a, side), corpus.text(b, other)))

    as_is = shared(CHOSEN, CHOSEN) + shared(REJECTED, REJECTED)
    return shared(CHOSEN, REJECTED) + shared(REJECTED, CHOSEN) > as_is


def _answers(pair: PreferencePair) -> tuple[str, ...]:
    return tuple(" ".join(text.casefold().split()) for text in (pair.chosen, pair.rejected))
