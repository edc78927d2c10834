"""The profile screen: what is told of a trait, and the editor's own word on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Footer, Tree

from engine import editing
from engine.domain import Reading, Suggestion
from engine.store import readings as reading_rows
from engine.store import suggestions as suggestion_rows
from engine.store.database import change, opened
from tests.studio.conftest import FACE, HEDONISM, READ_AT, trait_of

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


def _add_readings(data_dir: Path, readings: Mapping[str, Reading]) -> None:
    with opened(data_dir) as db, change(db, "Fill in the questionnaire"):
        reading_rows.replace_readings(db, "ana", "questionnaire", readings)


async def test_accepting_a_trait_keeps_it_beside_the_score_of_the_machine(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        await window.press("a")
        await window.until(lambda: trait_of(read_dir, FACE).override is not None)
        score = trait_of(read_dir, FACE).score
        assert f"You accepted {score:+.2f}; it stays" in window.text("#trait")
        assert f"{score:+.2f}, confidence" in window.text("#trait")
        await window.press("u")
        await window.until(lambda: "You accepted" not in window.text("#trait"))
        assert trait_of(read_dir, FACE).override is None


async def test_a_fact_is_set_by_its_value_and_not_without_one(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to("demographics.location")
        await window.press("o")
        await window.click("#save")
        assert window.text("#refusal").startswith("Give the fact in a few words")
        window.type_in("#blank-0", "Recife [x]")
        window.type_in("#blank-1", "she told me")
        await window.click("#save")
        await window.until(lambda: "You set Recife [x]. It wins." in window.text("#trait"))
        assert "Your reason: she told me" in window.text("#trait")
        assert trait_of(read_dir, "demographics.location").effective_value == "Recife [x]"


async def test_what_would_change_nothing_is_not_offered(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to("schwartz.stimulation")
        offered = {
            word: window.screen.check_action("word", (word,))
            for word in ("accept", "set", "unknown", "clear")
        }
        assert offered == {"accept": None, "set": True, "unknown": True, "clear": None}


async def test_the_questionnaire_stands_beside_the_reviews_and_the_gap_is_said(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    note = "4 of 4 items [x], 61 on the norms."
    _add_readings(read_dir, {"schwartz.face": Reading("questionnaire", 0.9, 0.8, note, READ_AT)})
    score = trait_of(read_dir, "schwartz.face").score
    async with open_window(read_dir, "profile") as window:
        await window.go_to("schwartz.face")
        told = window.text("#trait")
        assert f"{score:+.2f}, confidence" in told
        assert "From the questionnaire: ····│████ +0.90, confidence 80%" in told
        assert f"{note} (2024-05-17)" in told
        assert f"! Sources disagree by {0.9 - score:.2f}. What counts: the questionnaire." in told


async def test_a_trait_that_one_review_carries_names_its_book(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        assert "Rests on one review: Book [0]" in window.text("#trait")
        await window.go_to(HEDONISM)
        assert "Rests on one review" not in window.text("#trait")


async def test_an_interest_tells_its_share_and_its_books(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to("interests.poetry")
        told = window.text("#trait")
        assert "100% of what was read, by liking and recency." in told
        assert "3 books behind it: Book [" in told


async def test_the_country_is_a_line_of_its_own_and_not_the_person(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    editing.set_trait(read_dir, "ana", "demographics.location", None, value="Recife")
    async with open_window(read_dir, "profile") as window:
        await window.go_to("hofstede.power_distance")
        told = window.text("#trait")
        assert "From the reviews: unknown." in told
        assert "Country, not person: Brazil 69 of 100 (data of 2015)." in told


async def test_the_groups_of_values_say_what_the_whole_shows(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        groups = {str(node.label): node for node in window.screen.query_one(Tree).root.children}
        window.screen.query_one(Tree).move_cursor(groups["Values: Schwartz"])
        await window.settle()
        assert "2 of 19 values are known" in window.text("#trait")
        window.screen.query_one(Tree).move_cursor(groups["Values: Hofstede"])
        await window.settle()
        assert "No country prior: this reader states no place" in window.text("#trait")


@pytest.mark.parametrize(("key", "value"), [("y", "woman"), ("n", None)])
async def test_a_guess_counts_only_when_it_is_confirmed(
    key: str, value: str | None, read_dir: Path, open_window: "OpenWindow"
) -> None:
    accuracy = "0.695 on held-out blogs"
    guess = Suggestion("demographics.gender", "woman", 0.83, "some/model", accuracy, READ_AT)
    with opened(read_dir) as db, change(db, "Let a classifier guess"):
        suggestion_rows.save(db, "ana", guess)
    async with open_window(read_dir, "profile") as window:
        await window.go_to("demographics.gender")
        told = window.text("#trait")
        assert "A guess, used nowhere: woman?" in told
        assert "some/model gives it 83%; right in about 7 of 10 cases" in told
        assert trait_of(read_dir, "demographics.gender").effective_value is None
        await window.press(key)
        await window.until(lambda: "A guess" not in window.text("#trait"))
        assert trait_of(read_dir, "demographics.gender").effective_value == value


async def test_the_cursor_shows_the_same_trait_of_the_reader_that_was_chosen_since(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    editing.clone_reader(read_dir, "ana", "Bea")
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        assert "Rests on one review" in window.text("#trait")
        window.app.session.choose("bea")
        await window.settle()
        assert "Cloned from Ana" in window.text("#trait")
        assert "Rests on one review" not in window.text("#trait")


@pytest.mark.parametrize("step", ["profile", "readers"])
async def test_the_keys_fit_the_foot_of_the_screen_on_any_line(
    step: str, read_dir: Path, open_window: "OpenWindow"
) -> None:
    editing.mark_unknown(read_dir, "ana", FACE)
    async with open_window(read_dir, step, size=(80, 24)) as window:
        if step == "profile":
            await window.go_to(FACE)
        assert window.screen.query_one(Footer).virtual_size.width <= 80
