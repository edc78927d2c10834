"""What bears on a pair: the reader's own sentences, as pairs are labelled, whatever the side."""

from collections import Counter
from dataclasses import replace

import pytest

from engine.domain import Override, PreferencePair, Profile, Trait
from engine.frameworks import all_statements, dimensions
from engine.pairs.bearing import (
    Sayings,
    bearing,
    bearing_on,
    leaning_to,
    looking_for,
    sayings_of,
)
from engine.pairs.build import pairs_for
from tests.engine.conftest import WHEN, a_profile, known

STATEMENTS = [item.id for item in all_statements().values() if not item.sensitive][:60]
WHOLE = Counter(all_statements()[name].dimension for name in STATEMENTS)
"""How many statements of each scale are known."""
FACETS = [scale.id for scale in dimensions("ocean") if scale.parent]
SOUGHT = ("poetry", "fantasy", "memoir_and_biography", "thriller")
SHUNNED = ("horror", "romance")
RICH = a_profile(
    *(known(name, (-1) ** at * 0.6) for at, name in enumerate(STATEMENTS)),
    *(known(name, (-1) ** at * 0.6) for at, name in enumerate(FACETS)),
    *(
        known(f"schwartz.{value}", score)
        for value, score in (("achievement", 0.7), ("benevolence_caring", -0.7))
    ),
    *(known(f"interests.{name}", 0.7) for name in SOUGHT),
    *(known(f"interests.{name}", -0.7) for name in SHUNNED),
)
PAIRS = pairs_for(RICH)


def opposite(profile: Profile) -> Profile:
    traits = tuple(replace(trait, score=-trait.score) for trait in profile.traits)
    return replace(profile, traits=traits)


def of_track(track: str) -> list[PreferencePair]:
    return [pair for pair in PAIRS if pair.track == track]


def traits_told(sayings: Sayings, sentences: tuple[str, ...]) -> list[str]:
    trait_of = {said: name for name, said in {**sayings.statements, **sayings.facets}.items()}
    return [trait_of[sentence] for sentence in sentences]


def about(track: str, origin: str) -> PreferencePair:
    return next(pair for pair in of_track(track) if pair.origin == origin)


def test_a_scene_comes_with_its_statement_one_of_its_scale_and_two_others() -> None:
    sayings = sayings_of(RICH)
    for pair in of_track("values"):
        told = traits_told(sayings, bearing_on(sayings, pair))
        scales = Counter(all_statements()[name].dimension for name in told)
        assert pair.topic == told[-1]
        own_scale = all_statements()[pair.topic].dimension
        assert scales.total() - scales[own_scale] == 2
        assert len(set(told)) == len(told)
        assert scales[own_scale] == min(2, WHOLE[own_scale])


def test_an_answer_comes_with_its_facet_in_the_first_person_and_two_others() -> None:
    imagination = "ocean.openness.imagination"
    assert RICH.trait(imagination) == known(imagination, 0.6)
    pair = about("personality", f"{imagination}.1.1")
    told = bearing(RICH, [pair])[pair.id]
    assert told[-1] == "I spend half my day in worlds that exist only in my head."
    assert len(told) == 3
    told = bearing(opposite(RICH), [pair])[pair.id]
    assert told[-1] == "I keep to what is real and right in front of me."


def test_a_described_book_comes_with_the_angle_that_the_reader_leans_to() -> None:
    sayings = sayings_of(RICH)
    rises = "I read for people who rise in the world, for ambition, rank and hard-won success."
    assert sayings.angles == {"self_enhancement": rises}
    for pair in of_track("descriptions"):
        *statements, angle = bearing_on(sayings, pair)
        assert angle == rises
        told = traits_told(sayings, tuple(statements))
        assert len(told) == 2
        assert all(name.startswith("schwartz.") for name in told)
    assert of_track("descriptions")
    cares = sayings_of(opposite(RICH)).angles
    assert list(cares) == ["self_transcendence"]


def test_an_angle_is_told_only_with_a_lead_and_of_values_that_may_be_told() -> None:
    near_even = a_profile(known("schwartz.achievement", 0.5), known("schwartz.tradition", 0.7))
    assert sayings_of(near_even).angles == {}  # nothing is known of the opposed angles
    off = Trait("schwartz.achievement", "schwartz", 0.9, 0.9, "off")
    assert sayings_of(a_profile(off, known("schwartz.benevolence_caring", 0.7))).angles == {}
    both = a_profile(
        *(known(f"schwartz.{value}", 0.7) for value in ("achievement", "hedonism")),
        *(known(f"schwartz.{value}", -0.7) for value in ("benevolence_caring", "tradition")),
    )
    assert list(sayings_of(both).angles) == ["self_enhancement", "openness"]
    of_axis = leaning_to(sayings_of(both), ("self_transcendence", "self_enhancement"))
    assert of_axis == tuple(sayings_of(both).angles.values())[::-1]


def test_the_opposite_reader_is_told_the_same_traits_in_the_same_order_in_opposite_words() -> None:
    one, other = sayings_of(RICH), sayings_of(opposite(RICH))
    pairs = [pair for pair in PAIRS if pair.track != "interests"]
    for pair in pairs:
        these, those = bearing_on(one, pair), bearing_on(other, pair)
        if pair.track == "descriptions":
            assert these[-1] != those[-1]
            these, those = these[:-1], those[:-1]
        assert traits_told(one, these) == traits_told(other, those)
        assert not {*these} & {*those}
    assert len({pair.track for pair in pairs}) == 3


def test_only_what_is_sought_is_named_and_never_what_is_shunned() -> None:
    sayings = sayings_of(RICH)
    for pair in of_track("interests"):
        (line,) = bearing_on(sayings, pair)
        assert line.startswith("I look for ")
        assert not any(word in line for word in ("horror", "romance"))
    pair = about("interests", "genre.poetry.horror")
    assert "poetry" in bearing_on(sayings, pair)[0]
    (line,) = bearing_on(sayings_of(opposite(RICH)), pair)
    assert line in ("I look for horror and romance.", "I look for romance and horror.")


def test_a_genre_that_is_not_sought_makes_no_line() -> None:
    sayings = Sayings({}, {}, {"poetry": "poetry"}, {})
    assert looking_for(sayings, ("horror",), "k") == ""
    assert looking_for(sayings, ("poetry",), "k") == "I look for poetry."


def test_the_sentences_are_the_same_on_every_machine() -> None:
    pair = about("interests", "genre.poetry.horror")
    assert bearing(RICH, [pair]) == bearing(RICH, [replace(pair, chosen="x", accepted=True)])
    assert bearing(RICH, [pair])[pair.id] == (
        "I look for thriller, memoir and biography and poetry.",
    )
    pair = about("personality", "ocean.openness.imagination.1.1")
    assert bearing(RICH, [pair])[pair.id] == (
        "I am tough-minded, and go by the facts.",
        "I act on the spur of the moment.",
        "I spend half my day in worlds that exist only in my head.",
    )


@pytest.mark.parametrize(
    "trait",
    [
        Trait("schwartz.face.1", "schwartz", 0.9, 0.9, "unknown"),
        Trait("schwartz.face.1", "schwartz", 0.9, 0.9, "off"),
        Trait("schwartz.face.1", "schwartz", 0.05, 0.9, "known"),
        Trait("schwartz.face.1", "schwartz", 0.9, 0.05, "known"),
        Trait("ocean.openness.intellect", "ocean", 0.9, 0.9, "off"),
        Trait("interests.poetry", "interests", 0.9, 0.05, "known"),
    ],
)
def test_what_is_off_unknown_faint_or_unsure_is_never_told(trait: Trait) -> None:
    assert sayings_of(a_profile(trait)) == Sayings({}, {}, {}, {})
    parent = known("ocean.openness", 0.9)
    assert trait.id not in sayings_of(a_profile(trait, parent)).facets


def test_sensitive_statements_are_told_only_where_they_are_switched_on() -> None:
    sensitive = next(item for item in all_statements().values() if item.sensitive)
    scale = known(sensitive.dimension, 0.9)
    by_hand = replace(scale, override=Override(0.9, "told us", WHEN))
    for profile in (a_profile(known(sensitive.id, 0.9)), a_profile(by_hand)):
        assert sensitive.id not in sayings_of(profile).statements
    switched_on = replace(a_profile(known(sensitive.id, 0.9)), sensitive=True)
    assert sayings_of(switched_on).statements == {sensitive.id: sensitive.text}


def test_the_editors_word_on_a_scale_decides_what_its_statements_say() -> None:
    statement = all_statements()["schwartz.face.1"]
    scale = known("schwartz.face", 0.5)
    by_hand = replace(scale, override=Override(-0.9 * statement.pole, "told us", WHEN))
    told = sayings_of(a_profile(known(statement.id, 0.9), by_hand)).statements
    assert told[statement.id] == statement.opposite


def test_other_peoples_pairs_have_sentences_only_where_their_topic_is_known() -> None:
    pair = PreferencePair("p", "ann", "values", "", "Hi?", "Hi?", "Yes.", "No.", "a.csv")
    unknown = [replace(pair, track=track) for track in ("interests", "personality", "descriptions")]
    assert bearing(RICH, [pair, *unknown]) == {}
    told = replace(pair, trait_id=STATEMENTS[0])
    assert len(bearing(RICH, [told])["p"]) == 4


def test_every_facet_has_two_sentences_and_nothing_else_has() -> None:
    both = a_profile(*(known(name, 0.9) for name in FACETS))
    high, low = sayings_of(both).facets, sayings_of(opposite(both)).facets
    assert high.keys() == low.keys() == {*FACETS}
    assert len({*high.values(), *low.values()}) == 2 * len(FACETS)
