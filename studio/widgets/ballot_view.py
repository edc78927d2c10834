"""One ballot: the book, its two texts, and the reasons that a vote can have."""

from collections.abc import Sequence

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from engine.votes.ballot import NOT_RATED, TAGS, BlindBallot, Vote
from studio.text import one_line
from studio.vote_words import CHOSEN
from studio.widgets.voted_text import VotedText

WHY_KEYS = {
    "f": "fits",
    "i": "interesting",
    "v": "voice",
    "c": "clear",
    "s": "specific",
    "g": "generic",
    "o": "overdone",
    "w": "untrue",
    "e": "repeats",
}
COLUMN = 38
"""Columns of the screen that a reason takes."""
ALL_VOTED = (
    "All ballots of the round have your vote. x shows who wrote which; backspace looks back."
)


class BallotView(Vertical):
    """Shows a ballot, and keeps the reasons of the vote to come."""

    book = getters.query_one("#book", Static)
    left = getters.query_one("#left", VotedText)
    right = getters.query_one("#right", VotedText)
    why = getters.query_one("#why", Static)
    told = getters.query_one("#told", Static)

    def __init__(self) -> None:
        super().__init__(id="ballot")
        self.tags: tuple[str, ...] = ()
        """The reasons given for the vote to come."""
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(id="book", markup=False)
        with Horizontal(id="texts"):
            yield VotedText("left")
            yield VotedText("right")
        yield Static(id="why", markup=False)
        yield Static(id="told", markup=False)

    def on_resize(self) -> None:
        self._show_reasons()

    def show(self, ballot: BlindBallot | None) -> None:
        """Show a ballot, or that all have a vote.

        One that is on screen already is not drawn again: its reader may have scrolled, and given
        reasons.
        """
        vote = ballot.vote if ballot else None
        drawn = (ballot and ballot.code, vote and (vote.choice, vote.tags, vote.rated))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.set_class(ballot is None, "-voted")
        if ballot is None:
            self.book.update("")
            self.told.update(ALL_VOTED)
            return
        by = f", {ballot.author}" if ballot.author else ""
        self.book.update(one_line(f"{ballot.title}{by}"))
        choice = vote.choice if vote else None
        self.left.show(ballot.left, choice == "left")
        self.right.show(ballot.right, choice == "right")
        self.tags = vote.tags if vote else ()
        said = f"You said: {CHOSEN[choice]}. {_rated(vote)}" if vote and choice else ""
        self.told.update(said or "Which would this reader rather have? A reason first, if any.")
        self._show_reasons()

    def tick(self, tag: str) -> None:
        """Give a reason of the vote to come, or take it away."""
        ticked = {*self.tags} ^ {tag}
        self.tags = tuple(one for one in TAGS if one in ticked)
        self._show_reasons()

    def scroll_by(self, lines: int) -> None:
        """Scroll both texts together."""
        for text in (self.left, self.right):
            text.scroll_relative(y=lines, animate=False)

    def _show_reasons(self) -> None:
        """The reasons with their keys, in as many columns as there is room for."""
        columns = max(1, (self.size.width - 2) // COLUMN)
        cells = [
            Content.assemble(
                ("✓" if tag in self.tags else " "), (key, "bold $text-accent"), f" {TAGS[tag]}"
            )
            for key, tag in WHY_KEYS.items()
        ]
        lines = [cells[at : at + columns] for at in range(0, len(cells), columns)]
        self.why.update(Content("\n").join(map(_in_columns, lines)))


def _rated(vote: Vote) -> str:
    left, right = (one or "open" for one in vote.rated)
    if vote.rated == NOT_RATED:
        return "Another vote takes its place; y rates both texts."
    return f"Rated {left} and {right} (y). Another vote takes its place."


def _in_columns(cells: Sequence[Content]) -> Content:
    padded = (cell.pad_right(max(0, COLUMN - 1 - cell.cell_length)) for cell in cells)
    return Content(" ").join(padded)
