"""What the next training is to be, as far as it is the same for readers and for datasets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Select, Static

from engine.domain import Run
from engine.train.settings import told
from studio.screens.knobs import Knobs
from studio.text import one_line
from studio.widgets.base_choice import EMBEDDED, BaseChoice


@dataclass(frozen=True)
class Order:
    """What a training is to be started with."""

    reader_ids: tuple[str, ...]
    """Of readers, or the one subject of a dataset."""
    base: str
    preset: str
    changes: dict[str, object]
    """Settings that differ from the preset's."""


class RunOrder(Vertical):
    """A line of fields, and a line `#note` that tells what they come to."""

    class Changed(Message):
        """The fields or the settings are others, or were looked at for the first time."""

    choice = getters.query_one(BaseChoice)

    def __init__(self, presets: Iterable[str]) -> None:
        """
        Args:
            presets: names, the first of them chosen to begin with.
        """
        super().__init__()
        self._presets = tuple(presets)
        self._changes: dict[str, object] = {}

    def compose(self) -> ComposeResult:
        yield BaseChoice(self._presets)
        yield from self.further_fields()
        yield Static(id="note", markup=False)

    def further_fields(self) -> ComposeResult:
        """Lines of fields between the base and the note; none unless told."""
        yield from ()

    def notes(self) -> Iterator[str]:
        """What there is to say of the fields, in sentences."""
        raise NotImplementedError

    def whom(self) -> tuple[str, ...]:
        """Ids of readers, or the one subject of a dataset; empty while there is none."""
        raise NotImplementedError

    @property
    def changes(self) -> dict[str, object]:
        """Settings that differ from the preset's."""
        return self._changes

    @property
    def preset(self) -> str:
        return str(self.choice.preset.value)

    @property
    def order(self) -> Order | None:
        """None while there is nobody to train for, or no base; the base's field is in focus."""
        base, whom = self.choice.spec, self.whom()
        if not (base and whom):
            self.choice.ask_for_base()
            return None
        return Order(whom, base, self.preset, self.changes)

    def told_changes(self, note: str) -> str:
        """The preset's note, or, since it tells of numbers, what is changed instead."""
        if not self._changes:
            return note
        return f"Changed: {told(self._changes)}; all else as {self.preset} has it."

    @on(Select.Changed)
    def explain(self) -> None:
        """Show the sentences that fit the fields now."""
        self.query_one("#note", Static).update(one_line(" ".join(self.notes()), 300))
        self.post_message(self.Changed())

    @work(group="ask", exclusive=True)
    async def ask_settings(self, runs: Iterable[Run]) -> None:
        """Let the editor change settings over the preset; `runs` are those there are."""
        trained = [run for run in runs if run.kind == "train" and run.state == "finished"]
        dialog = Knobs(self.preset, self.choice.spec or EMBEDDED, self._changes, trained)
        changes = await self.app.push_screen_wait(dialog)
        if changes is not None:
            self._changes = dict(changes)
            self.explain()
