"""The Big Five from a dozen either/or picks: quick, rough, and for a reader without reviews.

Two picks a trait; a third for traits whose two went apart, until twelve are made. What comes of
it is weak evidence and gives way to reviews and to a questionnaire.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from engine.bank import Pick, picks
from engine.domain import Reading
from engine.frameworks import dimensions

Choice = Literal["high", "low"]
PICKS_ASKED = 12
FIRST_ROUND = 2
CONFIDENCE_PRIOR = 4.0
"""Picks it takes to be halfway sure: two give 0.33, three give 0.43."""


def next_pick(made: Mapping[str, Choice]) -> Pick | None:
    """The pick to ask now, given the ones made so far (pick id to choice); None at the end."""
    if len(made) >= PICKS_ASKED:
        return None
    by_trait = _by_trait()
    for position in range(FIRST_ROUND):
        for asked in by_trait.values():
            if asked[position].id not in made:
                return asked[position]
    thirds = [
        asked[FIRST_ROUND] for asked in by_trait.values() if asked[FIRST_ROUND].id not in made
    ]
    return min(thirds, key=lambda pick: not _is_split(by_trait[pick.trait], made), default=None)


def readings(made: Mapping[str, Choice], made_at: datetime) -> dict[str, Reading]:
    """Trait id to what the picks say of it: score = (high - low) / (n + 1)."""
    told = {}
    for trait_id, asked in _by_trait().items():
        chosen = [made[pick.id] for pick in asked if pick.id in made]
        if not chosen:
            continue
        high = chosen.count("high")
        count = len(chosen)
        told[trait_id] = Reading(
            "picks",
            round((2 * high - count) / (count + 1), 3),
            round(count / (count + CONFIDENCE_PRIOR), 3),
            f"{high} of {count} either/or picks towards the high end.",
            made_at,
        )
    return told


def _by_trait() -> dict[str, list[Pick]]:
    traits = [scale.id for scale in dimensions("ocean") if scale.parent is None]
    return {trait: [pick for pick in picks() if pick.trait == trait] for trait in traits}


def _is_split(asked: list[Pick], made: Mapping[str, Choice]) -> bool:
    return len({made[pick.id] for pick in asked if pick.id in made}) > 1
