"""Votes counted: win rates with intervals, what a verdict still takes, how far voters agree.

Nothing here knows a store or a screen. A ballot that several people voted on is not several
independent cases: what they say of it goes together, and the interval is as wide as that makes it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from engine.intervals import Z_95, mean_interval, wilson

Outcome = Literal["won", "lost", "tie", "both_bad"]
EVEN = 0.5


@dataclass(frozen=True)
class Counted:
    """One vote between two contestants, seen from the first."""

    ballot: str
    outcome: Outcome
    voter: str = ""
    genre: str | None = None
    fiction: bool | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class WinRate:
    """How often the first of two contestants was preferred."""

    wins: int
    losses: int
    ties: int
    both_bad: int
    ballots: int
    """That were voted on; fewer than votes where several people voted."""
    share: float | None
    """Of the votes that preferred one of them, 0 to 1; None where none did."""
    low: float
    """The 95 % interval of the share."""
    high: float
    design_effect: float
    """How many votes count as one, since votes on one ballot go together; 1 with one voter."""
    more: int | None
    """Votes that a verdict still takes, as of `votes_missing`; 0 with a verdict, None at half."""

    @property
    def votes(self) -> int:
        return self.wins + self.losses + self.ties + self.both_bad

    @property
    def tie_rate(self) -> float | None:
        """Of all votes."""
        return self.ties / self.votes if self.votes else None

    @property
    def both_bad_rate(self) -> float | None:
        return self.both_bad / self.votes if self.votes else None

    @property
    def verdict(self) -> Literal["won", "lost"] | None:
        """Whether the interval leaves out one half, and on which side."""
        if self.low > EVEN:
            return "won"
        return "lost" if self.high < EVEN else None


@dataclass(frozen=True)
class Agreement:
    """How far several voters say the same of the same ballots."""

    ballots: int
    """On which at least two voted."""
    share: float
    """Of all pairs of votes on one ballot, those that are the same, 0 to 1."""
    alpha: float | None
    """Krippendorff's, nominal: 1 the same, 0 as by chance; None where all votes are one and the
    same, of which chance would make as much."""


@dataclass(frozen=True)
class Rated:
    """One rating of one text."""

    contestant: str
    book: str
    rating: int
    """1 to 5."""
    voter: str = ""


@dataclass(frozen=True)
class Interest:
    """How much the reader would want to read the books, by one contestant's descriptions."""

    mean: float
    """Of ratings from 1 to 5: of each text's mean, so that each text counts once."""
    interval: tuple[float, float] | None
    """95 %, by Student's t over the texts; None for one text."""
    ratings: int
    voters: int


def interest(ratings: Iterable[Rated]) -> dict[str, Interest]:
    """What ratings come to, by contestant.

    Ratings of one text go together, whoever gave them, and are not several independent cases.
    """
    of: defaultdict[str, list[Rated]] = defaultdict(list)
    for one in ratings:
        of[one.contestant].append(one)
    return {name: _interest(own) for name, own in of.items()}


def _interest(ratings: Sequence[Rated]) -> Interest:
    of_text: defaultdict[str, list[int]] = defaultdict(list)
    for one in ratings:
        of_text[one.book].append(one.rating)
    means = [fmean(own) for own in of_text.values()]
    voters = len({one.voter for one in ratings})
    return Interest(fmean(means), mean_interval(means), len(ratings), voters)


def win_rate(votes: Iterable[Counted]) -> WinRate:
    """Count votes between two contestants.

    The interval is Wilson's for as many independent cases as the votes are worth: their number over
    the design effect (E. L. Korn and B. I. Graubard, Survey Methodology 24, 1998).
    """
    all_votes = list(votes)
    counts = Counter(vote.outcome for vote in all_votes)
    wins, losses = counts["won"], counts["lost"]
    decided = [vote for vote in all_votes if vote.outcome in ("won", "lost")]
    effect = design_effect(decided)
    low, high = wilson(wins / effect, len(decided) / effect)
    return WinRate(
        wins,
        losses,
        counts["tie"],
        counts["both_bad"],
        len({vote.ballot for vote in all_votes}),
        wins / len(decided) if decided else None,
        low,
        high,
        effect,
        votes_missing(wins, losses, len(all_votes), effect),
    )


def design_effect(decided: Sequence[Counted]) -> float:
    """By how much the votes' variance exceeds that of as many independent ones; at least 1.

    The variance of a ratio over clusters, which are the ballots. Where all votes are the same there
    is none to measure, and a ballot counts once.
    """
    cast: defaultdict[str, list[bool]] = defaultdict(list)
    for vote in decided:
        cast[vote.ballot].append(vote.outcome == "won")
    clusters, votes = len(cast), len(decided)
    if votes == clusters:
        return 1.0
    share = sum(map(sum, cast.values())) / votes
    if clusters == 1 or share in (0, 1):
        return votes / clusters
    spread = sum((sum(won) - share * len(won)) ** 2 for won in cast.values())
    variance = clusters / (clusters - 1) * spread / votes**2
    return max(1.0, variance / (share * (1 - share) / votes))


def votes_missing(wins: int, losses: int, votes: int, effect: float = 1.0) -> int | None:
    """How many more votes it takes until the interval leaves out one half.

    Assumed: the votes to come fall as those so far did, with the same share of wins, of ties and
    both bad, and as much alike on one ballot. They rarely do so exactly, so that it may take fewer
    or more. Without a vote that prefers one: all to come prefer the same, and there are no ties.

    Args:
        votes: all of them, ties and both bad too.

    Returns:
        0 where it leaves out one half already; None where the votes are exactly even, since more of
        the same never will.
    """
    decided = wins + losses
    if not decided:
        return math.ceil(Z_95**2)
    if wins == losses:
        return None
    # Wilson's interval leaves out one half just where |share - 1/2| > z / (2 √n).
    wanted = effect * (Z_95 / (2 * (wins / decided - EVEN))) ** 2
    missing = max(0.0, wanted - decided)
    return math.ceil(missing * votes / decided)


def grouped(
    votes: Iterable[Counted], by: Callable[[Counted], Hashable | None]
) -> dict[str, WinRate]:
    """The win rate of each group, the largest first; votes of no group are left out."""
    groups: defaultdict[str, list[Counted]] = defaultdict(list)
    for vote in votes:
        if (group := by(vote)) is not None:
            groups[str(group)].append(vote)
    in_order = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return {name: win_rate(own) for name, own in in_order}


def agreement(said: Iterable[Sequence[str]]) -> Agreement | None:
    """Between all who voted on the same ballots; None where no two did.

    By K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), nominal data with
    missing values.

    Args:
        said: of each ballot what each of its voters said.
    """
    units = [list(votes) for votes in said if len(votes) > 1]
    if not units:
        return None
    values = Counter(value for unit in units for value in unit)
    total = sum(values.values())
    # Of each unit the ordered pairs of votes that differ, each worth 1 / (votes - 1).
    observed = sum(_unlike(Counter(unit)) / (len(unit) - 1) for unit in units) / total
    expected = _unlike(values) / (total * (total - 1))
    pairs = sum(len(unit) * (len(unit) - 1) for unit in units)
    alike = pairs - sum(_unlike(Counter(unit)) for unit in units)
    alpha = 1 - observed / expected if expected else None
    return Agreement(len(units), alike / pairs, alpha)


def _unlike(counts: Mapping[str, int]) -> int:
    """Ordered pairs of two different values."""
    total = sum(counts.values())
    return total**2 - sum(count**2 for count in counts.values())


def firsts(points: Iterable[Mapping[str, float]]) -> dict[str, tuple[int, int]]:
    """How often each contestant came first alone, and of how many rankings; a shared first place
    is nobody's.

    Args:
        points: of each ranking the contestants' points.
    """
    tops: Counter[str] = Counter()
    ranked: Counter[str] = Counter()
    for ranking in points:
        best = max(ranking.values())
        leaders = [name for name, own in ranking.items() if own == best]
        ranked.update(ranking.keys())
        if len(leaders) == 1:
            tops[leaders[0]] += 1
    return {name: (tops[name], ranked[name]) for name in ranked}
