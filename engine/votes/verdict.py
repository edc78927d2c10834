"""What the votes of a round come to, contestant against contestant. Pure figures.

*Preference gain*, *top-1 win rate* and the breakdowns are defined as in `docs/votes.md`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from engine.intervals import wilson
from engine.votes.ballot import ORIGINAL, Contestant, Round, Seat, Vote
from engine.votes.counting import (
    Agreement,
    Counted,
    Interest,
    Outcome,
    Rated,
    WinRate,
    agreement,
    firsts,
    grouped,
    interest,
    win_rate,
)


@dataclass(frozen=True)
class PairVerdict:
    """One contestant against another."""

    a: str
    b: str
    overall: WinRate
    """Of a over b, as all that follow."""
    by_genre: Mapping[str, WinRate]
    by_kind: Mapping[str, WinRate]
    """`fiction` and `non-fiction`."""
    by_voter: Mapping[str, WinRate]
    reasons: Mapping[str, tuple[int, int]]
    """By tag: with votes for a, with votes for b."""


@dataclass(frozen=True)
class First:
    """How often a contestant came first alone among all of them."""

    share: float
    """Of the rankings: of each book by each voter who voted on all its ballots."""
    low: float
    high: float
    """Wilson's 95 % interval, for rankings that are independent."""
    rankings: int


@dataclass(frozen=True)
class Verdict:
    """All figures of a round, or of what a judge said of it."""

    pairs: tuple[PairVerdict, ...]
    top_1: Mapping[str, First]
    agreement: Agreement | None
    """Between the voters; None where no two voted on the same ballot."""
    left: WinRate
    """Left against right: far from half, the votes tell of the side rather than of the text."""
    interest: Mapping[str, Interest]
    """By contestant that was rated."""

    def preference_gain(self) -> dict[str, WinRate]:
        """Of each contestant over the book's own description; none where that took no part."""
        return {pair.a: pair.overall for pair in self.pairs if pair.b == ORIGINAL}

    def as_json(self) -> dict[str, object]:
        gains = {name: rate.share for name, rate in self.preference_gain().items()}
        return {**asdict(self), "preference_gain": gains}


def verdict_of(whole: Round, votes: Sequence[Vote] | None = None) -> Verdict:
    """The figures of a round.

    Args:
        votes: those to count, such as a judge's; the round's own where None.
    """
    cast = whole.votes if votes is None else tuple(votes)
    seats = {seat.code: seat for seat in whole.seats}
    on = [(seats[vote.code], vote) for vote in cast]
    said: defaultdict[str, list[str]] = defaultdict(list)
    for vote in cast:
        said[vote.code].append(vote.choice)
    pairs = tuple(_pair_verdict(a, b, on) for a, b in _met(whole.contestants))
    rated = interest(_ratings(on))
    return Verdict(pairs, _top_1(whole, on), agreement(said.values()), _left(on), rated)


def _ratings(on: Sequence[tuple[Seat, Vote]]) -> Iterator[Rated]:
    for seat, vote in on:
        for contestant, rating in zip((seat.left, seat.right), vote.rated, strict=True):
            if rating is not None:
                yield Rated(contestant, seat.book_id, rating, vote.voter)


def _met(contestants: Mapping[str, Contestant]) -> Iterator[tuple[str, str]]:
    """Every two of them, the book's own description always second."""
    in_order = sorted(contestants, key=lambda name: name == ORIGINAL)
    yield from combinations(in_order, 2)


def _pair_verdict(a: str, b: str, on: Sequence[tuple[Seat, Vote]]) -> PairVerdict:
    votes = [_counted(seat, vote, a) for seat, vote in on if {seat.left, seat.right} == {a, b}]
    reasons = {
        tag: tuple(_with(votes, tag, outcome) for outcome in ("won", "lost"))
        for tag in dict.fromkeys(tag for vote in votes for tag in vote.tags)
    }
    return PairVerdict(
        a,
        b,
        win_rate(votes),
        grouped(votes, lambda vote: vote.genre),
        grouped(votes, _kind),
        grouped(votes, lambda vote: vote.voter),
        {tag: (for_a, for_b) for tag, (for_a, for_b) in reasons.items()},
    )


def _counted(seat: Seat, vote: Vote, a: str) -> Counted:
    """A vote seen from a contestant of its seat."""
    winner = seat.winner(vote.choice)
    outcome: Outcome = "tie" if vote.choice == "tie" else "both_bad"
    if winner is not None:
        outcome = "won" if winner == a else "lost"
    return Counted(seat.code, outcome, vote.voter, seat.genre, seat.fiction, vote.tags)


def _kind(vote: Counted) -> str | None:
    return None if vote.fiction is None else "fiction" if vote.fiction else "non-fiction"


def _with(votes: Sequence[Counted], tag: str, outcome: str) -> int:
    return sum(tag in vote.tags and vote.outcome == outcome for vote in votes)


def _left(on: Sequence[tuple[Seat, Vote]]) -> WinRate:
    return win_rate(_counted(seat, vote, seat.left) for seat, vote in on)


def _top_1(whole: Round, on: Sequence[tuple[Seat, Vote]]) -> dict[str, First]:
    """By voter and book: a win is a point, a tie or both bad half a point for each."""
    ballots = Counter(seat.book_id for seat in whole.seats)
    points: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    voted: Counter[tuple[str, str]] = Counter()
    for seat, vote in on:
        key = (vote.voter, seat.book_id)
        voted[key] += 1
        winner = seat.winner(vote.choice)
        for name in (seat.left, seat.right):
            points[key][name] += 2 * (winner == name) + (winner is None)
    whole_rankings = [own for key, own in points.items() if voted[key] == ballots[key[1]]]
    return {
        name: First(top / count, *wilson(top, count), count)
        for name, (top, count) in firsts(whole_rankings).items()
    }
