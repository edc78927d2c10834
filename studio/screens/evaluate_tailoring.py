"""What is to be evaluated on a dataset's held-out pairs: which runs, how many pairs, a persona."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label, SelectionList, Static
from textual.widgets.selection_list import Selection

from engine.domain import Run
from engine.tailoring.evaluation import EvaluationOrder
from studio.text import moment, one_line

SCORED = (
    "Each model scores held-out pairs under the person's own persona, the opposed one and none. "
    "No judge is asked."
)


class EvaluateTailoring(ModalScreen[EvaluationOrder | None]):
    """Gives back the order; None evaluates nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="evaluate.cancel", tooltip="Evaluate nothing")
    ]
    refusal = getters.query_one("#refusal", Static)

    def __init__(
        self, dataset_id: str, trained: Sequence[Run], first: Run | None, unchecked: bool
    ) -> None:
        """
        Args:
            trained: finished trainings on this dataset.
            first: the one of them that is ticked to begin with.
            unchecked: take personas that were not checked too.
        """
        super().__init__()
        self._dataset_id = dataset_id
        self._trained = trained
        self._first = first
        self._unchecked = unchecked

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Evaluate on held-out pairs"
            yield Static(SCORED, markup=False)
            yield Label("Beside the base: space ticks a model", classes="label")
            yield SelectionList(
                *(
                    Selection(
                        Content(f"{moment(run.created_at)}  {one_line(run.title, 60)}"),
                        run.id,
                        run == self._first,
                    )
                    for run in self._trained
                ),
                id="models",
                compact=True,
            )
            yield Checkbox("The base with five examples before the prompt", True, id="few-shot")
            yield Checkbox("Personas that were not checked", self._unchecked, id="unchecked")
            yield Label("Held-out pairs at the most; 0 takes all", classes="label")
            yield Input("100", id="limit", type="integer", compact=True)
            yield Label("A persona to ask every prompt for too, if you like", classes="label")
            yield Input(placeholder="The user is … and prefers …", id="fixed", compact=True)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Evaluate", id="evaluate", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#models").display = bool(self._trained)
        self.query_one("#evaluate", Button).focus()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#evaluate")
    @on(Input.Submitted)
    def _submit(self) -> None:
        typed = self.query_one("#limit", Input).value.strip()
        if not typed.isdecimal():
            self.refusal.update(f"{typed!r} is no number of pairs.")
            return
        ticked = self.query_one("#models", SelectionList).selected
        self.dismiss(
            EvaluationOrder(
                self._dataset_id,
                tuple(run.id for run in self._trained if run.id in ticked),
                few_shot=self.query_one("#few-shot", Checkbox).value,
                limit=int(typed),
                unchecked=self.query_one("#unchecked", Checkbox).value,
                fixed=" ".join(self.query_one("#fixed", Input).value.split()),
            )
        )
