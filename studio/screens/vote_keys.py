"""The keys of the Vote screen."""

from textual.binding import Binding, BindingType

from engine.votes.ballot import TAGS
from studio.widgets.ballot_view import WHY_KEYS

KEYS: list[BindingType] = [
    Binding("l,left", "vote('left')", "Left", id="vote.left", tooltip="Take the left text"),
    Binding("r,right", "vote('right')", "Right", id="vote.right", tooltip="Take the right text"),
    Binding("t", "vote('tie')", "Tie", id="vote.tie", tooltip="Both are equally good"),
    Binding("b", "vote('both_bad')", "Both bad", id="vote.bad", tooltip="Neither will do"),
    Binding("backspace", "look(-1)", "Back", id="vote.back", tooltip="Go back and change a vote"),
    Binding("tab", "look(1)", "On", show=False, id="vote.on", tooltip="Go on without a vote"),
    *(
        Binding(
            key,
            f"why('{tag}')",
            TAGS[tag].capitalize(),
            show=False,
            id=f"vote.why.{tag}",
            tooltip=f"Why: {TAGS[tag]}",
        )
        for key, tag in WHY_KEYS.items()
    ),
    Binding("y", "rate", "Rate", show=False, id="vote.rate", tooltip="Rate both texts from 1 to 5"),
    Binding("down", "scroll(1)", "Down", show=False, id="vote.down", tooltip="Read on"),
    Binding("up", "scroll(-1)", "Up", show=False, id="vote.up", tooltip="Read back"),
    Binding("k", "card", "Reader", show=False, id="vote.card", tooltip="Show who the reader is"),
    Binding("x", "reveal", "Show sides", id="vote.reveal", tooltip="Show who wrote which"),
    Binding("p", "pairs", "Pairs", id="vote.pairs", tooltip="Make training pairs of the votes"),
    Binding("j", "judge", "Judge", id="vote.judge", tooltip="Have a model judge the round"),
    Binding("n", "make", "New", id="vote.new", tooltip="Make a blind round"),
    Binding("m", "rounds", "Rounds", show=False, id="vote.rounds", tooltip="Open another round"),
    Binding("a", "voter", "As", show=False, id="vote.voter", tooltip="Vote as somebody else"),
]
