"""How the next descriptions are drawn: temperature, length, repeat penalty, seed."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from engine.preview import DEFAULT_SAMPLING
from engine.sampling import KNOBS, resampled
from models.chat import Sampling
from models.errors import BadInput


class SetSampling(ModalScreen[Sampling | None]):
    """Gives back the settings as they were filled in; None changes nothing."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#temperature"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="sampling.cancel", tooltip="Change nothing"),
        Binding(
            "ctrl+o", "reset", "Usual", id="sampling.reset", tooltip="As previews usually are drawn"
        ),
    ]
    refusal = getters.query_one("#refusal", Static)

    def __init__(self, sampling: Sampling) -> None:
        super().__init__()
        self._sampling = sampling

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "How descriptions are drawn"
            box.border_subtitle = "enter takes it  ctrl+o as usual  esc cancels"
            for knob in KNOBS:
                with Horizontal(classes="row"):
                    yield Label(knob.label)
                    value = f"{getattr(self._sampling, knob.name):.10g}"
                    yield Input(value, id=knob.name, compact=True)
                yield Static(knob.about, classes="about", markup=False)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("As usual", id="reset", compact=True)
                yield Button("Take them", id="take", variant="primary", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#reset")
    def action_reset(self) -> None:
        for knob in KNOBS:
            usual = getattr(DEFAULT_SAMPLING, knob.name)
            self.query_one(f"#{knob.name}", Input).value = f"{usual:.10g}"
        self.refusal.update("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#take")
    def _take(self) -> None:
        typed = {knob.name: self.query_one(f"#{knob.name}", Input).value for knob in KNOBS}
        try:
            self.dismiss(resampled(self._sampling, typed))
        except BadInput as error:
            self.refusal.update(str(error))
