"""A question that is answered in a few words: a name, a fact, a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from studio.text import one_line


@dataclass(frozen=True)
class Blank:
    """One line to fill in."""

    label: str
    text: str = ""
    """What stands in it to begin with."""
    refusal: str = ""
    """What is said when it is left empty; it may be where this is empty."""


class AskWords(ModalScreen[tuple[str, ...] | None]):
    """Gives back what was written into each blank, trimmed; None changes nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="ask.cancel", tooltip="Change nothing")
    ]

    def __init__(
        self, heading: str, explanation: str, blanks: Sequence[Blank], verb: str = "Save"
    ) -> None:
        super().__init__()
        self._heading = heading
        self._explanation = explanation
        self._blanks = blanks
        self._verb = verb

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._heading, 70))
            yield Static(self._explanation, markup=False)
            for at, blank in enumerate(self._blanks):
                yield Label(blank.label, classes="label", markup=False)
                yield Input(blank.text, id=f"blank-{at}", classes="blank", compact=True)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self._verb, id="save", variant="primary", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        fields = list(self.query(Input))
        at = fields.index(event.input)
        if at + 1 < len(fields):
            fields[at + 1].focus()
        else:
            self._submit()

    @on(Button.Pressed, "#save")
    def _submit(self) -> None:
        fields = list(self.query(Input))
        words = tuple(field.value.strip() for field in fields)
        for field, word, blank in zip(fields, words, self._blanks, strict=True):
            if blank.refusal and not word:
                self.query_one("#refusal", Static).update(blank.refusal)
                field.focus()
                return
        self.dismiss(words)
