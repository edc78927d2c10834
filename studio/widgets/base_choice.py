"""Which base a training begins with, and which preset: a line of fields."""

from collections.abc import Iterable

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label, Select

EMBEDDED, OTHER = "embedded", ""


class BaseChoice(Horizontal):
    """`spec` is what the fields say; a base that is none of those listed is typed beside them."""

    base = getters.query_one("#base", Select)
    other = getters.query_one("#other", Input)
    preset = getters.query_one("#preset", Select)

    def __init__(self, presets: Iterable[str]) -> None:
        """
        Args:
            presets: names, the first of them chosen to begin with.
        """
        super().__init__()
        self._presets = tuple(presets)

    def compose(self) -> ComposeResult:
        yield Label("Base")
        yield Select(
            (("embedded SmolLM2-135M", EMBEDDED), ("another, typed here:", OTHER)),
            id="base",
            value=EMBEDDED,
            allow_blank=False,
            compact=True,
        )
        yield Input(placeholder="GGUF file, folder or Hugging Face id", id="other", compact=True)
        yield Label("Preset")
        yield Select(
            ((preset, preset) for preset in self._presets),
            id="preset",
            value=self._presets[0],
            allow_blank=False,
            compact=True,
        )

    @property
    def spec(self) -> str:
        """The base as a run takes it; empty while nothing is typed."""
        return str(self.base.value) or self.other.value.strip()

    def ask_for_base(self) -> None:
        """Say that a base has to be typed, and where."""
        self.notify("Type the base model's file, folder or id first.", markup=False)
        self.other.focus()

    @on(Select.Changed, "#base")
    def _base_chosen(self) -> None:
        self.other.display = self.base.value == OTHER
        if self.other.display:
            self.other.focus()

    @on(Input.Submitted, "#other")
    def leave(self) -> None:
        """Go on from the field of the base, where the focus is in it."""
        if self.other.has_focus:
            self.preset.focus()
