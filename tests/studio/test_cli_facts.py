"""Guesses and country scores on the command line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import Profile, Reader, Suggestion, Trait
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import suggestions as suggestion_rows
from engine.store.database import change, opened
from tests.studio.command_line import command, document

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
AGE = "demographics.age"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A reader who lives in Recife, with a guess at the age."""
    facts = (
        Trait(AGE, "demographics", 0.0, 0.0, "unknown"),
        Trait("demographics.location", "demographics", 1.0, 1.0, "known", value="Recife"),
    )
    guess = Suggestion(AGE, "33-47", 0.61, "org/[b]age[/b]", "0.625 on held-out blogs", WHEN)
    with opened(tmp_path) as db, change(db, "Fill"):
        reader_rows.save(db, [Reader("ann", "Ann", "text")], [], [])
        profile_rows.save(db, Profile("ann", "embedded", facts, WHEN))
        suggestion_rows.save(db, "ann", guess)
    return tmp_path


def test_show_tells_a_guess_apart_from_what_is_known(data_dir: Path) -> None:
    told = command(data_dir, "profile", "show", "ann").stdout
    assert "Age: 33-47? A guess by org/[b]age[/b], right in about 6 of 10 cases" in told
    shown = document(data_dir, "profile", "show", "ann")
    assert shown["suggestions"][0]["value"] == "33-47"
    assert shown["traits"][0]["status"] == "unknown"


def test_confirm_makes_a_guess_the_editors_word(data_dir: Path) -> None:
    told = document(data_dir, "profile", "confirm", "ann", AGE)
    assert told["trait"]["override"]["value"] == "33-47"
    assert told["trait"]["override"]["reason"] == "Confirmed: guessed by org/[b]age[/b]"
    assert document(data_dir, "profile", "show", "ann")["suggestions"] == []


def test_dismiss_puts_a_guess_away_and_a_second_time_is_refused(data_dir: Path) -> None:
    assert document(data_dir, "profile", "dismiss", "ann", AGE)["trait"] == AGE
    again = command(data_dir, "profile", "dismiss", "ann", AGE)
    assert again.exit_code == 2
    assert "There is no guess at 'demographics.age'." in again.stderr


def test_suggest_without_a_model_lists_those_that_are_known(data_dir: Path) -> None:
    known = document(data_dir, "profile", "suggest", "ann")["classifiers"]
    assert {one["trait_id"] for one in known} == {"demographics.gender", AGE}
    unknown = command(data_dir, "profile", "suggest", "ann", "--model", "org/other")
    assert unknown.exit_code == 2
    assert "What org/other guesses is not known here." in unknown.stderr


def test_show_has_the_country_prior_beside_the_profile(data_dir: Path) -> None:
    prior = document(data_dir, "profile", "show", "ann")["country_prior"]
    assert (prior["country"], prior["vintage"]) == ("Brazil", "2015")
    assert "not a person's score" in command(data_dir, "profile", "show", "ann").stdout


def test_countries_are_listed_shown_and_loaded(data_dir: Path, tmp_path: Path) -> None:
    assert len(document(data_dir, "countries", "show")["countries"]) == 24
    assert document(data_dir, "countries", "show", "tokyo")["scores"]["hofstede.masculinity"] == 95
    assert "not published" in command(data_dir, "countries", "show", "Nigeria").stdout
    own = tmp_path / "own.csv"
    own.write_text("ctr;country;pdi;idv;mas;uai;ltowvs;ivr\nPOR;Portugal;63;27;31;104;28;33\n")
    assert document(data_dir, "countries", "load", str(own))["figures"] == 6
    assert document(data_dir, "countries", "show", "Portugal")["country"] == "Portugal"
