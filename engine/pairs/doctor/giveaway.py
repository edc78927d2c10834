"""Giveaway words: where a bag of words tells the sides of topics it has never seen, so can a model.

Left out is the interests track: there the words of a genre are what is to be learnt.
"""

from dataclasses import replace
from math import exp

import numpy as np

from engine.domain import PreferencePair
from engine.pairs.doctor.finding import Case, Found
from engine.pairs.doctor.patient import Patient
from engine.pairs.doctor.probe import MOST_PAIRS, Probed, probed

BAR = 0.6
"""Share of pairs of unseen topics whose side the words may give away, as the bank is held to. Half
would be chance; what is above the bar must also be three standard errors from it, in topics. Five
full profiles with sides drawn by lot gave 0.49 to 0.52 with the shipped bank."""
LEAST_PAIRS, LEAST_TOPICS = 40, 20
WORDS_TOLD = 6


def giveaway(patient: Patient) -> Found | None:
    """Whether single words give the chosen answer away."""
    of_ids = {pair.id for pair in patient.training if pair.track != "interests"}
    places = [at for at, pair in enumerate(patient.used) if pair.id in of_ids]
    places = places[:: -(-len(places) // MOST_PAIRS) or 1]
    pairs = [patient.used[at] for at in places]
    topics = len({pair.topic for pair in pairs})
    if len(pairs) < LEAST_PAIRS or topics < LEAST_TOPICS:
        return None
    found = probed(patient.corpus, places, pairs)
    if found.accuracy <= max(BAR, 0.5 + 1.5 / topics**0.5):
        return None
    return Found(_told(found, len(pairs)), tuple(_cases(found, pairs)))


def _told(found: Probed, pairs: int) -> str:
    words = ", ".join(
        f"“{word}” (in {chosen:,} chosen, {rejected:,} rejected)"
        for word, chosen, rejected in found.words[:WORDS_TOLD]
    )
    return (
        f"From single words alone the chosen answer can be guessed in {found.accuracy:.0%} of "
        f"{pairs:,} pairs, whose topics the guesser never saw. 50% would be chance; over "
        f"{BAR:.0%}, a model may learn the words in place of the reader. Most telling: {words}."
    )


def _why(margin: float, clues: tuple[str, ...]) -> str:
    """How sure the guesser was; by chance it would be 50 %."""
    words = ", ".join(f"“{word}”" for word in clues)
    return f"guessed by {words}: {1 / (1 + exp(-margin)):.0%} sure"


def _cases(found: Probed, pairs: list[PreferencePair]) -> list[Case]:
    """The pairs it was right about, the surest first; dropped until the rest is at the bar."""
    right = [at for at in np.argsort(-found.margins, kind="stable") if found.margins[at] > 0]
    too_many = int(np.ceil(len(pairs) * (found.accuracy - BAR) / (1 - BAR)))
    return [
        Case(
            pairs[at].id,
            _why(float(found.margins[at]), found.clues[at]),
            replace(pairs[at], dropped=True) if rank < too_many else None,
        )
        for rank, at in enumerate(right)
    ]
