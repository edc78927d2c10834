"""What of the bank an editor wants pairs of."""

from dataclasses import dataclass

from engine.domain import TRACKS, Track
from models.errors import BadInput

MOST_ANSWERS = 4


@dataclass(frozen=True)
class PairChoice:
    """Which pairs are built."""

    tracks: frozenset[Track] = frozenset(TRACKS)
    """`descriptions` is ours and not GRAVITY's: switch it off to compare with the paper."""
    answers: int = 2
    """Pairs per personality question, 1 to 4: two high and two low answers meet in four ways.
    GRAVITY has one; more of them teach the same question again."""

    def __post_init__(self) -> None:
        if not 1 <= self.answers <= MOST_ANSWERS:
            raise BadInput(f"A question makes 1 to {MOST_ANSWERS} pairs, not {self.answers}.")
        if unknown := self.tracks - set(TRACKS):
            raise BadInput(f"There is no track {sorted(unknown)[0]!r}: {', '.join(TRACKS)}.")
