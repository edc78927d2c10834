"""The questionnaire filled in on screen: one item, one key, and everything is kept."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import ceil
from statistics import median
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static

from engine import self_report
from engine.profile.questionnaire import Answers, Item, questionnaire
from engine.self_report import Sheet
from engine.store.readers import ReaderSummary
from models.errors import UserError
from studio.keeping import Keeper
from studio.scores import questionnaire_lines
from studio.screens.ask_norms import AskNorms
from studio.screens.confirm import Confirm
from studio.screens.show_lines import ShowLines
from studio.session import Session
from studio.text import one_line, progress

PACE_FROM, PACE_OVER = 5, 20
"""Answers of this sitting before time is estimated, and how many of the last ones count."""
BAR_WIDTH = 12
KEPT = (
    "Every answer is kept: leave at any time (esc) and go on here later.\n"
    "f scores what is answered so far."
)
ALL_ANSWERED = "All {count} items are answered. Press f for the scores, or ← to look at them again."
TAKE_AWAY = (
    "The answers and the scores they gave are taken out of the profile. "
    "u on the profile screen brings them back."
)


class QuestionnaireScreen(ModalScreen[None]):
    """Covers the window, so that the digits answer; escape leaves, and the profile shows it."""

    CSS_PATH = "questionnaire.tcss"
    AUTO_FOCUS = "#choices"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                str(number),
                f"answer({number})",
                "Answer",
                show=False,
                id=f"questionnaire.answer_{number}",
                tooltip=f"Answer {number}",
            )
            for number in range(1, 6)
        ),
        Binding(
            "left,backspace",
            "back",
            "Back",
            id="questionnaire.back",
            tooltip="Go back to the item before",
            priority=True,
        ),
        Binding(
            "right",
            "skip",
            "Next unanswered",
            id="questionnaire.skip",
            tooltip="Go to the next item without an answer",
            priority=True,
        ),
        Binding("f", "finish", "Scores", id="questionnaire.finish", tooltip="Score the answers"),
        Binding(
            "x", "clear", "Take away", id="questionnaire.clear", tooltip="Take all answers away"
        ),
        Binding("escape", "leave", "Leave", id="questionnaire.leave", tooltip="Leave and keep"),
    ]
    progress = getters.query_one("#progress", Static)
    item = getters.query_one("#item", Static)
    choices = getters.query_one("#choices", OptionList)

    def __init__(self, session: Session, reader: ReaderSummary) -> None:
        super().__init__()
        self._session = session
        self._reader = reader
        self._items: tuple[Item, ...] = ()
        self._choices: dict[int, int] = {}
        self._norms = Answers({})
        self._at = 0
        """The place of the item on screen; behind the last, all are answered."""
        self._keeper: Keeper[int, int | None] = Keeper(self._put)
        self._paces_s: list[float] = []
        self._shown_at = time.monotonic()
        self._is_newer = False
        """Whether there are answers that the scores in the profile do not know."""

    def compose(self) -> ComposeResult:
        form = questionnaire()
        with Vertical(id="sheet", classes="panel") as sheet:
            sheet.border_title = Content(f"{form.name} of {one_line(self._reader.name, 40)}")
            yield Static(form.instruction, id="instruction", markup=False)
            yield Static(id="progress", markup=False)
            yield Static(id="item", markup=False)
            yield OptionList(*form.choices, id="choices", markup=False)
            yield Static(KEPT, id="kept", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self._load()

    async def on_unmount(self) -> None:
        # The window may be closing; a store that refuses has been told of at the key press.
        with suppress(UserError):
            await self._keeper.flush()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        possible = {
            "back": self._at > 0,
            "skip": self._at < len(self._items),
            "finish": bool(self._choices),
            "clear": bool(self._choices),
        }
        return True if possible.get(action, True) else None

    @work(group="load")
    async def _load(self) -> None:
        with self._session.errors_told():
            self._begin(await self._session.ask(self_report.sheet, self._reader.id))

    def _begin(self, sheet: Sheet) -> None:
        self._items = sheet.items
        self._choices = dict(sheet.answers.choices)
        self._norms = sheet.answers
        first = sheet.next_item
        self._go(sheet.items.index(first) if first else len(sheet.items))

    def _go(self, place: int) -> None:
        self._at = place
        self._shown_at = time.monotonic()
        total, at_end = len(self._items), place == len(self._items)
        here = "" if at_end else f"Item {place + 1} of {total}   "
        answered = progress(len(self._choices), total, BAR_WIDTH)
        left = minutes_left(self._paces_s, total - len(self._choices))
        item = ALL_ANSWERED.format(count=total) if at_end else self._items[place].text
        # Both are as high as they ever get, so a key press lays nothing out again.
        self.progress.update(f"{here}{answered} answered{left}", layout=False)
        self.item.update(item, layout=False)
        self.choices.display = not at_end
        if not at_end:
            self._show_choices(self._choices.get(self._items[place].number))
        self.refresh_bindings()

    def _show_choices(self, given: int | None) -> None:
        for index, text in enumerate(questionnaire().choices):
            mark = "  (your answer)" if given == index + 1 else ""
            self.choices.replace_option_prompt_at_index(index, f"{index + 1}  {text}{mark}")
        self.choices.highlighted = None if given is None else given - 1
        if self.focused is None:
            self.choices.focus()

    @on(OptionList.OptionSelected, "#choices")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.action_answer(event.option_index + 1)

    def action_answer(self, choice: int) -> None:
        """Answer the item on screen and go on to the next."""
        if self._at >= len(self._items):
            return
        number = self._items[self._at].number
        self._paces_s.append(time.monotonic() - self._shown_at)
        self._choices[number] = choice
        self._is_newer = True
        self._keeper.add(number, choice)
        self._save()
        is_last = self._at == len(self._items) - 1
        self._go(self._next_open() if is_last else self._at + 1)

    def _next_open(self) -> int:
        """The place of the next item without an answer, round the end; behind all if none."""
        places = [*range(self._at + 1, len(self._items)), *range(self._at + 1)]
        without = (
            place
            for place in places
            if place < len(self._items) and self._items[place].number not in self._choices
        )
        return next(without, len(self._items))

    def action_back(self) -> None:
        self._go(max(0, self._at - 1))

    def action_skip(self) -> None:
        place = self._next_open()
        if place == self._at:
            self.notify("This is the only item left without an answer.", markup=False)
        self._go(place)

    async def _put(self, given: Mapping[int, int | None]) -> None:
        await self._session.ask(self_report.answer_all, self._reader.id, given)

    @work(group="change")
    async def _save(self) -> None:
        with self._session.errors_told():
            await self._keeper.flush()

    @work(group="ask", exclusive=True)
    async def action_finish(self) -> None:
        given = Answers(self._choices, self._norms.sex, self._norms.age)
        norms = await self.app.push_screen_wait(AskNorms(Sheet(self._items, given)))
        if norms is None:
            return
        with self._session.errors_told():
            await self._keeper.flush()
            told = await self._session.ask(
                self_report.finish_questionnaire, self._reader.id, norms.sex, norms.age
            )
            self._is_newer = False
            sheet = await self._session.ask(self_report.sheet, self._reader.id)
            lines = questionnaire_lines(told, sheet.left_out, sheet.answers.warnings())
            await self.app.push_screen_wait(ShowLines(f"Scores of {self._reader.name}", lines))
            self.notify("The scores are in the profile, under Personality.", markup=False)
            await self._leave()

    @work(group="ask", exclusive=True)
    async def action_clear(self) -> None:
        if await self.app.push_screen_wait(
            Confirm("Take the questionnaire away?", TAKE_AWAY, "Take away")
        ):
            with self._session.errors_told():
                await self._keeper.flush()
                await self._session.ask(
                    self_report.clear_self_report, self._reader.id, "questionnaire"
                )
                self._paces_s.clear()
                self._is_newer = False
                self._begin(await self._session.ask(self_report.sheet, self._reader.id))

    @work(group="change")
    async def action_leave(self) -> None:
        with self._session.errors_told():
            await self._keeper.flush()
            if self._is_newer and self._norms.age is not None:
                self.notify(
                    "The profile has the scores of your earlier answers. q, then f scores again.",
                    markup=False,
                )
            await self._leave()

    async def _leave(self) -> None:
        await self._session.refresh()
        self._session.changed.publish(None)
        if self.is_current:
            self.dismiss()


def minutes_left(paces_s: Sequence[float], items: int) -> str:
    """An estimate from the last answers, such as `, about 9 minutes left`; empty too early.

    Args:
        paces_s: seconds that each answer took; the median, so that a break does not count.
        items: those without an answer.
    """
    if len(paces_s) < PACE_FROM or not items:
        return ""
    minutes = ceil(median(paces_s[-PACE_OVER:]) * items / 60)
    return f", about {minutes} minutes left" if minutes > 1 else ", about a minute left"
