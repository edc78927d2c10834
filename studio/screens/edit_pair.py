"""The three texts of a pair, to be changed by hand."""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static, TextArea

from engine.domain import PreferencePair

FIELDS = ("prompt", "chosen", "rejected")


class EditPair(ModalScreen[PreferencePair | None]):
    """Gives back the pair with the new texts; None when nothing is to change."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="edit.cancel", tooltip="Change nothing"),
        Binding("ctrl+s", "save", "Save", id="edit.save", tooltip="Save the pair", priority=True),
    ]

    def __init__(self, pair: PreferencePair) -> None:
        super().__init__()
        self._pair = pair

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Edit the pair"
            box.border_subtitle = "tab next field   ctrl+s saves   esc cancels"
            for name in FIELDS:
                yield Label(name.capitalize(), classes="label")
                text = getattr(self._pair, name)
                yield TextArea(text, id=name, compact=True, tab_behavior="focus")
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Save", id="save", variant="primary", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        texts = {name: self.query_one(f"#{name}", TextArea).text for name in FIELDS}
        empty = [name for name, text in texts.items() if not text.strip()]
        if empty:
            refusal = f"The {empty[0]} text cannot be empty. Drop the pair instead (esc, then d)."
            self.query_one("#refusal", Static).update(refusal)
            self.query_one(f"#{empty[0]}", TextArea).focus()
            return
        edited = replace(
            self._pair,
            prompt=texts["prompt"],
            chosen=texts["chosen"],
            rejected=texts["rejected"],
        )
        self.dismiss(None if edited == self._pair else edited)
