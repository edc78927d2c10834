"""A profile as pictures: what stands where, and the screen that shows them."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import desk
from engine.domain import Evidence, Override, Profile, Reading, Trait
from engine.frameworks import dimensions
from engine.profile.circle import circle
from studio.pictures.circle import value_circle
from studio.pictures.intervals import big_five, disagreements, interval_line
from studio.pictures.shares import interest_shares
from studio.pictures.timeline import evidence_timeline
from tests.studio.conftest import OpenWindow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = desk.trait_names()


def profile_of(*traits: Trait) -> Profile:
    return Profile("r", "embedded", traits, NOW)


def known(trait_id: str, score: float) -> Trait:
    return Trait(trait_id, "ocean", score, 0.5, "known", interval=(score - 0.2, score + 0.2))


def test_a_score_stands_at_its_place_between_the_ends_of_its_interval() -> None:
    """On 11 columns -1 to 1 goes in steps of 0.2: 0.2 is column 6, 0 to 0.4 are 5 to 7."""
    assert interval_line(known("t", 0.2), 11) == "·····├●┤···"


def test_an_unknown_trait_is_a_line_of_dots_with_its_middle() -> None:
    assert interval_line(None, 11) == "·····┊·····"


def test_every_source_and_the_editor_have_a_mark_of_their_own() -> None:
    trait = replace(
        known("t", 0.2),
        interval=None,
        readings=(
            Reading("questionnaire", -1.0, 0.8, "", NOW),
            Reading("picks", 1.0, 0.3, "", NOW),
        ),
        override=Override(-0.4, "", NOW),
    )
    assert interval_line(trait, 11) == "◆··✎·┊●···○"


def test_the_big_five_say_where_sources_disagree() -> None:
    form = Reading("questionnaire", -0.6, 0.8, "", NOW)
    profile = profile_of(replace(known("ocean.openness", 0.6), readings=(form,)))
    (row,) = [line for line in big_five(profile, 76) if line.startswith("Openness")]
    assert row.endswith("!-0.60")
    assert disagreements(profile, NAMES) == ["Openness: reviews +0.60, questionnaire -0.60"]


@pytest.mark.parametrize(("width", "height"), [(76, 18), (116, 34), (62, 18)])
def test_the_circle_names_all_nineteen_values_within_its_width(width: int, height: int) -> None:
    traits = [
        Trait(scale.id, "schwartz", (-1.0) ** at * at / 19, 0.5, "known")
        for at, scale in enumerate(dimensions("schwartz"))
    ]
    lines = value_circle(circle(profile_of(*traits)), width, height)
    assert max(map(len, lines)) <= width
    picture = "\n".join(lines)
    for name in ("Own thought +0.0", "Tradition +0.5", "Tolerance +0.9", "Nature -0.9"):
        assert name in picture
    assert picture.count("●") + picture.count("○") >= 12, "in a small circle some end on one spot"


def test_too_little_room_for_a_circle_gives_a_list() -> None:
    lines = value_circle(circle(profile_of()), 40, 10)
    assert len([line for line in lines if "?" in line]) == 19


def test_values_at_opposite_extremes_are_named_under_the_circle() -> None:
    ids = [scale.id for scale in dimensions("schwartz")]
    clash = profile_of(
        Trait(ids[0], "schwartz", 0.9, 0.5, "known"), Trait(ids[9], "schwartz", 0.8, 0.5, "known")
    )
    told = value_circle(circle(clash), 90, 20)[-1]
    assert (
        told
        == "! Own thought and Public safety lie opposite and are both extreme: read their quotes."
    )


def test_genres_stand_by_share_with_their_side() -> None:
    profile = profile_of(
        Trait("interests.romance", "interests", -0.4, 0.5, "known", share=0.2, books=("b",)),
        Trait(
            "interests.crime_and_mystery",
            "interests",
            0.7,
            0.5,
            "known",
            share=0.8,
            books=("a", "c"),
        ),
        Trait("interests.poetry", "interests", 0.0, 0.0, "unknown"),
    )
    first, second = interest_shares(profile, NAMES, 100)
    assert first.startswith(NAMES["interests.crime_and_mystery"][:20])
    assert "80%  likes +0.70, 2 books" in first
    assert "20%  turns away -0.40, 1 book" in second
    assert second.count("▒") == round(first.count("█") / 4)


def test_the_timeline_puts_quotes_where_they_were_written() -> None:
    evidence = (
        Evidence("old", 0, 1, "a", 0.9),
        Evidence("new", 0, 1, "b", -0.9),
        Evidence("undated", 0, 1, "c", 0.5),
    )
    trait = Trait("ocean.openness", "ocean", 0.2, 0.5, "known", evidence)
    dates = {"old": datetime(2020, 1, 1, tzinfo=UTC), "new": datetime(2024, 1, 1, tzinfo=UTC)}
    axis, strip, *rest = evidence_timeline(profile_of(trait), dates, NAMES, 46)
    assert axis.split() == ["2020-01", "2024-01"]
    assert strip.removeprefix("Openness").strip() == "▲" + "·" * 18 + "▼"
    assert rest[-1] == "1 quotes from 1 undated reviews not shown."


async def test_p_opens_the_pictures_and_escape_goes_back(
    data_dir: Path, open_window: OpenWindow
) -> None:
    async with open_window(data_dir, "profile", size=(80, 24)) as window:
        await window.press("p")
        assert "Openness" in window.text("#picture-big-five")
        await window.press("right")
        assert "Stimulation" in window.text("#picture-values")
        await window.press("escape")
        assert window.screen.query("#traits")
