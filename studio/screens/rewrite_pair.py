"""One answer of a pair rewritten by a model, and read by the editor before it is kept."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static, TextArea

from engine import workbench
from engine.domain import PreferencePair
from engine.pairs.meanwhile import ChangedMeanwhile, texts_of
from engine.workbench import SIDES, Side
from models.errors import UserError
from models.events import Failed, Finished, Item, Note
from studio.drafts import may_go
from studio.screens.ask_which import AskWhich
from studio.screens.pairs_edit import is_meant_over
from studio.session import Session
from studio.text import visible


@dataclass
class Wish:
    """What to change by which model: the next pair often wants the same."""

    side: Side = "rejected"
    instruction: str = ""
    provider: str = "embedded"


REPLACED = "The model's next text takes the place of the one that you have changed."


class RewritePair(ModalScreen[bool]):
    """True where a new text was kept."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#instruction"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", id="rewrite.cancel", tooltip="Keep nothing"),
        Binding(
            "ctrl+s", "keep", "Keep", id="rewrite.keep", tooltip="Keep the text", priority=True
        ),
    ]
    instruction = getters.query_one("#instruction", Input)
    provider = getters.query_one("#provider", Input)
    new = getters.query_one("#new", TextArea)
    told = getters.query_one("#refusal", Static)

    def __init__(self, session: Session, pair: PreferencePair, wish: Wish) -> None:
        """
        Args:
            wish: what was asked for last, to begin with; takes what is asked for now.
        """
        super().__init__()
        self._session = session
        self._pair = pair
        self._wish = wish
        self._made = ""
        """Who wrote the text that is shown; empty while there is none."""
        self._old = ""
        """The answer that it was made of."""
        self._written = ""
        """As the model gave it."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Rewrite an answer"
            box.border_subtitle = "enter asks the model  ctrl+s keeps the text  esc keeps nothing"
            with Horizontal(classes="row"):
                yield Label("Which")
                yield Select(
                    ((f"the {side} answer", side) for side in SIDES),
                    id="side",
                    value=self._wish.side,
                    allow_blank=False,
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("What to change")
                yield Input(
                    self._wish.instruction,
                    placeholder="such as: make it as long as the other and as warm",
                    id="instruction",
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("By")
                yield Input(self._wish.provider, id="provider", compact=True)
            yield Static(
                "embedded (small, on this computer), local:FILE.gguf, or endpoint:NAME (the pair "
                "is sent to that server)",
                classes="quiet",
                markup=False,
            )
            yield Static(id="old", markup=False)
            yield TextArea(id="new", compact=True, tab_behavior="focus", read_only=True)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Keep", id="keep", variant="primary", compact=True, disabled=True)

    def on_mount(self) -> None:
        self._session.drafts.append(self)

    def on_unmount(self) -> None:
        self._session.drafts.remove(self)

    @property
    def _side(self) -> Side:
        return "chosen" if self.query_one("#side", Select).value == "chosen" else "rejected"

    @on(Select.Changed, "#side")
    def _show_old(self) -> None:
        self._wish.side = self._side
        self.query_one("#old", Static).update(visible(texts_of(self._pair)[self._side]))
        # What is being written was asked for the other side.
        self.workers.cancel_group(self, "rewrite")
        self.take("", "", "")

    @on(Input.Changed)
    def _remember(self) -> None:
        self._wish.instruction = self.instruction.value
        self._wish.provider = self.provider.value

    def take(self, text: str, made: str, old: str) -> None:
        """Take a text that is written to its end; empty for none."""
        self.new.load_text(text)
        # Not to be typed over by what the model goes on to write.
        self.new.read_only = not made
        self._made, self._old, self._written = made, old, text
        self.query_one("#keep", Button).disabled = not made
        # A text belongs to its side: the other one waits until it is kept or left.
        self.query_one("#side", Select).disabled = bool(made)

    @on(Input.Submitted)
    @work(group="ask", exclusive=True)
    async def _ask(self) -> None:
        is_meant: str | None = "a"
        if self.unsaved:
            again = AskWhich("Your words", REPLACED, {"a": "Ask again"}, "Go on writing")
            is_meant = await self.app.push_screen_wait(again)
        if is_meant:
            self._rewrite()

    @work(group="rewrite", exclusive=True)
    async def _rewrite(self) -> None:
        self.take("", "", "")
        self.told.update("The model is being opened.")
        events = workbench.rewritten(
            self._session.data_dir,
            self._pair.id,
            self._side,
            self.instruction.value,
            self.provider.value,
        )
        try:
            async with aclosing(events) as running:
                async for event in running:
                    self._see(event)
        except UserError as error:
            self.told.update(visible(str(error)))

    def _see(self, event: object) -> None:
        match event:
            case Note(text):
                self.told.update(visible(text))
            case Item(value):
                self.new.load_text(str(value["text"]))
            case Finished(result):
                self.take(*(str(result[name]) for name in ("text", "made", "old")))
                self.query_one("#old", Static).update(visible(self._old))
                self.told.update("Read it, change it if you like; ctrl+s keeps it.")
                self.new.focus()
            case Failed(message, hint):
                self.told.update(visible(f"{message} {hint}".strip()))
            case _:
                pass

    @property
    def unsaved(self) -> str:
        """As a draft of the session."""
        is_typed = self._made and self.new.text != self._written
        return "what you wrote in a rewritten answer" if is_typed else ""

    async def store(self) -> bool:
        """As a draft of the session; where the answer was changed meanwhile, ask."""
        old = self._old
        while True:
            try:
                await self._session.ask(
                    workbench.keep_rewritten,
                    self._pair.id,
                    self._side,
                    self.new.text,
                    self._made,
                    old,
                )
            except ChangedMeanwhile as error:
                now = texts_of(error.now)[self._side]
                if not await is_meant_over(self.app, self._side, now, self.new.text):
                    return False
                old = now
            except UserError as error:
                self.told.update(visible(str(error)))
                return False
            else:
                return True

    @on(Button.Pressed, "#cancel")
    @work(group="ask", exclusive=True)
    async def action_leave(self) -> None:
        made = self._made
        if await may_go(self.app, self):
            self.dismiss(bool(made))

    @on(Button.Pressed, "#keep")
    @work(group="ask", exclusive=True)
    async def action_keep(self) -> None:
        if not self._made:
            self.told.update("There is no new text yet: say what to change, then press enter.")
        elif await self.store():
            self.dismiss(True)
