"""A review with a trait's quotes marked, what a trait would be without it, and forgetting it."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine import desk, editing
from engine.domain import Review
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from studio.screens.influence import InfluenceScreen
from studio.screens.show_forgotten import ShowForgotten
from studio.screens.show_review import ShowReview
from tests.studio.conftest import FACE, FOUND, HEDONISM, SENTENCES, a_finding, trait_of

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow


async def test_influence_lists_the_most_moving_review_first_and_opens_it(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile", size=(80, 24)) as window:
        await window.go_to(HEDONISM)
        await window.press("i")
        assert isinstance(window.screen, InfluenceScreen)
        expected = editing.influence(read_dir, "ana", HEDONISM)
        titles = {"r1": "Book [1]", "r2": "Book [2]"}
        rows = window.rows("#influence")
        assert [row[0] for row in rows] == [titles[one.review_id] for one in expected]
        assert rows[0][1].endswith(f"{expected[0].score:+.2f}")
        assert rows[0][3] == f"moves it {expected[0].change:.2f}"
        await window.press("enter")
        assert isinstance(window.screen, ShowReview)
        await window.press("escape", "escape")
        assert not window.screen.is_modal


async def test_a_review_without_which_the_trait_is_unknown_is_said_to_carry_it(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        await window.press("i")
        assert window.rows("#influence") == [["Book [0]", "unknown", "", "carries it"]]


async def test_a_trait_that_no_review_bears_on_has_nothing_to_list(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to("schwartz.stimulation")
        await window.press("i")
        assert not window.screen.is_modal


async def test_the_review_marks_each_side_by_signs_of_its_own_and_n_goes_on(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        await window.press("tab", "enter")
        one, shame, two = SENTENCES
        marked = f"»{one}« \u203a{shame}\u2039 »{two}«"
        assert window.text("#words") == marked
        assert "Quote 1 of 3: for (+1.00)" in window.text("#told")
        await window.press("n")
        assert "Quote 2 of 3: against (-0.40)" in window.text("#told")
        await window.press("p", "p")
        assert "Quote 3 of 3: for (+0.90)" in window.text("#told")


async def test_jumping_scrolls_to_the_quote(read_dir: Path, open_window: "OpenWindow") -> None:
    filler = "It goes on about the weather for a while. " * 60
    text = f"{SENTENCES[0]} {filler}{SENTENCES[2]}"
    found = [a_finding(FACE, "r5", text, quote, 1.0) for quote in (SENTENCES[0], SENTENCES[2])]
    with opened(read_dir) as db, change(db, "Import reviews"):
        reader_rows.save(db, [], [], [Review("r5", "ana", "b1", text)])
        finding_rows.save(db, "ana", [*FOUND, *found])
        profile = profile_rows.built(db, "ana")
    entry = next(entry for entry in desk.reviews(read_dir, "ana") if entry[0].id == "r5")
    async with open_window(read_dir, "profile", size=(80, 24)) as window:
        trait = trait_of(read_dir, FACE)
        review = ShowReview(window.app.session, profile, trait, "Face", entry)
        window.app.push_screen(review)
        await window.settle()
        assert review.text.scroll_y == 0
        await window.press("n")
        assert review.text.scroll_y == review.text.max_scroll_y > 10


async def test_forgetting_says_what_goes_and_then_what_changed_and_what_still_carries_it(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile", size=(80, 24)) as window:
        await window.go_to(FACE)
        await window.press("i", "enter", "f")
        goes = " ".join(window.text("Static").split())
        assert "This review of Book [0] and 3 quotes that 3 traits took from it" in goes
        assert "deleted for good" in goes
        await window.click("#yes")
        await window.until(lambda: isinstance(window.screen, ShowForgotten))
        told = window.text("#told")
        assert "traits changed without the review of Book [0]" in told
        assert "→ unknown  Face" in told
        assert "still rest on what it told" in told
        await window.press("escape")
        assert not window.screen.is_modal
        assert "From the reviews: unknown." in window.text("#trait")
        assert [review.id for review, _ in desk.reviews(read_dir, "ana")] == ["r1", "r2"]


async def test_forgetting_can_be_thought_better_of(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(read_dir, "profile") as window:
        await window.go_to(FACE)
        await window.press("tab", "enter", "f", "escape")
        assert isinstance(window.screen, ShowReview)
        assert len(desk.reviews(read_dir, "ana")) == 3


async def test_enter_opens_the_quote_from_the_words_above_it_too(
    read_dir: Path, open_window: "OpenWindow"
) -> None:
    reason = "because " * 60
    editing.set_trait(read_dir, "ana", FACE, 0.5, reason)
    async with open_window(read_dir, "profile", size=(80, 24)) as window:
        await window.go_to(FACE)
        await window.press("tab")
        assert window.screen.focused is not None
        assert window.screen.focused.id == "words"
        await window.press("enter")
        assert isinstance(window.screen, ShowReview)
