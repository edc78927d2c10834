"""Readers begun by hand or as a copy of another, and two readers side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import OptionList

from engine import editing
from engine.domain import Reader
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from studio.screens.compare import CompareScreen
from studio.screens.show_quotes import ShowQuotes
from studio.screens.told import Told
from tests.studio.conftest import FACE, SENTENCES, trait_of

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


def _options(window: "Window", selector: str) -> list[str]:
    options = window.screen.query_one(selector, OptionList)
    return [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]


async def test_a_trait_can_be_marked_unknown_without_a_reason_and_taken_back(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        await window.press("x", "enter")
        await window.until(lambda: not trait_of(read_dir, FACE).is_known)
        assert "You marked it unknown: nothing uses it." in window.text("#trait")
        await window.press("r")
        await window.until(lambda: trait_of(read_dir, FACE).is_known)
        assert "You marked it unknown" not in window.text("#trait")


async def test_a_reader_begun_by_hand_opens_with_everything_unknown_and_the_ways_to_fill_it(
    empty_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        await window.press("n")
        await window.click("#save")
        assert window.text("#refusal").startswith("A reader needs a name.")
        window.type_in("#blank-0", "Ana [x]")
        await window.press("enter")
        await window.until(lambda: window.app.current_mode == "profile")
        assert window.app.session.reader is not None
        assert window.app.session.reader.name == "Ana [x]"
        told = window.text("#trait")
        for way in ("o  set scores", "q  fill in", "t  make a dozen", "d  duplicate"):
            assert way in told
        await window.go_to(FACE)
        await window.press("o")
        window.type_in("#score", "0.5")
        await window.click("#set")
        await window.until(lambda: "You set +0.50." in window.text("#trait"))


async def test_a_name_that_is_taken_is_refused_in_words(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir) as window:
        await window.press("n")
        window.type_in("#blank-0", "Ana")
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, Told))
        assert window.text("#message") == "There is a reader 'Ana' already."


async def test_a_duplicate_has_what_is_known_as_the_word_of_the_editor(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir) as window:
        await window.press("d")
        window.type_in("#blank-0", "Bea")
        await window.press("enter")
        await window.until(lambda: window.app.current_mode == "profile")
        await window.go_to(FACE)
        assert "You set" in window.text("#trait")
        assert "Your reason: Cloned from Ana" in window.text("#trait")


async def test_a_reader_without_a_profile_is_not_duplicated(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir) as window:
        await window.press("down", "d")
        assert window.app.session.reader is not None
        assert window.app.session.reader.id == "jo"
        assert not window.screen.is_modal


async def test_a_reader_who_has_nothing_is_told_how_to_get_a_profile(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(read_dir) as db, change(db, "Import reviews"):
        reader_rows.add(db, Reader("kim", "Kim", "jsonl"))
    async with open_window(read_dir, "profile") as window:
        window.app.session.choose("kim")
        await window.settle()
        told = window.text("EmptyState")
        assert "Kim has no reviews and no profile yet." in told
        assert "q  fill in the questionnaire" in told
        assert window.screen.check_action("build", ()) is None


async def test_two_readers_stand_side_by_side_and_enter_shows_the_quotes_of_both(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    editing.clone_reader(read_dir, "ana", "Bea [x]")
    editing.set_trait(read_dir, "bea-x", FACE, -1.0, "I know her")
    gap = 1 + trait_of(read_dir, FACE).score
    async with open_window(read_dir, "profile", size=(80, 24)) as window:
        await window.press("equals_sign")
        assert _options(window, "#others") == ["Bea [x]  no reviews"]
        await window.press("enter")
        assert isinstance(window.screen, CompareScreen)
        lines = _options(window, "#differences")
        assert lines[0].startswith("Scores")
        assert lines[1].endswith(f"{gap:.2f}")
        assert max(map(len, lines)) <= 78
        await window.press("enter")
        assert isinstance(window.screen, ShowQuotes)
        told = window.text("#text Static")
        assert f"for +1.00  “{SENTENCES[0]}”\nBook [0]" in told
        assert "Bea [x]: -1.00\nYour own word: I know her\nNo quotes." in told
        await window.press("escape", "escape")
        assert not window.screen.is_modal


async def test_there_is_nobody_to_compare_with_while_no_other_has_a_profile(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.press("equals_sign")
        assert not window.screen.is_modal
