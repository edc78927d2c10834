"""Answers against answers: what a judge's word on quality and personalisation comes to.

W is wins / (wins + losses), ties left out, and ΔPQ = Wp + Wq - 1 = ½ [(Wp - ½) / ½ + (Wq - ½) / ½]
("Whose Boat Does it Float?", arXiv 2501.11549, section 5): 0 is no better, 1 better in every case
on both. Two answers that contradict each other as the order is turned are a tie. Pure figures.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from engine.judge.questions import PAIRWISE, Aspect, Said
from engine.personas.domain import SIDES, Side
from engine.tailoring.cases import Case
from engine.tailoring.margins import BASE, Whose, bootstrap
from engine.votes.counting import Counted, WinRate, win_rate

Outcome = Literal["won", "lost", "tie"]


@dataclass(frozen=True)
class Contestant:
    """One arm with the personas of those who ask, or without."""

    arm: str
    persona: Literal["own", "none"]

    @property
    def id(self) -> str:
        return f"{self.arm}+{self.persona}"


@dataclass(frozen=True)
class Contest:
    """Two contestants over the same cases; figures are seen from the first."""

    one: Contestant
    other: Contestant


@dataclass(frozen=True)
class Seat:
    """Two answers to one prompt for one person."""

    contest: Contest
    case: Case
    side: Side
    one: str
    other: str

    @property
    def about(self) -> str:
        """What is judged; the person is part of it."""
        return f"{self.case.example_id}/{self.side}"

    @property
    def persona(self) -> str:
        return self.case.personas[self.side]


@dataclass(frozen=True)
class ContestFigures:
    """What one contest came to, of one kind of persona or both."""

    contest: Contest
    whose: Whose
    cases: int
    aspects: Mapping[Aspect, WinRate]
    delta_pq: float | None
    """-1 to 1; None where one of its parts is not known."""
    low: float | None
    """Its 95 % interval, by drawing prompts again and again."""
    high: float | None
    first_share: float | None
    """Of all replies, those for the answer that stood first; far from half it goes by the place."""


Judged = Mapping[tuple[str, str, str, Aspect], Said]
"""About, the contestant that stood first, the other, and what was asked."""


def contests_of(arms: Sequence[str]) -> list[Contest]:
    """Each arm with personas against itself without; and against the base with them."""
    found = [Contest(Contestant(arm, "own"), Contestant(arm, "none")) for arm in arms]
    return found + [
        Contest(Contestant(arm, "own"), Contestant(BASE, "own")) for arm in arms if arm != BASE
    ]


def contest_figures(seats: Sequence[Seat], judged: Judged) -> list[ContestFigures]:
    """Every contest, of both sides together and of each; seats without both replies are left out.

    Answers that are the same word for word are a tie of which nobody was asked.
    """
    found = []
    whose: tuple[tuple[Whose, Sequence[Side]], ...] = (
        ("both", SIDES),
        ("chosen", ("chosen",)),
        ("rejected", ("rejected",)),
    )
    for contest in dict.fromkeys(seat.contest for seat in seats):
        for name, sides in whose:
            own = [seat for seat in seats if seat.contest == contest and seat.side in sides]
            if figures := _figures(contest, name, own, judged):
                found.append(figures)
    return found


def outcome(seat: Seat, aspect: Aspect, judged: Judged) -> Outcome | None:
    """Who won on one aspect, seen from the first; None where replies are missing."""
    if seat.one == seat.other:
        return "tie"
    one, other = seat.contest.one.id, seat.contest.other.id
    forth = judged.get((seat.about, one, other, aspect))
    back = judged.get((seat.about, other, one, aspect))
    if forth is None or back is None:
        return None
    if forth.answer == back.answer:
        return "tie"
    return "won" if forth.answer == 1 else "lost"


def delta_pq(outcomes: Sequence[Mapping[Aspect, Outcome]]) -> float | None:
    """Wp + Wq - 1; None where either has neither a win nor a loss."""
    shares = []
    for aspect in PAIRWISE:
        counts = Counter(each[aspect] for each in outcomes if aspect in each)
        decided = counts["won"] + counts["lost"]
        if not decided:
            return None
        shares.append(counts["won"] / decided)
    return sum(shares) - 1


def _figures(
    contest: Contest, whose: Whose, seats: Sequence[Seat], judged: Judged
) -> ContestFigures | None:
    told = [(seat, dict(_outcomes(seat, judged))) for seat in seats]
    known = [(seat.case.topic, outcomes) for seat, outcomes in told if outcomes]
    if not known:
        return None
    replies = [
        said.answer == 1
        for (about, *names, _), said in judged.items()
        if {*names} == {contest.one.id, contest.other.id}
        and about in {seat.about for seat in seats}
    ]
    value = delta_pq([outcomes for _, outcomes in known])
    low, high = (
        (None, None)
        if value is None
        else bootstrap(known, lambda drawn: delta_pq([outcomes for _, outcomes in drawn]))
    )
    return ContestFigures(
        contest,
        whose,
        len(known),
        {
            aspect: win_rate(Counted(topic, own[aspect]) for topic, own in known if aspect in own)
            for aspect in PAIRWISE
        },
        value,
        low,
        high,
        fmean(replies) if replies else None,
    )


def _outcomes(seat: Seat, judged: Judged) -> Iterator[tuple[Aspect, Outcome]]:
    for aspect in PAIRWISE:
        if found := outcome(seat, aspect, judged):
            yield aspect, found
