"""The second screen: traits with their evidence, and the editor's own scores."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import OptionList, Select, Static

from engine import desk
from models.events import Event, Step
from studio.screens.confirm import Confirm
from studio.screens.show_review import ShowReview
from studio.widgets.trait_tree import TraitTree
from tests.studio.conftest import trait_of

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


def _lines(window: "Window") -> list[str]:
    """The lines of the tree as they stand on the screen."""
    tree = window.screen.query_one(TraitTree)
    return [tree.render_line(y).text.rstrip() for y in range(tree.size.height)]


def _line(window: "Window", beginning: str) -> str:
    return next(line for line in _lines(window) if beginning in line)


async def _go_to(window: "Window", name: str) -> None:
    """Move the cursor down to the line with this name."""
    lines = [line for line in _lines(window) if line.strip()]
    at = next(number for number, line in enumerate(lines) if name in line)
    cursor = window.screen.query_one(TraitTree).cursor_line
    await window.press(*["down"] * (at - cursor))


async def test_unknown_and_off_are_said_in_words(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "profile") as window:
        assert _line(window, "Age").endswith("unknown")
        assert _line(window, "Traditional").endswith("off (sensitive)")
        assert _line(window, "Work").endswith("teacher")


async def test_a_line_shows_bar_score_and_confidence_within_the_columns(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile", size=(80, 24)) as window:
        assert _line(window, "Power distance").endswith("··█│··· -0.35  44%")
    async with open_window(data_dir, "profile", size=(120, 40)) as window:
        assert _line(window, "Power distance").endswith("···█│···· -0.35  44%")


async def test_facets_and_statements_unfold_under_their_dimension(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        assert not any("Imagination" in line for line in _lines(window))
        await _go_to(window, "Openness")
        await window.press("space")
        assert _line(window, "Imagination").endswith("+0.70  40%")


async def test_an_override_wins_is_starred_and_can_be_taken_back(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await _go_to(window, "Power distance")
        await window.press("o")
        window.type_in("#score", "0,4")
        window.type_in("#reason", "I know her [well]")
        await window.press("tab", "enter")
        await window.until(lambda: "+0.40" in _line(window, "Power distance*"))
        assert "From the reviews: ···█│···· -0.35" in window.text("#trait")
        assert "Your reason: I know her [well]" in window.text("#trait")
        trait = trait_of(data_dir, "hofstede.power_distance")
        assert (trait.score, trait.effective_score) == (-0.35, 0.4)
        await window.press("r")
        await window.until(lambda: "-0.35" in _line(window, "Power distance"))


async def test_a_score_outside_the_scale_is_refused(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await _go_to(window, "Power distance")
        await window.press("o")
        window.type_in("#score", "7 [x]")
        await window.click("#set")
        assert window.text("#refusal") == "A score is a number from -1 to 1, not '7 [x]'."


async def test_enter_on_a_quote_opens_the_review_with_the_span_marked(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await _go_to(window, "Power through")
        quotes = window.screen.query_one("#quotes", OptionList)
        assert quotes.option_count == 2
        await window.press("tab", "down", "enter")
        assert isinstance(window.screen, ShowReview)
        assert "Quote 1 of 1: against (-0.80)" in window.text("#told")
        assert "and \u203athinks he bought their souls\u2039. I finished" in window.text("#words")


async def test_sensitive_items_are_switched_on_only_after_the_explanation(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "profile") as window:
        await window.press("s", "escape")
        assert desk.sensitive_allowed(data_dir, "ana") is False
        await window.press("s")
        await window.click("#yes")
        await window.until(lambda: desk.sensitive_allowed(data_dir, "ana"))


async def test_building_shows_how_far_it_is_and_escape_cancels_it(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    closed = asyncio.Event()

    async def events() -> AsyncGenerator[Event, None]:
        try:
            yield Step(3, 12, "reading [b] reviews")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with open_window(data_dir, "profile", size=(80, 24)) as window:
        window.app.session.tracker.watch("profile:ana", "Profile of Ana", events())
        await window.until(lambda: "3 of 12" in window.text("WorkLine"))
        assert "3 of 12, reading [b] reviews (esc cancels)" in window.text("WorkLine")
        await window.press("2", "escape")
        await asyncio.wait_for(closed.wait(), 5)
        await window.until(lambda: not window.screen.query_one("WorkLine").display)


async def test_a_reader_without_a_profile_is_told_to_build_one(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "2")
        assert "Press b to build the profile of Jo [x]." in window.text("EmptyState")


async def test_what_a_chat_model_costs_is_told_before_it_is_asked(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    """Nothing listens at that address, and nothing has to: the editor cancels."""
    async with open_window(data_dir, "profile") as window:
        await window.press("b")
        window.screen.query_one("#choice", Select).value = "endpoint"
        await window.settle()
        window.type_in("#which", "http://127.0.0.1:9/v1#some-model")
        await window.click("#build")
        await window.until(lambda: isinstance(window.screen, Confirm))
        told = " ".join(str(part.render()) for part in window.screen.query(Static))
        assert "requests" in told
        assert "tokens to read" in told
        await window.press("escape")
        assert not window.app.session.tracker.is_going_on("profile:ana")
