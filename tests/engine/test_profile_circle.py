"""Schwartz's circle: centring, the wave, and opposites that clash."""

from datetime import UTC, datetime
from math import cos, pi, sqrt

import pytest

from engine.domain import Override, Profile, Trait
from engine.frameworks import dimensions
from engine.profile.circle import circle

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDS = [scale.id for scale in dimensions("schwartz")]


def profile_of(scores: dict[str, float]) -> Profile:
    traits = tuple(
        Trait(trait_id, "schwartz", scores.get(trait_id, 0.0), 0.5, "known")
        if trait_id in scores
        else Trait(trait_id, "schwartz", 0.0, 0.0, "unknown")
        for trait_id in IDS
    )
    return Profile("r", "embedded", traits, NOW)


def wave(peak: int) -> dict[str, float]:
    return {
        trait_id: 0.4 * cos((number - peak) * 2 * pi / 19) + 0.2
        for number, trait_id in enumerate(IDS)
    }


def test_scores_are_centred_on_the_mean_of_the_known_values() -> None:
    """Mean of 0.9 and 0.3 is 0.6, so they stand 0.3 above and below it."""
    drawn = circle(profile_of({IDS[0]: 0.9, IDS[4]: 0.3}))
    assert drawn.mean == pytest.approx(0.6)
    assert drawn.points[0].centred == pytest.approx(0.3)
    assert drawn.points[4].centred == pytest.approx(-0.3)
    assert drawn.points[1].centred is None


def test_a_perfect_wave_is_consistent_and_its_peak_is_found() -> None:
    drawn = circle(profile_of(wave(peak=5)))
    assert drawn.consistency == pytest.approx(1.0)
    assert drawn.peak == pytest.approx(5 * 360 / 19)
    assert drawn.by_chance == pytest.approx(sqrt(2 / 18))


def test_values_in_alternation_are_no_wave() -> None:
    drawn = circle(profile_of({trait_id: (-1.0) ** n for n, trait_id in enumerate(IDS)}))
    assert drawn.consistency is not None
    assert drawn.consistency < 0.2


def test_five_known_values_are_too_few_for_a_figure() -> None:
    some = dict(list(wave(peak=0).items())[:5])
    drawn = circle(profile_of(some))
    assert drawn.consistency is None
    assert "5 of 19 values are known" in drawn.note()


def test_equal_scores_have_no_wave() -> None:
    assert circle(profile_of(dict.fromkeys(IDS, 0.5))).consistency is None


def test_two_opposite_values_at_the_same_extreme_clash() -> None:
    """Nine steps of 360/19 are 170.5 degrees; seven are 132.6."""
    drawn = circle(profile_of({IDS[0]: 0.8, IDS[9]: 0.7, IDS[7]: 0.9}))
    assert drawn.clashes == ((IDS[0], IDS[9]),)


def test_opposite_values_on_opposite_sides_are_as_they_should_be() -> None:
    assert circle(profile_of({IDS[0]: 0.8, IDS[9]: -0.7})).clashes == ()


def test_the_word_of_the_editor_counts_on_the_circle() -> None:
    profile = profile_of({IDS[0]: 0.8, IDS[9]: 0.7})
    traits = tuple(
        Trait(
            trait.id,
            "schwartz",
            trait.score,
            trait.confidence,
            trait.status,
            override=Override(0.0, "no", NOW, "unknown"),
        )
        if trait.id == IDS[9]
        else trait
        for trait in profile.traits
    )
    drawn = circle(Profile("r", "embedded", traits, NOW))
    assert drawn.clashes == ()
    assert drawn.points[9].score is None
