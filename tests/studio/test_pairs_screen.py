"""The third screen: finding, reading, correcting and undoing pairs."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Button, Checkbox, OptionList, TextArea

from engine import desk, workbench
from engine.domain import PreferencePair
from engine.store import pairs as pair_rows
from engine.store.authors import login
from engine.store.database import change, opened
from studio.screens.ask_which import AskWhich
from studio.widgets.pair_list import MOST_KEPT, PairList
from tests.studio.conftest import HOSTILE, PAIRS

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


def _first(data_dir: Path) -> PreferencePair:
    return desk.pairs(data_dir, "ana")[0]


def _marks(window: "Window") -> list[str]:
    """The five signs of each line: accepted or dropped, flagged, edited, held out, imported."""
    return [line[3:8] for line in window.pairs]


async def test_counts_tell_what_is_shown_selected_and_trained_on(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        first, second = window.text("#counts").split("\n")
        assert first == (
            "Shown 3/3, selected 0, train 2, held out 1, accepted 0, flagged 0, dropped 0"
        )
        assert second.startswith("values 3. No pair from statements or questions: ")
        assert second.endswith(" unknown")
        assert _marks(window) == ["·····", "·····", "···h·"]


async def test_the_pane_says_why_the_sides_are_as_they_are(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[0], stance=-0.62, evidence=("r1", "r2"))])
    async with open_window(data_dir, "pairs") as window:
        assert window.text("#why") == (
            "Because of: Power through resources -0.62, 2 reviews (v)  From: scenario.1"
        )


async def test_drop_swap_undo_and_redo_change_the_stored_pair(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        before = _first(data_dir)
        await window.press("d")
        assert _first(data_dir).dropped
        assert _marks(window)[0] == "d····"
        await window.press("d", "x")
        assert _first(data_dir).chosen == before.rejected
        await window.press("u")
        assert _first(data_dir) == before
        await window.press("ctrl+r")
        assert _first(data_dir).chosen == before.rejected
        assert window.text("#chosen") == before.rejected
        assert _marks(window)[0] == "··e··"


async def test_acts_on_a_selection_are_one_change(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("shift+down", "a")
        assert _marks(window) == ["a····", "a····", "···h·"]
        await window.press("I", "f")
        assert _marks(window) == ["a····", "a····", "·f·h·"]
        assert " selected 1, " in window.text("#counts")
        await window.press("u", "u")
        assert [pair.accepted or pair.flagged for pair in desk.pairs(data_dir, "ana")] == [
            False
        ] * 3


async def test_shift_selects_what_the_cursor_passes_and_gives_it_back(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        await window.press("down", "shift+down", "shift+down", "shift+up")
        assert shown.selected == {"p2", "p3"}
        await window.press("down", "space")
        assert shown.selected == {"p2", "p3", "q000"}
        await window.press("escape")
        assert not shown.selected
        await window.press("shift+end")
        assert len(shown.selected) == 300 - 4
        await window.press("ctrl+a", "I")
        assert len(shown.selected) == 0


async def test_what_is_selected_and_not_shown_is_counted(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        await window.press("space")
        await window.find("lamp")
        assert "Shown 297/300, selected 1 (1 not shown), " in window.text("#counts")


async def test_pages_are_read_as_they_come_into_view(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        assert len(shown.kept_ids) < 100
        await window.press("end")
        assert "Lamp 296 is lit" in window.pairs[-1]
        assert window.text("#chosen") == "Lamp 296 is lit."
        await window.press("home", "pagedown", "pagedown")
        assert all("Lamp" in line for line in window.pairs)


async def test_what_is_in_view_is_kept_however_much_was_read(
    many_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(many_dir, "pairs") as window:
        shown = window.screen.query_one(PairList)
        far = [replace(PAIRS[0], id=f"far{n}") for n in range(MOST_KEPT)]
        shown.keep(far)
        await window.settle()
        assert len(shown.kept_ids) < MOST_KEPT
        assert set(shown.in_view) <= set(shown.kept_ids)


async def test_more_like_it_ranks_the_others(data_dir: Path, open_window: "OpenWindow") -> None:
    other = replace(PAIRS[0], chosen="Buppha keeps bees.", rejected="Buppha sells honey.")
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(other, id="p8"), replace(other, id="p9")])
    async with open_window(data_dir, "pairs") as window:
        await window.press("end", "m")
        assert window.screen.query_one(PairList).current_id == "p9"
        assert "Buppha" in window.pairs[0]
        assert "Buppha" in window.pairs[1]


async def test_an_edit_in_place_is_saved_and_marked(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await window.press("e")
        window.screen.query_one("#edit-chosen", TextArea).text = "She [b] keeps it."
        await window.press("ctrl+s")
        await window.until(lambda: _first(data_dir).edited)
        assert window.text("#chosen") == "She [b] keeps it."
        assert _marks(window)[0] == "··e··"
        assert isinstance(window.screen.focused, PairList)


async def test_words_are_not_thrown_away_by_one_key(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        before = _first(data_dir)
        await window.press("e", *"new words ", "escape")
        assert isinstance(window.screen, AskWhich)
        await window.press("escape")
        field = window.screen.query_one("#edit-chosen", TextArea)
        assert field.text == f"new words {before.chosen}"
        await window.press("escape", "d")
        assert window.text("#chosen") == before.chosen
        await window.press("e", "escape")
        assert _first(data_dir) == before
        assert isinstance(window.screen.focused, PairList)


async def test_an_empty_answer_is_refused_and_nothing_changes(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        before = _first(data_dir)
        await window.press("e")
        window.screen.query_one("#edit-rejected", TextArea).text = "  "
        await window.press("ctrl+s")
        assert window.text("#refusal").startswith("The rejected text cannot be empty.")
        assert _first(data_dir) == before


async def test_building_asks_for_tracks_and_answers(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("b")
        for track in ("interests", "values", "descriptions"):
            window.screen.query_one(f"#{track}", Checkbox).value = False
        await window.press("enter")
        await window.until(lambda: _first(data_dir).track == "personality")
        assert {pair.track for pair in desk.pairs(data_dir, "ana")} == {"personality"}
        assert "personality" in window.text("#counts")
        await window.press("u")
        assert [pair.id for pair in desk.pairs(data_dir, "ana")] == ["p1", "p2", "p3"]
        assert window.text("#counts").startswith("Shown 3/3,")


async def test_no_track_at_all_is_refused(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "pairs") as window:
        await window.press("b")
        for box in window.screen.query(Checkbox):
            box.value = False
        await window.press("enter")
        assert window.text("#refusal") == "Tick at least one track."


async def test_evidence_opens_the_review_with_its_marks(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[0], stance=-0.6, evidence=("r2", "r1"))])
    async with open_window(data_dir, "pairs") as window:
        await window.press("v")
        reviews = window.screen.query_one("#reviews", OptionList)
        assert "lunch with the poor dad" in str(reviews.get_option_at_index(0).prompt)
        await window.press("down", "enter")
        assert "\u203athinks he bought their souls\u2039" in window.text("#words")
        await window.press("escape", "escape")
        assert isinstance(window.screen.focused, PairList)


async def test_the_journal_shows_old_and_new_text(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    desk.edit_pair(data_dir, "p1", chosen=HOSTILE)
    workbench.act(data_dir, "flag", ["p1", "p2"])
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await window.press("j")
        head, _, told = window.text("#told").partition("\n")
        assert head.startswith(f"{login()}, ")
        assert head.endswith(", 2 pairs")
        assert told == "p1\nflagged\n"
        await window.press("down")
        assert "chosen after: He says [/INST] and [b]bold[/b]" in window.text("#told")
        await window.press("a")
        assert "p2\nflagged" in window.text("#told")
        await window.press("escape")
        assert isinstance(window.screen.focused, PairList)


async def test_a_refused_rewrite_keeps_nothing(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "pairs", size=(80, 24)) as window:
        await window.press("w", "ctrl+s")
        assert window.text("#refusal").startswith("There is no new text yet")
        window.type_in("#provider", "endpoint:nope")
        await window.press(*"warmer", "enter")
        await window.until(lambda: "No endpoint 'nope'" in window.text("#refusal"))
        assert window.screen.query_one("#keep", Button).disabled
        await window.press("escape")
        assert _first(data_dir) == PAIRS[0]


async def test_a_change_by_another_window_is_seen_after_the_next_change_here(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "pairs") as window:
        await asyncio.to_thread(workbench.act, data_dir, "flag", ["p2"])
        await window.press("a")
        assert _marks(window)[:2] == ["a····", "·f···"]


async def test_a_reader_without_a_profile_is_sent_to_build_one(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "3")
        assert "Press 2 to build the profile of Jo [x] first." in window.text("EmptyState")
