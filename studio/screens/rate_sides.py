"""How much each text of a ballot makes one want to read the book: a digit for each, still blind."""

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.votes.ballot import LEAST_RATING, MOST_RATING, NOT_RATED, BlindBallot, Ratings
from studio.text import one_line
from studio.widgets.voted_text import VotedText

ASKED = (
    "How much would this reader want to read the book, by this text? 1 not at all, 5 very much; "
    "0 leaves it open."
)


class RateSides(ModalScreen[Ratings | None]):
    """Gives back the ratings once both sides have a digit; None changes nothing."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="rate.cancel", tooltip="Rate nothing"),
        Binding("backspace", "back", "Back", id="rate.back", tooltip="Rate the left text again"),
        *(
            Binding(
                str(digit),
                f"rate({digit})",
                f"Rate {digit}" if digit else "Leave open",
                show=False,
                id=f"rate.{digit}",
                tooltip=f"Rate {digit}" if digit else "Leave this text without a rating",
            )
            for digit in (0, *range(LEAST_RATING, MOST_RATING + 1))
        ),
    ]
    told = getters.query_one("#told", Static)

    def __init__(self, ballot: BlindBallot) -> None:
        super().__init__()
        self._ballot = ballot
        self._left: int | None = None
        self._is_right = False
        """Whether the left text has its digit."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._ballot.title, 60))
            box.border_subtitle = "0 to 5   backspace goes back   esc rates nothing"
            yield Static(ASKED, markup=False)
            with Horizontal(id="texts"):
                yield VotedText("left")
                yield VotedText("right")
            yield Static(id="told", markup=False)

    def on_mount(self) -> None:
        self._show()

    def action_rate(self, digit: int) -> None:
        """Take a digit for the side that is asked about."""
        rating = digit or None
        if not self._is_right:
            self._left, self._is_right = rating, True
            self._show()
        else:
            self.dismiss((self._left, rating))

    def action_back(self) -> None:
        self._is_right = False
        self._show()

    def _show(self) -> None:
        side = "right" if self._is_right else "left"
        for text in self.query(VotedText):
            words = self._ballot.left if text.id == "left" else self._ballot.right
            text.ask(words, text.id == side)
        rated = (self._ballot.vote.rated if self._ballot.vote else NOT_RATED)[self._is_right]
        before = f" It was rated {rated}." if rated else ""
        left = f"Left: {self._left or 'open'}. " if self._is_right else ""
        self.told.update(f"{left}The {side} text: 0 to 5?{before}")
