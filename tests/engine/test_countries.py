"""Country scores as a visible prior: found from a stated place, never mixed into a score."""

import csv
from pathlib import Path

import pytest

from engine.countries import FILE_NAME, countries, load_countries, prior_for, shown
from engine.domain import Override, Profile, Trait
from engine.frameworks import dimensions
from engine.frameworks.countries import COLUMNS, NOT_PUBLISHED, shipped
from engine.pairs.build import pairs_for
from engine.profile.card import card_of
from engine.profile.country import country_prior, find_country, why_no_prior
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, known

MATRIX = Path(__file__).parents[3] / "shared" / "data" / "labels" / "hofstede_6d_2015.csv"
HEAD = "ctr;country;pdi;idv;mas;uai;ltowvs;ivr\n"


def living_in(place: str, override: Override | None = None) -> Profile:
    trait = Trait(
        "demographics.location",
        "demographics",
        1.0,
        1.0,
        "known" if place else "unknown",
        value=place or None,
        override=override,
    )
    return a_profile(trait, known("schwartz.tradition.1", 0.8))


@pytest.mark.parametrize(
    ("place", "country"),
    [
        ("Recife", "Brazil"),
        ("Leeds, England", "United Kingdom"),
        ("Paris, Texas", "United States"),
        ("SE Alaska", "United States"),
        ("the UK", "United Kingdom"),
        ("northern Ghana", "Ghana"),
        ("Atlanta, Georgia", "United States"),
        ("japanese", "Japan"),
        ("Ho Chi Minh City", "Vietnam"),
        ("Türkiye", "Turkey"),
    ],
)
def test_a_country_is_known_by_its_name_its_people_or_a_city(place: str, country: str) -> None:
    prior = country_prior(living_in(place))
    assert prior is not None
    assert prior.country == country
    assert why_no_prior(living_in(place)) == ""


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("", "states no place, and you have set none"),
        ("Georgia", "is in several countries"),
        ("North Korea", "is in several countries"),
        ("New England", "is none of the 24 countries"),
        ("a boat", "is none of the 24 countries"),
    ],
)
def test_without_a_country_there_is_a_reason(place: str, reason: str) -> None:
    assert country_prior(living_in(place)) is None
    assert reason in why_no_prior(living_in(place))


def test_the_editors_word_on_the_place_outranks_what_was_stated() -> None:
    moved = Override(1.0, "she told me", WHEN, "set", "Lagos")
    prior = country_prior(living_in("Recife", moved))
    assert prior is not None
    assert prior.country == "Nigeria"
    hidden = Override(0.0, "", WHEN, "unknown")
    assert country_prior(living_in("Recife", hidden)) is None


def test_a_prior_tells_its_vintage_what_was_not_published_and_what_was_revised() -> None:
    prior = country_prior(living_in("Accra"))
    assert prior is not None
    assert prior.vintage == "2015"
    assert dict(prior.scores) == {
        "hofstede.long_term_orientation": 4,
        "hofstede.indulgence": 72,
    }
    assert "4 of the six were not published for Ghana" in prior.note
    assert "October 2023" in prior.note
    assert "never part of a score" in prior.note


def test_a_prior_changes_no_pair_and_no_card() -> None:
    profile = living_in("Recife")
    card, pairs = card_of(profile), pairs_for(profile)
    assert country_prior(profile) is not None
    assert (card_of(profile), pairs_for(profile)) == (card, pairs)
    assert not any(trait.framework == "hofstede" for trait in profile.traits)


def test_countries_of_all_continents_are_shipped_with_dimensions_that_exist() -> None:
    scales = {scale.id for scale in dimensions("hofstede")}
    assert len(shipped().countries) == 24
    for country in shipped().countries:
        assert set(country.scores) <= scales
        assert all(0 <= score <= 100 for score in country.scores.values())
        assert find_country(country.name, shipped()) == country


def test_no_place_is_given_to_two_countries() -> None:
    named = [name.lower() for country in shipped().countries for name in country.names]
    assert len(named) == len(set(named))
    assert not set(named) & shipped().ambiguous


@pytest.mark.skipif(not MATRIX.exists(), reason="the 2015 matrix is not on this machine")
def test_every_figure_that_is_shipped_is_the_published_one() -> None:
    with MATRIX.open(encoding="utf-8") as lines:
        rows = {row["country"]: row for row in csv.DictReader(lines, delimiter=";")}
    published = {"South Korea": "Korea South", "United Kingdom": "Great Britain"}
    published["United States"] = "U.S.A."
    for country in shipped().countries:
        row = rows[published.get(country.name, country.name)]
        for column, dimension in COLUMNS.items():
            told = row[column]
            score = None if told == NOT_PUBLISHED else int(told)
            assert country.scores.get(f"hofstede.{dimension}") == score, (country.name, column)


def test_an_own_copy_of_the_matrix_is_kept_private_and_used_from_then_on(
    data_dir: Path, tmp_path: Path
) -> None:
    own = tmp_path / "matrix.csv"
    own.write_text(f"{HEAD}POR;Portugal;63;27;31;104;28;33\nBRA;Brazil;1;2;3;4;5;#NULL!\n")
    loaded = load_countries(data_dir, own)
    assert [country.name for country in loaded.countries] == ["Portugal", "Brazil"]
    assert (data_dir / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert shown(data_dir, "portugal").scores["hofstede.uncertainty_avoidance"] == 104
    prior, _ = prior_for(data_dir, living_in("Recife"))
    assert prior is not None
    assert prior.scores["hofstede.power_distance"] == 1
    assert "hofstede.indulgence" not in prior.scores
    assert "matrix.csv" not in prior.source or "copy" in prior.source


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("country,pdi\nBrazil,69\n", "no column 'country'"),
        (f"{HEAD}BRA;Brazil;69;38;49;76;x;59\n", "line 2: 'x' in the column 'ltowvs'"),
        (f"{HEAD}BRA;Brazil;690;38;49;76;1;59\n", "line 2: '690' in the column 'pdi'"),
        (f"{HEAD}BRA;Brazil;69\n", "line 2: '' in the column 'idv'"),
        (HEAD, "holds no country"),
    ],
)
def test_a_file_that_is_no_matrix_is_refused_and_nothing_is_changed(
    data_dir: Path, tmp_path: Path, text: str, told: str
) -> None:
    own = tmp_path / "matrix.csv"
    own.write_text(text)
    with pytest.raises(BadInput, match=told):
        load_countries(data_dir, own)
    assert countries(data_dir) == shipped()


def test_a_country_that_needs_the_matrix_says_so(data_dir: Path) -> None:
    with pytest.raises(BadInput, match="does not come with the studio"):
        shown(data_dir, "Portugal")
