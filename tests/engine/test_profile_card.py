"""The card that a model reads before it writes for the reader."""

from dataclasses import replace
from datetime import UTC, datetime

from engine.domain import Override, Profile, Trait
from engine.frameworks import all_statements, dimensions
from engine.profile.card import profile_card

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATEMENT = next(iter(all_statements().values()))


def profile(*traits: Trait) -> Profile:
    return Profile("MARIA-SECRET", "embedded", traits, NOW)


def test_a_card_says_facts_genres_temperament_and_statements_in_plain_words() -> None:
    card = profile_card(
        profile(
            Trait("demographics.age", "demographics", 1.0, 1.0, "known", value="46"),
            Trait("interests.poetry", "interests", 0.6, 0.5, "known"),
            Trait("interests.horror", "interests", -0.6, 0.5, "known"),
            Trait("ocean.extraversion.gregariousness", "ocean", -0.7, 0.5, "known"),
            Trait(STATEMENT.id, STATEMENT.framework, -0.7, 0.5, "known"),
        )
    )
    assert card.splitlines() == [
        "The reader:",
        "They say of themselves: age 46.",
        "Seek in reading: poetry.",
        "Turn away from: horror.",
        "Temperament: likes solitude.",
        f"Would say: {STATEMENT.opposite}",
    ]


def test_unknown_weak_and_switched_off_traits_are_left_out() -> None:
    card = profile_card(
        profile(
            Trait("demographics.age", "demographics", 0.0, 0.0, "unknown", note="Not stated."),
            Trait("interests.poetry", "interests", 0.05, 0.9, "known"),
            Trait(STATEMENT.id, STATEMENT.framework, 0.0, 0.0, "off"),
        )
    )
    assert card == "The reader: nothing is known yet."


def test_the_editors_override_wins_and_comes_first() -> None:
    calm = Trait("ocean.extraversion.excitement_seeking", "ocean", 0.9, 0.9, "known")
    shy = Trait("ocean.extraversion.friendliness", "ocean", 0.9, 0.9, "known")
    override = Override(-0.5, "met her", NOW)
    card = profile_card(profile(shy, replace(calm, override=override)))
    assert "Temperament: likes calm; warms to people quickly." in card


def test_a_full_card_stays_short_and_names_neither_reader_nor_figures() -> None:
    """300 tokens are about 220 English words."""
    traits = [
        Trait(scale.id, scale.framework, 0.8, 0.8, "known")
        for framework in ("schwartz", "hofstede", "wvs", "ocean")
        for scale in dimensions(framework)
    ]
    traits += [
        Trait(item.id, item.framework, 0.8, 0.8, "known") for item in all_statements().values()
    ]
    card = profile_card(profile(*traits))
    assert 100 < len(card.split()) < 220
    assert "MARIA" not in card
    assert not any(character.isdigit() for character in card)
    assert card == profile_card(profile(*traits))
