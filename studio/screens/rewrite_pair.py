"""One answer of a pair rewritten by a model, and read by the editor before it is kept."""

from contextlib import aclosing
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static, TextArea

from engine import workbench
from engine.domain import PreferencePair
from engine.workbench import SIDES, Side
from models.errors import UserError
from models.events import Failed, Finished, Item, Note
from studio.session import Session
from studio.text import visible


class RewritePair(ModalScreen[bool]):
    """True where a new text was kept."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#instruction"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Cancel", id="rewrite.cancel", tooltip="Keep nothing"),
        Binding(
            "ctrl+s", "keep", "Keep", id="rewrite.keep", tooltip="Keep the text", priority=True
        ),
    ]
    instruction = getters.query_one("#instruction", Input)
    provider = getters.query_one("#provider", Input)
    new = getters.query_one("#new", TextArea)
    told = getters.query_one("#refusal", Static)

    def __init__(self, session: Session, pair: PreferencePair) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._made = ""
        """Who wrote the text that is shown; empty while there is none."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Rewrite an answer"
            box.border_subtitle = "enter asks the model  ctrl+s keeps the text  esc keeps nothing"
            with Horizontal(classes="row"):
                yield Label("Which")
                yield Select(
                    ((f"the {side} answer", side) for side in SIDES),
                    id="side",
                    value="rejected",
                    allow_blank=False,
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("What to change")
                yield Input(
                    placeholder="such as: make it as long as the other and as warm",
                    id="instruction",
                    compact=True,
                )
            with Horizontal(classes="row"):
                yield Label("By")
                yield Input("embedded", id="provider", compact=True)
            yield Static(
                "embedded (small, on this computer), local:FILE.gguf, or endpoint:NAME (the pair "
                "is sent to that server)",
                classes="quiet",
                markup=False,
            )
            yield Static(id="old", markup=False)
            yield TextArea(id="new", compact=True, tab_behavior="focus")
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Keep", id="keep", variant="primary", compact=True, disabled=True)

    @property
    def _side(self) -> Side:
        return "chosen" if self.query_one("#side", Select).value == "chosen" else "rejected"

    @on(Select.Changed, "#side")
    def _show_old(self) -> None:
        old = self._pair.chosen if self._side == "chosen" else self._pair.rejected
        self.query_one("#old", Static).update(visible(old))
        # What is being written was asked for the other side.
        self.workers.cancel_group(self, "rewrite")
        self._have("", "")

    def _have(self, text: str, made: str) -> None:
        self.new.load_text(text)
        self._made = made
        self.query_one("#keep", Button).disabled = not made

    @on(Input.Submitted)
    def _ask(self) -> None:
        self._rewrite()

    @work(group="rewrite", exclusive=True)
    async def _rewrite(self) -> None:
        self._have("", "")
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
                self._have(str(result["text"]), str(result["made"]))
                self.told.update("Read it, change it if you like; ctrl+s keeps it.")
                self.new.focus()
            case Failed(message, hint):
                self.told.update(visible(f"{message} {hint}".strip()))
            case _:
                pass

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(False)

    @on(Button.Pressed, "#keep")
    @work(group="change", exclusive=True)
    async def action_keep(self) -> None:
        if not self._made:
            self.told.update("There is no new text yet: say what to change, then press enter.")
            return
        try:
            await self._session.ask(
                workbench.keep_rewritten, self._pair.id, self._side, self.new.text, self._made
            )
        except UserError as error:
            self.told.update(visible(str(error)))
            return
        self.dismiss(True)
