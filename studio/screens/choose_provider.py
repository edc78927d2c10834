"""Who reads the reviews, or judges: the embedded model, a local one, or an endpoint."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

PROVIDERS = (
    ("embedded", "Embedded: on this computer, no network", ""),
    ("local", "Local model: a GGUF file on this computer", "the path of the .gguf file"),
    (
        "endpoint",
        "Endpoint: {sent} are sent to a server you name",
        "the endpoint's name or address",
    ),
)


class ChooseProvider(ModalScreen[str | None]):
    """Gives back `embedded`, `local:FILE` or `endpoint:NAME`."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="provider.cancel", tooltip="Ask nobody")
    ]
    choice = getters.query_one("#choice", Select)
    which = getters.query_one("#which", Input)
    refusal = getters.query_one("#refusal", Static)

    def __init__(
        self,
        heading: str = "Build the profile: who reads the reviews?",
        verb: str = "Build",
        sent: str = "reviews",
    ) -> None:
        super().__init__()
        self._heading = heading
        self._verb = verb
        self._sent = sent

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = self._heading
            yield Select(
                ((label.format(sent=self._sent), name) for name, label, _ in PROVIDERS),
                id="choice",
                value="embedded",
                allow_blank=False,
                compact=True,
            )
            yield Label("", id="asked", classes="label", markup=False)
            yield Input(id="which", compact=True)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self._verb, id="build", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#build", Button).focus()

    @property
    def _asked(self) -> str:
        """What else has to be typed for the chosen provider; nothing for the embedded one."""
        return next(asked for name, _, asked in PROVIDERS if name == self.choice.value)

    @on(Select.Changed, "#choice")
    def _changed(self) -> None:
        self.query_one("#asked", Label).update(f"Type {self._asked}" if self._asked else "")
        self.which.display = bool(self._asked)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#build")
    @on(Input.Submitted, "#which")
    def _submit(self) -> None:
        typed = self.which.value.strip()
        if not self._asked:
            self.dismiss(str(self.choice.value))
        elif typed:
            self.dismiss(f"{self.choice.value}:{typed}")
        else:
            self.refusal.update(f"Type {self._asked}.")
            self.which.focus()
