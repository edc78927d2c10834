"""One prompt of a dataset answered for two people side by side: what a persona changes, to be read.

Nothing is kept and nothing is judged; `persona evaluate` does that.
"""

import asyncio
from contextlib import aclosing
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static

from engine.domain import PreferenceExample
from engine.panes import Pane
from engine.preview import DEFAULT_SAMPLING
from engine.tailoring.asking import (
    NAMED,
    Asked,
    TailoredBench,
    TailoredPane,
    asked_of,
)
from engine.tailoring.speakers import Speaker, speakers
from models.errors import UserError
from studio.screens.ask_words import AskWords, Blank
from studio.session import Session
from studio.text import one_line, visible
from studio.widgets.answer_pane import AnswerPane

NARROW = 100
"""Columns under which the panes stand one above the other."""
BEGIN = "Press g to have both answered."
TITLES = {
    "chosen": "For whom the chosen answer suits",
    "rejected": "For whom the rejected answer suits",
    "none": "For nobody in particular",
    "retrieved-chosen": "For the nearest prompt's chosen side",
    "retrieved-rejected": "For the nearest prompt's rejected side",
}


class PersonaAnswers(Screen[None]):
    """Two panes for two personas; a model is chosen, and either persona may be another."""

    CSS_PATH = "persona_answers.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="answers.back", tooltip="Back to the pairs"),
        Binding("g", "generate", "Generate", id="answers.generate", tooltip="Answer for both"),
        Binding("m", "model", "Model", id="answers.model", tooltip="Take the next model"),
        Binding("e", "write(0)", "First", id="answers.left", tooltip="Change the first persona"),
        Binding("r", "write(1)", "Second", id="answers.right", tooltip="Change the second persona"),
        Binding("s", "stop", "Stop", id="answers.stop", tooltip="Stop answering"),
    ]
    heading = getters.query_one("#heading", Static)
    panes = getters.query_one("#panes", Container)

    def __init__(self, session: Session, example: PreferenceExample) -> None:
        super().__init__()
        self._session = session
        self._example = example
        self._asked: Asked | None = None
        self._models: list[Speaker] = []
        self._at = 0
        """Of the model that answers."""
        self._whose = ["chosen", "rejected"]

    def compose(self) -> ComposeResult:
        yield Static("", id="heading", markup=False)
        yield Static("", id="prompt", markup=False)
        yield Container(id="panes")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#prompt", Static).update(one_line(self._example.prompt, 400))
        self._load()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Of the two that take turns one takes room in the footer.
        if action in ("generate", "stop") and (action == "stop") != self._is_answering:
            return False
        possible = {"model": len(self._models) > 1, "generate": bool(self._models)}
        return True if possible.get(action, True) else None

    @property
    def _is_answering(self) -> bool:
        workers = (one for one in self.app.workers if one.node is self and one.group == "answer")
        return any(not worker.is_finished for worker in workers)

    def on_worker_state_changed(self) -> None:
        self.refresh_bindings()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        """The models that can answer, the newest tuned one first; both sides' personas."""
        dataset = self._example.dataset_id
        with self._session.errors_told():
            self._asked = await self._session.ask(asked_of, dataset, self._example.id, None)
            found = await self._session.ask(speakers, dataset)
            tuned = [one for one in found if one.name.startswith("train-")]
            self._models = [*tuned, *(one for one in found if one not in tuned)]
            known = self._asked.case.personas if self._asked.case else {}
            self._whose = [name if name in known else "none" for name in ("chosen", "rejected")]
            await self._lay_out()

    async def _lay_out(self) -> None:
        model = self._models[self._at]
        self.heading.update(f"Answers for two: {model.title} ({one_line(model.name, 60)})")
        self._stop_all()
        await self.panes.remove_children()
        known = self._asked.case.personas if self._asked and self._asked.case else {}
        for number, whose in enumerate(self._whose):
            persona = next((text for side, text in known.items() if side == whose), whose)
            detail = "Nothing is known of whoever asks." if whose == "none" else persona
            title = TITLES.get(whose, "For whom you wrote")
            widget = AnswerPane(Pane(str(number), title, model.title, model.provider))
            told = Static(visible(detail), classes="persona", markup=False)
            await self.panes.mount(Vertical(told, widget))
            widget.query_one("#answer", Static).update(BEGIN)
        self.refresh_bindings()

    def action_close(self) -> None:
        self._stop_all()
        self.dismiss()

    def action_stop(self) -> None:
        self._stop_all()

    def _stop_all(self) -> None:
        self.workers.cancel_group(self, "answer")

    @work(group="load", exclusive=True)
    async def action_model(self) -> None:
        self._at = (self._at + 1) % len(self._models)
        await self._lay_out()

    @work(group="write", exclusive=True)
    async def action_write(self, number: int) -> None:
        told = f"A sentence on whoever asks, or one of {', '.join(NAMED)}."
        question = AskWords("Whose answer?", told, [Blank("Persona", self._whose[number], told)])
        words = await self.app.push_screen_wait(question)
        if words is not None:
            self._whose[number] = words[0]
            await self._lay_out()

    @work(group="answer", exclusive=True)
    async def action_generate(self) -> None:
        """Both panes, each by a model of its own in a child of its own."""
        widgets = list(self.panes.query(AnswerPane))
        async with TailoredBench(self._session.data_dir) as bench:
            await self._tell_of_refusals(bench)
            await asyncio.gather(
                *(
                    self._answered(bench, widget, whose)
                    for widget, whose in zip(widgets, self._whose, strict=True)
                )
            )

    async def _tell_of_refusals(self, bench: TailoredBench) -> None:
        assert self._asked is not None, "there are panes"
        with self._session.errors_told():
            if note := await bench.note(self._asked, self._models[self._at]):
                self.notify(note, markup=False)

    async def _answered(self, bench: TailoredBench, widget: AnswerPane, whose: str) -> None:
        assert self._asked is not None, "there are panes"
        try:
            pane = await bench.pane(self._asked, self._models[self._at].name, whose)
            await self._streamed(bench, widget, pane)
        except UserError as error:
            widget.refuse(error)
        except asyncio.CancelledError:
            if widget.is_attached:
                widget.stop()
            raise

    async def _streamed(self, bench: TailoredBench, widget: AnswerPane, pane: TailoredPane) -> None:
        assert self._asked is not None, "there are panes"
        widget.wait(DEFAULT_SAMPLING)
        async with aclosing(bench.stream(self._asked, pane, DEFAULT_SAMPLING)) as events:
            async for event in events:
                widget.see(event)
