"""A dozen either/or picks: a moment, two ways to take it, one key."""

from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from engine import self_report
from engine.bank import Pick
from engine.profile.picks import Choice
from engine.self_report import PickRound
from engine.store.readers import ReaderSummary
from models.errors import UserError
from studio.keeping import Keeper
from studio.scores import pick_lines
from studio.screens.confirm import Confirm
from studio.session import Session
from studio.text import one_line, progress
from studio.widgets.pick_card import PickCard

NARROW = 64
"""Below this many columns the cards stand one above the other."""
INSTRUCTION = "Which is more like you? There is no better one; take the first that comes to mind."
KEPT = "Every pick is kept: leave at any time (esc) and go on here later."
TAKE_AWAY = (
    "The picks and the scores they gave are taken out of the profile. "
    "u on the profile screen brings them back."
)


class PicksScreen(ModalScreen[None]):
    """Covers the window until all picks are made or the editor leaves."""

    CSS_PATH = "picks.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "pick('a')", "Take a", id="picks.a", tooltip="Take the first"),
        Binding("b", "pick('b')", "Take b", id="picks.b", tooltip="Take the second"),
        Binding("left,up", "look('a')", "To a", show=False, id="picks.to_a", tooltip="Go to a"),
        Binding("right,down", "look('b')", "To b", show=False, id="picks.to_b", tooltip="Go to b"),
        Binding("enter", "take", "Take", show=False, id="picks.take", tooltip="Take this one"),
        Binding("backspace", "back", "Back", id="picks.back", tooltip="Take the last pick back"),
        Binding("x", "clear", "Take away", id="picks.clear", tooltip="Take all picks away"),
        Binding("escape", "leave", "Leave", id="picks.leave", tooltip="Leave and keep"),
    ]
    progress = getters.query_one("#progress", Static)
    situation = getters.query_one("#situation", Static)
    told = getters.query_one("#told", Static)
    first = getters.query_one("#a", PickCard)
    second = getters.query_one("#b", PickCard)

    def __init__(self, session: Session, reader: ReaderSummary) -> None:
        super().__init__()
        self._session = session
        self._reader = reader
        self._round: PickRound | None = None
        self._keeper: Keeper[str, Choice | None] = Keeper(self._put)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="round", classes="panel", can_focus=False) as panel:
            panel.border_title = Content(f"Picks of {one_line(self._reader.name, 40)}")
            yield Static(INSTRUCTION, id="instruction", markup=False)
            yield Static(id="progress", markup=False)
            yield Static(id="situation", markup=False)
            with Container(id="cards"):
                yield PickCard("a")
                yield PickCard("b")
            yield Static(KEPT, id="kept", markup=False)
            yield Static(id="told", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")

    async def on_unmount(self) -> None:
        # The window may be closing; a store that refuses has been told of at the key press.
        with suppress(UserError):
            await self._keeper.flush()

    @property
    def _pick(self) -> Pick | None:
        return self._round.next_pick if self._round else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        made = bool(self._round and self._round.made)
        possible = {
            "pick": self._pick is not None,
            "look": self._pick is not None,
            "take": self._pick is not None,
            "back": made,
            "clear": made,
        }
        return True if possible.get(action, True) else None

    @work(group="load")
    async def _load(self) -> None:
        with self._session.errors_told():
            self._show(await self._session.ask(self_report.pick_round, self._reader.id))

    def _show(self, picks: PickRound) -> None:
        self._round = picks
        pick = picks.next_pick
        made = progress(len(picks.made), picks.asked)
        here = "" if pick is None else f"Pick {len(picks.made) + 1} of {picks.asked}   "
        self.progress.update(f"{here}{made} made")
        self.set_class(pick is None, "-done")
        self.set_focus(None)
        if pick is None:
            self.situation.update("All picks are made. This is what they say:")
            self.told.update("\n".join(pick_lines(picks.scores)))
        else:
            self.situation.update(pick.situation)
            self.first.update(pick.high if pick.high_first else pick.low)
            self.second.update(pick.low if pick.high_first else pick.high)
        self.refresh_bindings()

    def action_pick(self, letter: str) -> None:
        """Take the card with this letter and show the next two."""
        if self._round is None or (pick := self._pick) is None:
            return
        choice: Choice = "high" if (letter == "a") == pick.high_first else "low"
        self._keeper.add(pick.id, choice)
        self._save()
        self._show(PickRound({**self._round.made, pick.id: choice}))

    @on(Click, "#a,#b")
    def _clicked(self, event: Click) -> None:
        if event.widget is not None and event.widget.id:
            self.action_pick(event.widget.id)

    def action_look(self, letter: str) -> None:
        (self.first if letter == "a" else self.second).focus()

    def action_take(self) -> None:
        if isinstance(self.focused, PickCard) and self.focused.id:
            self.action_pick(self.focused.id)

    def action_back(self) -> None:
        """Take the last pick back and ask it again."""
        if self._round is None or not self._round.made:
            return
        *before, (last, _) = self._round.made.items()
        self._keeper.add(last, None)
        self._save()
        self._show(PickRound(dict(before)))

    async def _put(self, chosen: Mapping[str, Choice | None]) -> None:
        await self._session.ask(self_report.make_picks, self._reader.id, chosen)

    @work(group="change")
    async def _save(self) -> None:
        with self._session.errors_told():
            await self._keeper.flush()

    @work(group="ask", exclusive=True)
    async def action_clear(self) -> None:
        if await self.app.push_screen_wait(Confirm("Take the picks away?", TAKE_AWAY, "Take away")):
            with self._session.errors_told():
                await self._keeper.flush()
                await self._session.ask(self_report.clear_self_report, self._reader.id, "picks")
                self._show(PickRound({}))

    @work(group="change")
    async def action_leave(self) -> None:
        with self._session.errors_told():
            await self._keeper.flush()
            await self._session.refresh()
            self._session.changed.publish(None)
            if self.is_current:
                self.dismiss()
