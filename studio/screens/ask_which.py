"""A question with several answers, each a key away; escape goes on as before."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class AskWhich(ModalScreen[str | None]):
    """Gives back the key of the answer; None where the editor goes on as before.

    Args:
        answers: a letter to the label that begins with it, or has it in brackets.
        go_on: what escape does.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Go on", id="which.go_on", tooltip="Change nothing")
    ]

    def __init__(
        self, heading: str, told: Content | str, answers: Mapping[str, str], go_on: str
    ) -> None:
        super().__init__()
        self._heading = heading
        self._told = told
        self._answers = answers
        self._go_on = go_on

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(self._heading)
            keys = [f"{key} {label.lower()}" for key, label in self._answers.items()]
            box.border_subtitle = Content("  ".join([*keys, f"esc {self._go_on.lower()}"]))
            with VerticalScroll(id="told"):
                yield Static(self._told, markup=False)
            with Horizontal(classes="buttons"):
                yield Button(self._go_on, id="go-on", compact=True)
                for key, label in self._answers.items():
                    yield Button(label, id=f"answer-{key}", compact=True)

    def on_mount(self) -> None:
        self.query_one("#go-on", Button).focus()
        self.call_after_refresh(self._go_to_what_is_long)

    def _go_to_what_is_long(self) -> None:
        """What does not fit is scrolled at once by the arrows; the answers have their own keys."""
        told = self.query_one("#told", VerticalScroll)
        if told.max_scroll_y > 0:
            told.focus()

    def on_key(self, event: Key) -> None:
        if event.key in self._answers:
            event.stop()
            self.dismiss(event.key)

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        _, _, key = str(event.button.id).partition("answer-")
        self.dismiss(key or None)
