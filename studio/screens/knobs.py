"""The few settings of a training that matter, over those of its preset."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, get_args

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from engine.domain import Run
from engine.train.config import SMOOTHED, Loss, Method, config_for
from engine.train.settings import differing, notes, told_value, value_of
from models.errors import UserError
from studio.text import moment, one_line

CHOICES: Mapping[str, tuple[str, ...]] = {
    "method": get_args(Method),
    # The smoothed ones want a second setting with them, by --set.
    "loss": tuple(loss for loss in get_args(Loss) if loss not in SMOOTHED),
}
KNOBS = (
    "method",
    "loss",
    "beta",
    "learning_rate",
    "epochs",
    "lora_rank",
    "max_pairs",
    "start_from",
    "seed",
)
START_FROM = "start_from"


def short(run: Run) -> str:
    """When it was started, in as few letters as the field has room for."""
    return moment(run.created_at).partition("-")[2]


class Knobs(ModalScreen[Mapping[str, object] | None]):
    """Gives back the settings that differ from the preset's; None changes nothing."""

    CSS_PATH = "knobs.tcss"
    AUTO_FOCUS = "#beta"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="knobs.cancel", tooltip="Change nothing"),
        Binding(
            "ctrl+s", "take", "Take", id="knobs.take", tooltip="Take the settings", priority=True
        ),
        Binding("ctrl+o", "reset", "Preset", id="knobs.reset", tooltip="As the preset has it all"),
    ]
    refusal = getters.query_one("#refusal", Static)

    def __init__(
        self, preset: str, base: str, changes: Mapping[str, object], trained: Sequence[Run] = ()
    ) -> None:
        """
        Args:
            changes: what differs from the preset to begin with.
            trained: finished trainings, which this one can begin with.
        """
        super().__init__()
        self._base = base
        self._trained = {run.id: run for run in trained}
        self._choices: dict[str, dict[str, str]] = {
            **{name: {choice: choice for choice in choices} for name, choices in CHOICES.items()},
            START_FROM: {"": "a fresh one", **{run.id: short(run) for run in trained}},
        }
        self._preset = config_for(preset, base, {})
        self._changes = changes

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Settings over the preset {self._preset.preset}")
            box.border_subtitle = "ctrl+s takes them  ctrl+o as the preset has it  esc cancels"
            for name in KNOBS:
                with Horizontal(classes="row"):
                    yield Label(name)
                    yield self._field(name)
                    yield Static(id=f"{name}-about", classes="about", markup=False)
            yield Static("", id="why", markup=False)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("As the preset has it", id="reset", compact=True)
                yield Button("Take them", id="take", variant="primary", compact=True)

    def _field(self, name: str) -> Input | Select[str]:
        value = told_value(self._changes.get(name, getattr(self._preset, name)))
        if name in self._choices:
            # One that only the command line offers stays, where it was set before.
            offered = {value: value} | self._choices[name]
            return Select(
                ((label, choice) for choice, label in offered.items()),
                id=name,
                value=value,
                allow_blank=False,
                compact=True,
            )
        return Input(value, placeholder=self._default(name), id=name, compact=True)

    def _default(self, name: str) -> str:
        return told_value(getattr(self._preset, name))

    @on(Input.Changed)
    @on(Select.Changed)
    def _compare(self, event: Input.Changed | Select.Changed) -> None:
        name = str(event.control.id)
        self.query_one(f"#{name}-about", Static).update(self._about(name))

    def _about(self, name: str) -> str:
        """Its default, and the first words of why; of a run that was chosen, what that was."""
        if name == START_FROM and (run := self._trained.get(self._typed(name))):
            return one_line(run.title)
        is_own = self._typed(name) == self._default(name)
        changed = "" if is_own else f"not {self._default(name)} as the preset: "
        return f"{changed}{one_line(notes()[name])}"

    @on(DescendantFocus)
    def _explain(self, event: DescendantFocus) -> None:
        if event.widget.id in KNOBS:
            self.query_one("#why", Static).update(f"{event.widget.id}: {notes()[event.widget.id]}")

    def _typed(self, name: str) -> str:
        """What stands in the field; the preset's value where it was emptied."""
        if name in self._choices:
            return str(self.query_one(f"#{name}", Select).value)
        return self.query_one(f"#{name}", Input).value.strip() or self._default(name)

    @on(Button.Pressed, "#reset")
    def action_reset(self) -> None:
        for name in KNOBS:
            if name in self._choices:
                self.query_one(f"#{name}", Select).value = self._default(name)
            else:
                self.query_one(f"#{name}", Input).value = self._default(name)
        self.refusal.update("")

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        name = ""
        try:
            values = {}
            for name in KNOBS:
                values[name] = value_of(name, self._typed(name))
            config = config_for(self._preset.preset, self._base, values)
        except UserError as error:
            self.refusal.update(f"{error.message} {error.hint}".strip())
            return
        self.dismiss({name: value for name, value in differing(config).items() if name in KNOBS})
