"""What the next training is to be: its base, its preset, what differs from it, and for whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Select, Static

from engine.store.readers import ReaderSummary
from engine.train.config import PRESET_NOTES
from engine.train.settings import told
from studio.screens.further_readers import FurtherReaders
from studio.screens.knobs import Knobs
from studio.text import count, one_line

EMBEDDED, OTHER = "embedded", ""


@dataclass(frozen=True)
class Order:
    """What a training is to be started with."""

    reader_ids: tuple[str, ...]
    base: str
    preset: str
    changes: dict[str, object]
    """Settings that differ from the preset's."""


class TrainingOrder(Vertical):
    """A line of fields, and a line that tells what they come to."""

    base = getters.query_one("#base", Select)
    preset = getters.query_one("#preset", Select)
    other = getters.query_one("#other", Input)

    def __init__(self) -> None:
        super().__init__()
        self._reader: ReaderSummary | None = None
        self._others: tuple[ReaderSummary, ...] = ()
        self._changes: dict[str, object] = {}
        self._further: dict[str, tuple[str, ...]] = {}
        """Reader id to the ids of those that are trained for together with them."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="settings"):
            yield Label("Base")
            yield Select(
                (("embedded SmolLM2-135M", EMBEDDED), ("another, typed here:", OTHER)),
                id="base",
                value=EMBEDDED,
                allow_blank=False,
                compact=True,
            )
            yield Input(
                placeholder="GGUF file, folder or Hugging Face id", id="other", compact=True
            )
            yield Label("Preset")
            yield Select(
                ((preset, preset) for preset in PRESET_NOTES),
                id="preset",
                value="quick",
                allow_blank=False,
                compact=True,
            )
        yield Static(id="note", markup=False)

    def show(self, reader: ReaderSummary | None, readers: Sequence[ReaderSummary]) -> None:
        """Take the reader that is trained for, and all that could be beside them."""
        self._reader = reader
        self._others = tuple(
            other
            for other in readers
            if reader is not None and other.id != reader.id and other.profile_built and other.pairs
        )
        self._explain()

    @property
    def order(self) -> Order | None:
        """None while there is no reader or no base; the field of the base is then in focus."""
        base = str(self.base.value) or self.other.value.strip()
        if self._reader is None or not base:
            self.notify("Type the base model's file, folder or id first.", markup=False)
            self.other.focus()
            return None
        reader_ids = (self._reader.id, *(other.id for other in self._together))
        return Order(reader_ids, base, str(self.preset.value), self._changes)

    @property
    def _together(self) -> list[ReaderSummary]:
        ticked = self._further.get(self._reader.id, ()) if self._reader else ()
        return [other for other in self._others if other.id in ticked]

    @on(Select.Changed, "#preset")
    def _explain(self) -> None:
        preset = str(self.preset.value)
        parts = [PRESET_NOTES[preset]]
        if self._changes:
            # The preset's own words tell of numbers that may be others now.
            parts = [f"Changed: {told(self._changes)}; all else as {preset} has it."]
        if self._others and not self._together:
            parts.append("r trains for further readers too.")
        if self._reader is not None and (together := self._together):
            further = count(len(together), "further reader")
            parts.insert(0, f"For {self._reader.name} and {further}.")
        self.query_one("#note", Static).update(one_line(" ".join(parts), 300))

    @on(Select.Changed, "#base")
    def _base_chosen(self) -> None:
        self.other.display = self.base.value == OTHER
        if self.other.display:
            self.other.focus()

    @on(Input.Submitted, "#other")
    def leave_base(self) -> None:
        """Go on from the field of the base, where the focus is in it."""
        if self.other.has_focus:
            self.preset.focus()

    @work(group="ask", exclusive=True)
    async def ask_settings(self) -> None:
        """Let the editor change settings over the preset."""
        base = str(self.base.value) or self.other.value.strip() or EMBEDDED
        dialog = Knobs(str(self.preset.value), base, self._changes)
        changes = await self.app.push_screen_wait(dialog)
        if changes is not None:
            self._changes = dict(changes)
            self._explain()

    @work(group="ask", exclusive=True)
    async def ask_readers(self) -> None:
        """Let the editor choose readers to train for beside this one."""
        reader = self._reader
        if reader is None or not self._others:
            self.notify("No other reader has a profile and pairs yet.", markup=False)
            return
        ticked = self._further.get(reader.id, ())
        further = await self.app.push_screen_wait(FurtherReaders(reader, self._others, ticked))
        if further is not None:
            self._further[reader.id] = further
            self._explain()
