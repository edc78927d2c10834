"""Whoever stands at the other end of everything: the reader that a model is shown beside its own.

A made-up person, for training and measuring alone: never in the store, on no screen.
"""

from dataclasses import replace

from engine.domain import Profile, Trait


def opposite(profile: Profile) -> Profile:
    """The profile with every score turned round, and nothing else: facts and confidence stay."""
    return replace(profile, traits=tuple(map(_turned, profile.traits)))


def _turned(trait: Trait) -> Trait:
    return replace(
        trait,
        score=-trait.score,
        override=replace(trait.override, score=-trait.override.score) if trait.override else None,
        readings=tuple(replace(reading, score=-reading.score) for reading in trait.readings),
        interval=(-trait.interval[1], -trait.interval[0]) if trait.interval else None,
    )
