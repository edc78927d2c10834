"""The editor's own score for a trait, with the reason for it."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from engine.domain import Trait
from studio.text import bar, one_line


class OverrideTrait(ModalScreen[tuple[float, str] | None]):
    """Gives back the score (-1 to 1) and the reason; None changes nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="override.cancel", tooltip="Change nothing")
    ]
    score = getters.query_one("#score", Input)
    reason = getters.query_one("#reason", Input)
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, trait: Trait, trait_name: str, poles: tuple[str, str]) -> None:
        super().__init__()
        self._trait = trait
        self._trait_name = trait_name
        self._poles = poles

    def compose(self) -> ComposeResult:
        low, high = self._poles
        override = self._trait.override
        has_score = override is not None and override.kind != "unknown"
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._trait_name, 70))
            yield Static(f"-1 means: {low}\n 0 means: neither\n+1 means: {high}", markup=False)
            yield Label("Your score, from -1 to 1", classes="label")
            yield Input(
                f"{override.score:g}" if override and has_score else "",
                id="score",
                placeholder="0.5",
                compact=True,
            )
            yield Static("", id="scale", classes="quiet", markup=False)
            yield Label("Why (for whoever reads this later)", classes="label")
            yield Input(override.reason if override else "", id="reason", compact=True)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Set score", id="set", variant="primary", compact=True)

    def _typed(self) -> float | None:
        try:
            score = float(self.score.value.strip().replace(",", "."))
        except ValueError:
            return None
        return score if -1 <= score <= 1 else None

    @on(Input.Changed, "#score")
    def _draw(self) -> None:
        score = self._typed()
        self.query_one("#scale", Static).update("" if score is None else bar(score, half=12))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted, "#score")
    def _go_on(self) -> None:
        self.reason.focus()

    @on(Button.Pressed, "#set")
    @on(Input.Submitted, "#reason")
    def _submit(self) -> None:
        score = self._typed()
        if score is None:
            self.refusal.update(f"A score is a number from -1 to 1, not {self.score.value!r}.")
            self.score.focus()
        else:
            self.dismiss((score, self.reason.value.strip()))
