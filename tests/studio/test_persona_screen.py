"""The Persona screen: pairs with both personas, filters, edits with undo, a model that is asked."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input, Select

from engine.personas import editing
from engine.personas.domain import STATES
from engine.personas.map import map_path, mapped
from engine.store import personas
from engine.store.database import change, opened
from studio.app import StudioApp
from studio.screens.ask_words import AskWords
from studio.screens.choose_dataset import ChooseDataset
from studio.screens.choose_provider import ChooseProvider
from studio.screens.confirm import Confirm
from studio.screens.persona import PersonaScreen
from studio.screens.show_lines import ShowLines
from studio.widgets import persona_list
from tests.engine.persona_rows import a_check, fill_dataset, store_personas
from tests.persona_model import PLAIN, THOROUGH, Guesser, guessing
from tests.studio.conftest import HOSTILE, Window


@asynccontextmanager
async def workspace(data_dir: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Window]:
    """The Persona screen, opened by its key from the readers."""
    app = StudioApp(data_dir)
    async with app.run_test(size=size, notifications=True) as pilot:
        window = Window(app, pilot)
        await window.settle()
        await window.press("p")
        assert isinstance(window.screen, PersonaScreen)
        yield window


def check_first(data_dir: Path) -> None:
    """The first pair's chosen persona passes, the rejected one does not."""
    with opened(data_dir) as db, change(db, "Check personas"):
        personas.save_checks(
            db,
            {
                ("l00", "chosen"): a_check(PLAIN),
                ("l00", "rejected"): a_check(THOROUGH, second=False),
            },
        )


@pytest.fixture
def model() -> Iterator[Guesser]:
    with guessing(Guesser()) as guesser:
        yield guesser


async def test_without_a_dataset_it_says_how_to_bring_one_in(data_dir: Path) -> None:
    async with workspace(data_dir) as window:
        assert "Press o to open a file of them" in window.text("EmptyState")
        await window.press("escape")
        assert window.app.current_mode == "readers"


async def test_a_pair_shows_both_personas_with_their_checks(data_dir: Path) -> None:
    store_personas(data_dir)
    check_first(data_dir)
    async with workspace(data_dir) as window:
        assert "3 pairs" in window.text("#heading")
        assert "1 passed" in window.text("#heading")
        assert window.rows("#entries")[0][0] == "✓✗"
        detail = window.text("#detail")
        assert PLAIN in detail
        assert "Not passed: the judge picked the intended answer as it stood first" in detail


async def test_texts_of_anybody_are_only_text(data_dir: Path) -> None:
    store_personas(data_dir)
    editing.write_persona(data_dir, "l00", "chosen", HOSTILE)
    async with workspace(data_dir) as window:
        assert "[/INST] and [b]bold[/b]" in window.text("#detail")


async def test_the_filter_goes_through_the_states(data_dir: Path) -> None:
    store_personas(data_dir)
    check_first(data_dir)
    async with workspace(data_dir) as window:
        shown = {}
        for state in STATES:
            await window.press("f")
            shown[state] = len(window.rows("#entries"))
        assert shown == {"failed": 0, "unchecked": 2, "refuted": 1, "passed": 1}
        await window.press("f")
        assert len(window.rows("#entries")) == 3


async def test_words_find_pairs(data_dir: Path) -> None:
    """In the request, an answer or a persona; all of them, in any capitals."""
    store_personas(data_dir)
    editing.write_persona(data_dir, "l02", "chosen", "The user is a Baker and prefers bread.")
    async with workspace(data_dir) as window:
        for words, found in ("chair 1", 1), ("JOINER number", 3), ("baker", 1), ("baker 1", 0):
            await window.press("slash")
            window.type_in("#blank-0", words)
            await window.press("enter")
            assert len(window.rows("#entries")) == found
            assert words in str(window.screen.query_one("#entries").border_subtitle)
        await window.press("slash")
        window.type_in("#blank-0", "")
        await window.press("enter")
        assert len(window.rows("#entries")) == 3


async def test_a_long_list_is_told_to_be_one_page_and_turned_over(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persona_list, "MOST_ROWS", 2)
    store_personas(data_dir, 5)
    async with workspace(data_dir) as window:
        pages = [len(window.rows("#entries"))]
        assert window.text("#listed").startswith("Listed: 1 to 2 of 5. n shows the next 2")
        for _ in range(3):
            await window.press("n")
            pages.append(len(window.rows("#entries")))
        assert pages == [2, 2, 1, 2]
        await window.press("n")
        assert "chair number 2" in window.text("#detail")
        await window.press("slash")
        window.type_in("#blank-0", "number 4")
        await window.press("enter")
        assert not window.screen.query_one("#listed").display
        assert "chair number 4" in window.text("#detail")


async def test_an_edit_is_unchecked_and_undone(data_dir: Path) -> None:
    store_personas(data_dir)
    check_first(data_dir)
    async with workspace(data_dir) as window:
        await window.pilot.press("e")
        await window.until(lambda: isinstance(window.screen, AskWords))
        window.type_in("#blank-0", "The user is brief and prefers a word.")
        await window.pilot.press("enter")
        await window.until(lambda: window.rows("#entries")[0][0] == "·✗")
        assert "written by the editor" in window.text("#detail").lower()
        await window.press("u")
        await window.until(lambda: window.rows("#entries")[0][0] == "✓✗")


async def test_a_persona_is_taken_away_and_brought_back(data_dir: Path) -> None:
    store_personas(data_dir)
    async with workspace(data_dir) as window:
        await window.pilot.press("y")
        await window.until(lambda: window.rows("#entries")[0][0] == "·-")
        await window.press("u")
        await window.until(lambda: window.rows("#entries")[0][0] == "··")


async def test_a_model_infers_and_checks_from_the_window(data_dir: Path, model: Guesser) -> None:
    fill_dataset(data_dir, 2)
    async with workspace(data_dir) as window:

        def marks() -> list[str]:
            on_top = isinstance(window.screen, PersonaScreen)
            return [row[0] for row in window.rows("#entries")] if on_top else []

        await have_asked(window, "i", model)
        await window.until(lambda: marks() == ["··"] * 2)
        await have_asked(window, "k", model)
        await window.until(lambda: marks() == ["✓✓"] * 2)
        assert "4 passed" in window.text("#heading")


async def test_what_the_judges_server_refused_stands_below_the_list(
    data_dir: Path, model: Guesser
) -> None:
    """Until the next work, and not beside another dataset."""
    store_personas(data_dir, 2)
    fill_dataset(data_dir, 1, "notes")
    model.filters = "Answer 1:\nGlue the joint of chair 0"
    async with workspace(data_dir) as window:
        await have_asked(window, "k", model)
        await window.until(
            lambda: (
                isinstance(window.screen, PersonaScreen)
                and "refused a request: 2 personas" in window.text("#progress")
            )
        )
        assert window.screen.query_one("#progress").display
        await window.pilot.press("d")
        await window.until(lambda: isinstance(window.screen, ChooseDataset))
        await window.press("down", "enter")
        assert "Personas of notes" in window.text("#heading")
        assert not window.screen.query_one("#progress").display


async def have_asked(window: Window, key: str, model: Guesser) -> None:
    """Press a key that asks a model, and answer all that the window asks before it does."""
    await window.pilot.press(key)
    await window.until(lambda: isinstance(window.screen, ChooseProvider))
    window.screen.query_one("#choice", Select).value = "endpoint"
    window.type_in("#which", model.provider.removeprefix("endpoint:"))
    await window.pilot.pause()
    window.screen.query_one("#which", Input).focus()
    await window.pilot.press("enter")
    await window.until(lambda: isinstance(window.screen, AskWords))
    await window.pilot.press("enter")
    await window.until(lambda: isinstance(window.screen, Confirm))
    await window.click("#yes")


async def test_the_list_is_filtered_by_a_group_of_the_map(data_dir: Path) -> None:
    store_personas(data_dir, 6)
    found = await mapped(data_dir, "letters")
    assert len(found.groups) == 2
    editing.remove_persona(data_dir, "l00", "chosen")
    plain = next(n for n, group in enumerate(found.groups) if group.chosen)
    async with workspace(data_dir) as window:
        for _ in range(plain + 1):
            await window.press("g")
        # l00 has no plain persona any more, so that only the other group has it.
        assert len(window.rows("#entries")) == 5


async def test_the_map_is_a_picture_with_its_groups_beneath(data_dir: Path) -> None:
    store_personas(data_dir, 6)
    await mapped(data_dir, "letters")
    async with workspace(data_dir, (80, 24)) as window:
        await window.pilot.press("m")
        await window.until(lambda: isinstance(window.screen, ShowLines))
        shown = window.text("#lines Static")
        assert "█" in shown
        assert "100% served" in shown
        assert "0% failed" in shown


async def test_a_group_of_a_map_that_was_made_anew_is_filtered_by_no_more(data_dir: Path) -> None:
    store_personas(data_dir, 6)
    found = await mapped(data_dir, "letters")
    assert len(found.groups) == 2
    async with workspace(data_dir) as window:
        await window.press("g", "g")
        assert len(window.rows("#entries")) == 6
        # What a command may do meanwhile: another sentence, and a map of one group.
        editing.write_persona(data_dir, "l00", "chosen", THOROUGH)
        path = map_path(data_dir, "letters")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": [0] * 12}))
        await window.app.session.refresh()
        await window.settle()
        assert window.screen.query_one("#entries").border_subtitle == "6 of 6"
        await window.press("g", "g")
        assert window.screen.query_one("#entries").border_subtitle == "6 of 6"


async def test_a_map_that_is_made_as_another_dataset_is_opened_stays_its_own(
    data_dir: Path,
) -> None:
    store_personas(data_dir, 6)
    fill_dataset(data_dir, 2, "notes")
    async with workspace(data_dir) as window:
        await window.pilot.press("m", "d")
        await window.until(lambda: isinstance(window.screen, ChooseDataset))
        await window.press("down", "enter")
        assert "Personas of notes" in window.text("#heading")
        await window.until(map_path(data_dir, "letters").exists)
        assert isinstance(window.screen, PersonaScreen)
        await window.press("g")
        assert len(window.rows("#entries")) == 2
