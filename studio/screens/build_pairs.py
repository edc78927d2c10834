"""What of the bank the editor wants pairs of, before they are built."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Label, Select, Static

from engine.domain import TRACKS, Track
from engine.pairs.choice import MOST_ANSWERS, PairChoice

ABOUT = {
    "interests": "Interests: genres and books that are sought, against others",
    "values": "Values: scenes that live by a statement, against its opposite",
    "personality": "Personality: answers to everyday questions",
    "descriptions": "Descriptions: one book from opposed angles (ours, not GRAVITY's)",
}


class BuildPairs(ModalScreen[PairChoice | None]):
    """Gives back the choice; None builds nothing."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "Checkbox"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="build.cancel", tooltip="Build nothing"),
        # Before the tick box, whose own key it is too: space ticks.
        Binding("enter", "build", "Build", id="build.build", tooltip="Build", priority=True),
    ]

    def __init__(self, choice: PairChoice) -> None:
        """
        Args:
            choice: what is ticked at first.
        """
        super().__init__()
        self._choice = choice

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Build the pairs"
            box.border_subtitle = "space ticks  enter builds  esc builds nothing"
            yield Static(
                "What you edited, accepted, flagged or dropped stays, and what was imported.",
                markup=False,
            )
            for track in TRACKS:
                is_on = track in self._choice.tracks
                yield Checkbox(ABOUT[track], is_on, id=track, compact=True)
            yield Label("Pairs of each question", classes="label")
            yield Select(
                ((str(number), number) for number in range(1, MOST_ANSWERS + 1)),
                id="answers",
                value=self._choice.answers,
                allow_blank=False,
                compact=True,
            )
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Build", id="build", variant="primary", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "build" or isinstance(self.focused, Checkbox)

    @on(Button.Pressed, "#build")
    def action_build(self) -> None:
        tracks: frozenset[Track] = frozenset(
            track for track in TRACKS if self.query_one(f"#{track}", Checkbox).value
        )
        if not tracks:
            self.query_one("#refusal", Static).update("Tick at least one track.")
            return
        answers = int(str(self.query_one("#answers", Select).value))
        self.dismiss(PairChoice(tracks, answers))
