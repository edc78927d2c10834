"""The profile card: what every model of the reader is given, to read, to rewrite, to reset."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static, TextArea

from engine import cards
from engine.cards import ShownCard
from engine.profile.card import Card
from engine.store.readers import ReaderSummary
from models.wordpieces import count_tokens
from studio.drafts import may_go
from studio.session import Session
from studio.text import count, one_line

NAMES_AT_MOST = 8
"""Traits named for each reason; the profile has them all."""


class ProfileCard(ModalScreen[bool]):
    """Gives back whether the text that models are given was changed."""

    CSS_PATH = "profile_card.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="card.close", tooltip="Back to the profile"),
        Binding("ctrl+s", "save", "Save", id="card.save", tooltip="Save your text", priority=True),
        Binding("ctrl+o", "reset", "Own", id="card.reset", tooltip="Back to the profile's own"),
    ]
    text = getters.query_one("#card", TextArea)
    tokens = getters.query_one("#tokens", Static)

    def __init__(self, session: Session, reader: ReaderSummary, names: Mapping[str, str]) -> None:
        """
        Args:
            names: trait id to a name for people.
        """
        super().__init__()
        self._session = session
        self._reader_id = reader.id
        self._reader_name = reader.name
        self._names = names
        self._shown: ShownCard | None = None
        self._is_changed = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Profile card of {one_line(self._reader_name, 40)}")
            box.border_subtitle = "ctrl+s saves   ctrl+o the profile's own   esc closes"
            yield Static("", id="tokens", markup=False)
            yield TextArea("", id="card", compact=True, tab_behavior="focus", soft_wrap=True)
            with VerticalScroll(id="left-out"):
                yield Static("", id="reasons", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Close", id="close", compact=True)
                yield Button("The profile's own", id="own", compact=True)
                yield Button("Save", id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        self._session.drafts.append(self)
        self._load()

    def on_unmount(self) -> None:
        self._session.drafts.remove(self)

    @property
    def unsaved(self) -> str:
        """As a draft of the session."""
        is_typed = self._shown is not None and self.text.text != self._shown.text
        return "what you wrote in the profile card" if is_typed else ""

    async def store(self) -> bool:
        """As a draft of the session."""
        with self._session.errors_told():
            await self._session.ask(cards.edit_card, self._reader_id, self.text.text)
            self._is_changed = True
        return self._is_changed

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        with self._session.errors_told():
            self._show(await self._session.ask(cards.card, self._reader_id))

    def _show(self, shown: ShownCard) -> None:
        self._shown = shown
        with self.prevent(TextArea.Changed):
            self.text.text = shown.text
        self.query_one("#reasons", Static).update("\n".join(self._reasons(shown.card)))
        self._count()

    @on(TextArea.Changed, "#card")
    def _count(self) -> None:
        shown = self._shown
        if shown is None:
            return
        tokens = count_tokens(self.text.text)
        told = f"{tokens} of {shown.card.budget} tokens"
        if tokens > shown.card.budget:
            told += ", over the budget: training and previews take that much longer"
        if self.unsaved:
            told += "; not saved yet"
        elif shown.is_stale:
            told += "; yours, and the profile has changed since you wrote it"
        elif shown.edited_text is not None:
            told += "; yours, in the place of the profile's own"
        self.tokens.update(told + ".")

    def _reasons(self, card: Card) -> Iterator[str]:
        yield f"Told: {count(len(card.included), 'trait')}. Left out:"
        by_reason = sorted(card.left_out, key=lambda left: left.reason)
        for reason, group in groupby(by_reason, key=lambda left: left.reason):
            names = [one_line(self._names.get(left.trait_id, left.trait_id), 40) for left in group]
            more = f" and {len(names) - NAMES_AT_MOST} more" if len(names) > NAMES_AT_MOST else ""
            yield f"· {reason}: {', '.join(names[:NAMES_AT_MOST])}{more}"
        yield f"· unknown: {count(card.unknown, 'trait')}"

    @on(Button.Pressed, "#close")
    @work(group="ask", exclusive=True)
    async def action_close(self) -> None:
        if await may_go(self.app, self):
            self.dismiss(self._is_changed)

    @on(Button.Pressed, "#save")
    @work(group="change", exclusive=True)
    async def action_save(self) -> None:
        if await self.store():
            self.dismiss(True)

    @on(Button.Pressed, "#own")
    @work(group="ask", exclusive=True)
    async def action_reset(self) -> None:
        if await may_go(self.app, self):
            with self._session.errors_told():
                await self._session.ask(cards.reset_card, self._reader_id)
                self.dismiss(True)
