"""The profile card in the window: read, rewrite, reset."""

from pathlib import Path

import pytest
from textual.widgets import TextArea

from engine import cards, desk
from studio.screens.ask_which import AskWhich
from studio.screens.profile import ProfileScreen
from studio.screens.profile_card import ProfileCard
from tests.studio.conftest import OpenWindow


async def test_c_shows_the_card_with_its_tokens_and_what_was_left_out(
    data_dir: Path, open_window: OpenWindow
) -> None:
    async with open_window(data_dir, "profile", size=(80, 24)) as window:
        await window.press("c")
        shown = cards.card(data_dir, "ana")
        assert window.screen.query_one("#card", TextArea).text == shown.text
        assert window.text("#tokens") == f"{shown.tokens} of 300 tokens."
        assert "Left out:" in window.text("#reasons")
        assert "unknown:" in window.text("#reasons")


async def test_a_rewritten_card_is_what_models_are_given_until_it_is_reset(
    data_dir: Path, open_window: OpenWindow
) -> None:
    own = cards.conditioning_text(data_dir, "ana")
    async with open_window(data_dir, "profile") as window:
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = "Likes [b]long[/b] sea stories."
        await window.settle()
        assert window.text("#tokens").endswith("not saved yet.")
        await window.press("ctrl+s")
        assert cards.conditioning_text(data_dir, "ana") == "Likes [b]long[/b] sea stories."
        await window.press("c")
        assert "yours" in window.text("#tokens")
        await window.press("ctrl+o")
        assert cards.conditioning_text(data_dir, "ana") == own


@pytest.mark.parametrize("key", ["escape", "ctrl+o"])
async def test_typed_words_are_asked_about_before_they_are_lost(
    data_dir: Path, open_window: OpenWindow, key: str
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = "something [else]"
        await window.press(key)
        assert isinstance(window.screen, AskWhich)
        await window.press("escape")
        assert window.screen.query_one("#card", TextArea).text == "something [else]"
        await window.press(key, "d")
        assert isinstance(window.screen, ProfileScreen)
        assert cards.card(data_dir, "ana").edited_text is None


async def test_words_are_stored_on_the_way_out_and_nothing_is_asked_where_none_were_typed(
    data_dir: Path, open_window: OpenWindow
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("c", "escape")
        assert isinstance(window.screen, ProfileScreen)
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = "Likes ships."
        await window.press("escape", "s")
        assert isinstance(window.screen, ProfileScreen)
        assert cards.card(data_dir, "ana").edited_text == "Likes ships."
        assert [str(toast.message) for toast in window.app._notifications] == [
            "Every model of this reader is given the new card."
        ]


async def test_a_text_that_is_refused_on_the_way_out_stays_to_be_mended(
    data_dir: Path, open_window: OpenWindow
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = " "
        await window.press("escape", "s")
        assert "cannot be empty" in window.text("#message")
        await window.press("escape")
        assert isinstance(window.screen, ProfileCard)


async def test_closing_the_window_asks_about_the_card_too(
    data_dir: Path, open_window: OpenWindow
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = "Likes ships."
        await window.press("ctrl+q")
        assert isinstance(window.screen, AskWhich)
        await window.press("s")
        await window.until(lambda: cards.card(data_dir, "ana").edited_text == "Likes ships.")


async def test_an_empty_card_is_refused_with_the_way_to_do_without(
    data_dir: Path, open_window: OpenWindow
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = "  \n "
        await window.press("ctrl+s")
        assert "cannot be empty" in window.text("#message")
        assert "the pane “Base, without the profile”" in window.text("#hint")


async def test_saving_a_card_can_be_undone(data_dir: Path, open_window: OpenWindow) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("c")
        window.screen.query_one("#card", TextArea).text = "Likes ships."
        await window.press("ctrl+s")
    assert desk.undo(data_dir) is not None
    assert cards.card(data_dir, "ana").edited_text is None
