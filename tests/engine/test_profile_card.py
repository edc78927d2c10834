"""The card that a model reads before it writes for the reader."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.domain import Override, Profile, Reading, Suggestion, Trait, framework_of
from engine.frameworks import all_dimensions, all_statements, genres
from engine.profile.card import DEFAULT_BUDGET, NOTHING_KNOWN, Card, card_of
from engine.profile.card_items import _poles
from models.errors import BadInput
from models.wordpieces import count_tokens
from tests.engine.conftest import scored_ids

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATEMENT = next(item for item in all_statements().values() if not item.sensitive)
SENSITIVE = next(item for item in all_statements().values() if item.sensitive)


def profile(*traits: Trait, sensitive: bool = False) -> Profile:
    return Profile("MARIA-SECRET", "embedded", traits, NOW, sensitive=sensitive)


def known(trait_id: str, score: float = 0.7, confidence: float = 0.5) -> Trait:
    return Trait(trait_id, framework_of(trait_id), score, confidence, "known")


def fact(name: str, value: str) -> Trait:
    return Trait(f"demographics.{name}", "demographics", 1.0, 1.0, "known", value=value)


def full_profile(score: float = 0.8) -> Profile:
    """All that can be known, sensitive items included."""
    facts = (fact("age", "46"), fact("location", "Recife"), fact("gender", "woman"))
    return profile(*facts, *(known(trait_id, score) for trait_id in scored_ids()), sensitive=True)


def reasons(card: Card) -> dict[str, str]:
    return {left.trait_id: left.reason for left in card.left_out}


def line(card: Card, head: str) -> str:
    return next((line for line in card.text.splitlines() if line.startswith(head)), "")


def test_a_card_tells_facts_genres_outlook_temperament_and_statements_in_plain_words() -> None:
    card = card_of(
        profile(
            fact("age", "46"),
            fact("location", "Recife"),
            known("interests.poetry"),
            known("interests.horror", -0.6),
            known("aversions.footnotes", -0.6),
            known("aversions.long_descriptions", 0.6),
            known("hofstede.indulgence"),
            known("ocean.extraversion.gregariousness", -0.7),
            known(STATEMENT.id, -0.7),
        )
    )
    assert card.text.splitlines() == [
        "The reader is in their forties and at home in Recife.",
        "Seeks out: poetry.",
        "Turns away from: footnotes; horror.",
        "As a reader: savours long descriptions.",
        "Outlook: enjoys life freely.",
        "Temperament: likes solitude.",
        f"Would say: {STATEMENT.opposite}",
    ]
    assert card.included == (
        "demographics.age",
        "demographics.location",
        "interests.poetry",
        "aversions.footnotes",
        "interests.horror",
        "aversions.long_descriptions",
        "hofstede.indulgence",
        "ocean.extraversion.gregariousness",
        STATEMENT.id,
    )
    assert card.left_out == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("46", "in their forties"),
        ("fifty-eight", "in their fifties"),
        ("seventeen", "in their teens"),
        ("about 90", "in their nineties"),
        ("middle-aged", "middle-aged"),
    ],
)
def test_an_age_is_told_as_a_decade_or_as_it_was_said(value: str, told: str) -> None:
    assert card_of(profile(fact("age", value))).text == f"The reader is {told}."


def test_every_trait_is_told_or_left_out_with_a_reason_or_counted_as_unknown() -> None:
    whole = full_profile()
    card = card_of(whole)
    ids = [*card.included, *(left.trait_id for left in card.left_out)]
    assert len(ids) == len(set(ids))
    assert len(ids) + card.unknown == len(whole.traits)


def test_each_reason_for_leaving_a_trait_out_is_told() -> None:
    marked = Override(0, "not so", NOW, "unknown")
    card = card_of(
        profile(
            known("interests.poetry", 0.05, 0.9),
            known("interests.romance", 0.9, 0.1),
            replace(known("interests.horror"), override=marked),
            known("ocean.openness", 0.8, 0.9),
            known("ocean.openness.imagination"),
            known(SENSITIVE.id),
            Trait("wvs.faith.2", "wvs", 0.0, 0.0, "off"),
            fact("occupation", "a nurse"),
            fact("gender", "woman"),
            Trait("interests.travel", "interests", 0.0, 0.0, "unknown"),
            known("ocean.of_another_version"),
        )
    )
    assert card.text == "Temperament: curious and imaginative."
    assert card.unknown == 1
    assert reasons(card) == {
        "interests.poetry": "near the middle",
        "interests.romance": "not sure enough (confidence 10%, under 20%)",
        "interests.horror": "the editor marked it unknown",
        "ocean.openness.imagination": "said already by a broader line",
        SENSITIVE.id: "switched off",
        "wvs.faith.2": "switched off",
        "demographics.occupation": "not needed for this task",
        "demographics.gender": "not needed for this task",
        "ocean.of_another_version": "not needed for this task",
    }


def test_a_sensitive_trait_is_told_once_it_is_switched_on() -> None:
    item = known(SENSITIVE.id)
    assert card_of(profile(item)).text == NOTHING_KNOWN
    assert SENSITIVE.text in card_of(profile(item, sensitive=True)).text
    assert card_of(profile(known("wvs.faith"))).text == NOTHING_KNOWN
    assert "God" in card_of(profile(known("wvs.faith"), sensitive=True)).text


def test_a_facet_that_points_the_other_way_or_is_surer_than_its_trait_is_told() -> None:
    broad = known("ocean.openness", 0.5, 0.5)
    against = known("ocean.openness.imagination", -0.3, 0.3)
    surer = known("ocean.openness.intellect", 0.9, 0.9)
    card = card_of(profile(broad, against, surer))
    assert card.text == (
        "Temperament: enjoys ideas and puzzles; curious and imaginative; keeps to the real."
    )


def test_a_scale_and_one_statement_of_it_say_enough() -> None:
    scale = "hofstede.indulgence"
    parts = [item for item in all_statements().values() if item.dimension == scale]
    traits = [known(scale, 0.8), *(known(item.id, 0.7 * item.pole) for item in parts)]
    card = card_of(profile(*traits, sensitive=True))
    assert card.included == (scale, min(item.id for item in parts))
    assert set(reasons(card).values()) == {"said already by a broader line"}


def test_the_editors_word_wins_and_comes_first_in_its_line() -> None:
    calm = known("ocean.extraversion.excitement_seeking", 0.9, 0.9)
    shy = known("ocean.extraversion.friendliness", 0.9, 0.9)
    override = Override(-0.5, "met her", NOW)
    card = card_of(profile(shy, replace(calm, override=override)))
    assert card.text == "Temperament: likes calm; warms to people quickly."


def test_the_editors_word_on_a_scale_silences_what_was_read_against_it() -> None:
    openness = replace(known("ocean.openness"), override=Override(-0.8, "", NOW))
    card = card_of(profile(openness, known("ocean.openness.imagination", 0.9, 0.9)))
    assert card.text == "Temperament: practical and conventional."
    unknown = replace(openness, override=Override(0, "", NOW, "unknown"))
    card = card_of(profile(unknown, known("ocean.openness.imagination", 0.9, 0.9)))
    assert card.text == NOTHING_KNOWN
    assert set(reasons(card).values()) == {"the editor marked it unknown"}


def test_what_a_questionnaire_says_is_told_and_a_suggestion_is_not() -> None:
    reading = Reading("questionnaire", -0.8, 0.9, "", NOW)
    trait = Trait("ocean.extraversion", "ocean", 0.0, 0.0, "unknown", readings=(reading,))
    guess = Suggestion("demographics.age", "33-47", 0.9, "some/model", "0.6", NOW)
    card = card_of(replace(profile(trait), suggestions=(guess,)))
    assert card.text == "Temperament: quiet and reserved."


def test_the_fact_that_the_editor_knows_is_told_on_one_line() -> None:
    override = Override(1.0, "said so", NOW, "set", "São\nPaulo")
    place = Trait("demographics.location", "demographics", 0.0, 0.0, "unknown", override=override)
    assert card_of(profile(place)).text == "The reader is at home in São Paulo."


def test_gender_is_told_for_choosing_alone() -> None:
    reader = profile(fact("age", "31"), fact("gender", "woman"), fact("family", "two sons"))
    assert card_of(reader).text == "The reader is in their thirties."
    chosen = card_of(reader, "choose")
    assert chosen.text == "The reader is a woman and in their thirties."
    assert reasons(chosen) == {"demographics.family": "not needed for this task"}


@pytest.mark.parametrize("budget", [40, 60, 100, 300, 700])
def test_a_full_profile_keeps_to_the_budget_and_uses_most_of_it(budget: int) -> None:
    card = card_of(full_profile(), budget=budget)
    assert card.tokens == count_tokens(card.text)
    assert budget - 35 <= card.tokens <= budget
    assert "over the budget" in reasons(card).values()


def test_no_line_of_a_full_card_starves_another() -> None:
    card = card_of(full_profile())
    for head in (
        "The reader is",
        "Seeks out",
        "As a reader",
        "Outlook",
        "Temperament",
        "Would say",
    ):
        assert line(card, head), head
    assert line(card_of(full_profile(-0.8)), "Turns away from").count(";") >= 3


def test_no_item_is_cut_in_the_middle() -> None:
    told = {genre.name.lower() for genre in genres().values()}
    for budget in range(40, 120, 7):
        seeks = line(card_of(full_profile(), budget=budget), "Seeks out: ")
        assert set(seeks.removeprefix("Seeks out: ").rstrip(".").split("; ")) <= told


def test_a_card_names_neither_reader_nor_figures() -> None:
    card = card_of(full_profile())
    assert "MARIA" not in card.text
    assert not any(character.isdigit() for character in card.text)


def test_the_same_profile_gives_the_same_card_in_whatever_order_its_traits_are() -> None:
    whole = full_profile()
    card = card_of(whole)
    turned = card_of(replace(whole, traits=tuple(reversed(whole.traits))))
    assert (card.text, card.included) == (turned.text, turned.included)
    assert card == card_of(whole)


def test_nothing_known_says_so() -> None:
    card = card_of(profile())
    assert card.text == NOTHING_KNOWN
    assert card.budget == DEFAULT_BUDGET


@pytest.mark.parametrize("budget", [0, 39, 100_000])
def test_a_budget_that_no_card_can_keep_to_is_refused(budget: int) -> None:
    with pytest.raises(BadInput, match=f"{budget} tokens"):
        card_of(profile(), budget=budget)


def test_the_words_of_the_card_belong_to_scales_there_are() -> None:
    scales: Sequence[str] = list(all_dimensions())
    assert set(_poles()) <= set(scales)
    assert all(low and high and low != high for low, high in _poles().values())
