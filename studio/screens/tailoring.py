"""Tailoring: train with the personas of a dataset, and see what that comes to on held-out pairs."""

from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Footer, Static

from engine.domain import Run, RunKind
from engine.tailoring.answers import ASKED_WITH, answered
from engine.tailoring.ballots import load_ballots, make_ballots
from engine.tailoring.evaluation import start_evaluation
from engine.tailoring.judging import judged, judging_cost
from engine.tailoring.probe import probe
from engine.tailoring.report import tailoring_report
from engine.tailoring.sets import subject_of
from engine.train.config import config_for
from engine.training_input import set_in_short
from engine.votes.drawing import a_seed
from models.errors import UserError
from models.events import Event, Step
from studio.screens.ask_words import AskWords, Blank
from studio.screens.choose_provider import ChooseProvider
from studio.screens.confirm import Confirm
from studio.screens.evaluate_tailoring import EvaluateTailoring
from studio.screens.read_report import ReadReport
from studio.screens.runs import RunsScreen
from studio.screens.train_keys import TAILORING_KEYS
from studio.screens.write_file import write_where_asked
from studio.session import Session
from studio.text import count, one_line, visible
from studio.typed_path import typed_path
from studio.widgets.run_order import RunOrder
from studio.widgets.run_view import RunView
from studio.widgets.tailoring_order import TailoringOrder

HOW_MANY = (
    "To each prompt every model writes {given} answers: for both personas, and for nobody; and "
    "{probe} to the safety probe, however few the prompts. What was written before is kept. A "
    "training has to be exported to write."
)

BALLOTS = (
    "A table of answers, two by two, for people to vote on: `better` for anybody, `suits` for the "
    "person described, 1, 2 or tie. Nothing in it says which answer is whose."
)
MOST_BALLOTS = 40
LOADED = "A table of ballots that was filled in; the votes stand in the report beside the judges."
FIRST = "esc, then i, infers personas, and k checks them. Or take unchecked ones, above."


def asking_told(title: str, step: Step | None, notes: Sequence[str]) -> str:
    """How far it is on a line, then what else there is to know."""
    far = f"{title}: {step.note} {step.done:,} of {step.total:,}" if step else f"{title} …"
    return "\n".join(filter(None, [one_line(far), one_line(" ".join(notes), 300)]))


class TailoringScreen(RunsScreen):
    """Opened over the pairs of a dataset; escape goes back to them."""

    BINDINGS: ClassVar[list[BindingType]] = TAILORING_KEYS
    KINDS: ClassVar[tuple[RunKind, ...]] = ("train", "export", "evaluate")
    order = getters.query_one(TailoringOrder)
    doctor = getters.query_one("#doctor", Static)
    progress = getters.query_one("#progress", Static)

    def __init__(self, session: Session, dataset_id: str) -> None:
        super().__init__(session)
        self._dataset_id = dataset_id

    def compose(self) -> ComposeResult:
        told = f"Tailoring on {one_line(self._dataset_id, 44)}; esc goes back to the pairs"
        yield Static(told, id="heading", markup=False)
        with Vertical(id="work"):
            yield TailoringOrder(self._dataset_id)
            yield Static(id="doctor", markup=False)
            yield DataTable(id="runs", cursor_type="row", classes="panel")
            yield RunView()
        yield Static(id="progress", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        # Textual calls that of the base class by itself.
        self.progress.display = False
        self._session.tracker.changed.subscribe(self, self._news)
        self.order.explain()

    @property
    def subject(self) -> str | None:
        return subject_of(self._dataset_id)

    @property
    def _evaluation(self) -> Run | None:
        """The finished evaluation under the cursor."""
        watched = self._watched
        if watched is None or watched.run.kind != "evaluate" or watched.state != "finished":
            return None
        return watched.run

    @property
    def _asking(self) -> str:
        """The key by which what is asked of an evaluation's models, or its judges, is tracked."""
        return f"asking:{self._evaluation.id}" if self._evaluation else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_asking = bool(self._asking) and self._session.tracker.is_going_on(self._asking)
        if action in ("report", "ballots", "load", "answers", "judge"):
            return self._evaluation is not None and (
                action not in ("answers", "judge") or not is_asking
            )
        if action == "stop" and is_asking:
            return True
        return super().check_action(action, parameters)

    def _show(self, _: None) -> None:
        super()._show(None)
        if self.focused is None:
            (self.table if self._shown else self.order.choice.base).focus()
        self.refresh_bindings()

    @on(RunOrder.Changed)
    def _changed(self) -> None:
        self._examine()

    @work(group="load", exclusive=True)
    async def _examine(self) -> None:
        """Tell how many pairs the fields come to, and which are left out."""
        refusal = ""
        try:
            config = config_for(self.order.preset, "embedded", self.order.changes)
            told = await self._session.ask(set_in_short, self._dataset_id, config)
        except UserError as error:
            told = refusal = f"{error.message} {FIRST}"
        self.doctor.set_class(not refusal, "-fine")
        self.doctor.update(one_line(told, 400))

    def action_leave(self) -> None:
        if self.order.choice.other.has_focus:
            self.order.choice.leave()
        elif self.has_class("-close"):
            self.action_watch()
        else:
            self.dismiss()

    def action_knobs(self) -> None:
        self.order.ask_settings(self._session.runs)

    def action_train(self) -> None:
        if (order := self.order.order) is not None:
            self.begin(order)

    @work(group="ask", exclusive=True)
    async def action_evaluate(self) -> None:
        trained = [run for run in self._shown if run.kind == "train" and run.state == "finished"]
        first = self._run if self._run in trained else next(iter(trained), None)
        unchecked = self.order.takes_unchecked
        dialog = EvaluateTailoring(self._dataset_id, trained, first, unchecked)
        order = await self.app.push_screen_wait(dialog)
        if order is not None:
            with self._session.errors_told():
                await self._session.ask(start_evaluation, order)
                await self._session.refresh()
                self.table.focus()

    @work(group="ask", exclusive=True)
    async def action_report(self) -> None:
        if (run := self._evaluation) is not None:
            with self._session.errors_told():
                found = await self._session.ask(tailoring_report, run)
                self.app.push_screen(ReadReport(self._session, found))

    @work(group="ask", exclusive=True)
    async def action_answers(self) -> None:
        run = self._evaluation
        blanks = [Blank("Prompts", "10", "Type a number of prompts.")]
        told = HOW_MANY.format(given=len(ASKED_WITH), probe=probe().answers)
        question = AskWords("How many held-out prompts?", told, blanks, "Write")
        answer = await self.app.push_screen_wait(question)
        if run is None or answer is None:
            return
        (number,) = answer
        if not (number.isdecimal() and int(number)):
            self.notify(f"{number!r} is no number of prompts.", severity="warning", markup=False)
            return
        self._ask("Answers", answered(self._session.data_dir, run.id, int(number)))

    @work(group="ask", exclusive=True)
    async def action_judge(self) -> None:
        run = self._evaluation
        question = ChooseProvider("Who judges the answers?", "Judge", "requests and answers")
        provider = await self.app.push_screen_wait(question)
        if run is None or provider is None:
            return
        data_dir = self._session.data_dir
        with self._session.errors_told():
            cost = await judging_cost(data_dir, run.id, provider)
            told = f"{one_line(provider, 60)} is asked. {cost}"
            if await self.app.push_screen_wait(Confirm("Judge the answers?", told, "Ask")):
                self._ask("Judging", judged(data_dir, run.id, provider))

    @work(group="ask", exclusive=True)
    async def action_ballots(self) -> None:
        """Which side is whose stands nowhere in the table."""
        if (run := self._evaluation) is not None:
            name = f"{self._dataset_id}-ballots.csv"
            await write_where_asked(
                self,
                self._session,
                ("Write ballots", BALLOTS),
                name,
                lambda _: make_ballots(self._session.data_dir, run.id, MOST_BALLOTS, a_seed()),
            )

    @work(group="ask", exclusive=True)
    async def action_load(self) -> None:
        run = self._evaluation
        blanks = [
            Blank("File", "", "Type the path of the table."),
            Blank("Who voted, in rows that name nobody"),
        ]
        answer = await self.app.push_screen_wait(AskWords("Load votes", LOADED, blanks, "Load"))
        if run is None or answer is None:
            return
        with self._session.errors_told():
            path = typed_path(answer[0])
            loaded = await self._session.ask(load_ballots, run.id, path, answer[1])
            told = f"{count(loaded.votes, 'vote')} by {', '.join(loaded.voters)}, "
            told += f"{loaded.blank:,} not filled in, {len(loaded.skipped):,} not understood."
            self.notify(visible(told), markup=False, timeout=10)

    def _ask(self, title: str, events: AsyncGenerator[Event, None]) -> None:
        self._session.tracker.watch(self._asking, title, events)
        self.refresh_bindings()

    def action_stop(self) -> None:
        if self._asking and self._session.tracker.is_going_on(self._asking):
            self._session.tracker.cancel(self._asking)
        else:
            super().action_stop()

    def _news(self, key: str) -> None:
        """Show how far the answers or the judge of the evaluation under the cursor are."""
        seen = self._session.tracker.works.get(key)
        if not self._asking or key != self._asking or seen is None:
            return
        self.progress.update(asking_told(seen.title, seen.step, seen.notes))
        self.progress.display = seen.ended is None
        self.refresh_bindings()

    def _draw(self) -> None:
        super()._draw()
        self._tell_asking()

    def _tell_asking(self) -> None:
        going_on = bool(self._asking) and self._session.tracker.is_going_on(self._asking)
        self.progress.display = going_on
        if going_on:
            self._news(self._asking)
