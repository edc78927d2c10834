"""Cards that the editor rewrites: kept, told to be stale, undone, and given to every model."""

from pathlib import Path

import pytest

from engine import desk
from engine.cards import card, edit_card, reset_card
from engine.domain import PreferencePair
from engine.preview import messages_for
from engine.profile.card import card_of
from engine.store import cards as card_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from engine.train.config import config_for
from engine.training_input import training_input
from models.errors import BadInput
from tests.engine.conftest import a_profile, fill, known

POETRY, HORROR = known("interests.poetry", 0.7), known("interests.horror", -0.7)
WORDS = "The reader loves a poem.\nSeeks out: verse."


@pytest.fixture
def filled(data_dir: Path) -> Path:
    fill(data_dir, a_profile(POETRY))
    return data_dir


def test_the_card_shown_is_the_profiles_own_until_it_is_edited(filled: Path) -> None:
    shown = card(filled, "ann")
    assert shown.text == "Seeks out: poetry."
    assert (shown.edited_text, shown.is_stale) == (None, False)
    edited = edit_card(filled, "ann", f"\n{WORDS}  \r\n")
    assert edited == card(filled, "ann")
    assert edited.text == WORDS
    assert edited.card.text == "Seeks out: poetry."
    assert not edited.is_stale
    assert reset_card(filled, "ann") == shown


def test_an_edited_card_is_stale_once_the_profiles_own_has_changed(filled: Path) -> None:
    edit_card(filled, "ann", WORDS)
    with opened(filled) as db, change(db, "Build a profile"):
        profile_rows.save(db, a_profile(POETRY, HORROR))
    shown = card(filled, "ann")
    assert shown.is_stale
    assert shown.text == WORDS
    assert not edit_card(filled, "ann", WORDS).is_stale


def test_another_task_or_budget_makes_no_edited_card_stale(filled: Path) -> None:
    edit_card(filled, "ann", WORDS)
    assert not card(filled, "ann", "choose", 40).is_stale


def test_the_profiles_own_words_are_no_edit(filled: Path) -> None:
    edit_card(filled, "ann", WORDS)
    assert edit_card(filled, "ann", "Seeks out: poetry.\n").edited_text is None


def test_editing_and_resetting_can_be_undone(filled: Path) -> None:
    edit_card(filled, "ann", WORDS)
    reset_card(filled, "ann")
    desk.undo(filled)
    assert card(filled, "ann").text == WORDS
    desk.undo(filled)
    assert card(filled, "ann").edited_text is None


@pytest.mark.parametrize("text", ["", " \n\t\n", "x" * 20_001])
def test_a_text_that_is_no_card_is_refused(filled: Path, text: str) -> None:
    with pytest.raises(BadInput, match="profile card"):
        edit_card(filled, "ann", text)
    assert card(filled, "ann").edited_text is None


def test_a_text_over_the_budget_is_taken_and_said_to_be(filled: Path) -> None:
    shown = edit_card(filled, "ann", "poetry " * 301)
    assert shown.tokens == 301
    assert shown.is_over_budget
    assert not card(filled, "ann", budget=400).is_over_budget


def test_a_reader_without_a_profile_is_told_to_build_one(filled: Path) -> None:
    for ask in (card, reset_card):
        with pytest.raises(BadInput, match="no profile yet"):
            ask(filled, "bo")


def test_previews_and_training_read_the_edited_card(filled: Path) -> None:
    pair = PreferencePair("p1", "ann", "values", "t", "t.1", "Which?", "This.", "That.", "scene.1")
    with opened(filled) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", [pair])
    book, config = desk.books(filled)[0], config_for("quick", "embedded", {})
    before, files_before = training_input(filled, ["ann"], config)
    assert "Seeks out: poetry." in files_before["cards.json"]
    assert "Seeks out: poetry." in messages_for(filled, "ann", book)[0].content

    edit_card(filled, "ann", WORDS)
    after, files_after = training_input(filled, ["ann"], config)
    assert "loves a poem" in files_after["cards.json"]
    assert WORDS in messages_for(filled, "ann", book)[0].content
    assert before["fingerprint"] != after["fingerprint"]


def test_forgetting_a_reader_forgets_the_card(filled: Path) -> None:
    edit_card(filled, "ann", WORDS)
    desk.forget(filled, "ann")
    with opened(filled) as db:
        assert card_rows.find(db, "ann") is None


def test_the_text_given_to_models_is_the_default_card(filled: Path) -> None:
    with opened(filled) as db:
        profile = profile_rows.built(db, "ann")
        assert card_rows.conditioning_text(db, profile) == card_of(profile).text
