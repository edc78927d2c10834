"""What the next training on a dataset is to be: the fields that all have, and whose personas."""

from collections.abc import Iterator

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Label, Select

from engine.tailoring.sets import subject_of
from engine.train.config import PERSONA_NOTES, PRESETS
from studio.widgets.run_order import RunOrder

SETS = (
    ("both sides'", "both"),
    ("the chosen answers'", "chosen"),
    ("the rejected ones', turned", "rejected"),
    ("nobody's: the baseline", "none"),
)
LEFT_OUT, TAKEN = "left out", "taken too"


class TailoringOrder(RunOrder):
    """For one dataset."""

    personas = getters.query_one("#personas", Select)
    unchecked = getters.query_one("#unchecked", Select)

    def __init__(self, dataset_id: str) -> None:
        super().__init__(PERSONA_NOTES)
        self._dataset_id = dataset_id

    def further_fields(self) -> ComposeResult:
        with Horizontal(id="whose"):
            yield Label("Personas")
            yield Select(SETS, id="personas", value="both", allow_blank=False, compact=True)
            yield Label("Unchecked")
            yield Select(
                ((LEFT_OUT, LEFT_OUT), (TAKEN, TAKEN)),
                id="unchecked",
                value=LEFT_OUT,
                allow_blank=False,
                compact=True,
            )

    @on(Select.Changed, "#preset")
    def _preset_changed(self) -> None:
        self.personas.value = PRESETS[self.preset].personas

    def whom(self) -> tuple[str, ...]:
        return (subject_of(self._dataset_id),)

    @property
    def takes_unchecked(self) -> bool:
        return self.unchecked.value == TAKEN

    @property
    def changes(self) -> dict[str, object]:
        told = {"personas": self.personas.value, "unchecked_personas": self.takes_unchecked}
        preset = PRESETS[self.preset]
        own = {name: value for name, value in told.items() if getattr(preset, name) != value}
        return {**super().changes, **own}

    def notes(self) -> Iterator[str]:
        yield self.told_changes(PERSONA_NOTES[self.preset])
