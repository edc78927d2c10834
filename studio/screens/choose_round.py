"""Which blind round: a list of a reader's rounds, the newest first."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from engine.votes.rounds import RoundLine
from studio.vote_words import round_line


class ChooseRound(ModalScreen[str | None]):
    """Gives back the round's id; None stays with the one that is open."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="round.cancel", tooltip="Stay with this round")
    ]

    def __init__(self, rounds: Sequence[RoundLine]) -> None:
        super().__init__()
        self._rounds = rounds

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Rounds"
            box.border_subtitle = "enter chooses   esc cancels"
            yield OptionList(*map(round_line, self._rounds), id="others", markup=False)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._rounds[event.option_index].id)
