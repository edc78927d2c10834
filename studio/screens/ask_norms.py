"""Whom the answers are compared with: an age group, and women, men, or both."""

from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from engine.profile.questionnaire import NORMS, OLDEST, YOUNGEST, Sex
from engine.self_report import Sheet
from studio.text import count


@dataclass(frozen=True)
class Norms:
    """The people that a score is a percentile of."""

    sex: Sex
    age: int


class AskNorms(ModalScreen[Norms | None]):
    """Gives back the norms; None scores nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="norms.cancel", tooltip="Score nothing yet")
    ]
    AUTO_FOCUS = "#age"
    age = getters.query_one("#age", Input)
    sex = getters.query_one("#sex", Select)
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._sheet = sheet

    def compose(self) -> ComposeResult:
        age = self._sheet.answers.age
        with Vertical(classes="box") as box:
            box.border_title = "Compare with whom?"
            yield Static(self._explanation(), markup=False)
            yield Label(f"Your age in years, {YOUNGEST} to {OLDEST}", classes="label")
            yield Input("" if age is None else str(age), id="age", compact=True)
            yield Label("Compare with", classes="label")
            yield Select(
                ((name, sex) for name, sex in NORMS.items()),
                id="sex",
                value=self._sheet.answers.sex,
                allow_blank=False,
                compact=True,
            )
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Show the scores", id="score", variant="primary", compact=True)

    def _explanation(self) -> str:
        told = (
            "A score says where somebody stands among people of the same age group: "
            "among women, men, or both."
        )
        missing = len(self._sheet.items) - self._sheet.answered
        if not missing:
            return told
        are = "has" if missing == 1 else "have"
        return (
            f"{told}\n\n{count(missing, 'item')} of {len(self._sheet.items)} {are} no answer. "
            "A facet needs three of its four items, a trait twenty of its twenty-four; "
            "those with fewer are left out. You can go on answering later."
        )

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#score")
    @on(Input.Submitted, "#age")
    def _submit(self) -> None:
        typed = self.age.value.strip()
        age = int(typed) if typed.isascii() and typed.isdigit() else 0
        if YOUNGEST <= age <= OLDEST:
            sex = next(sex for sex in NORMS.values() if sex == self.sex.value)
            self.dismiss(Norms(sex, age))
        else:
            self.refusal.update(f"An age is a whole number from {YOUNGEST} to {OLDEST}.")
            self.age.focus()
