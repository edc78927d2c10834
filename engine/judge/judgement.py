"""What a judge's answers come to, and how far they can be believed. Pure figures.

Two answers in both orders that name the same text are a vote for it; two that contradict each other
are a tie. An answer is *certain* from a confidence of 80 on, in both orders (after Y. R. Dong et
al., "Can LLM be a Personalized Judge?", arXiv 2406.11657), and the share of ballots that are is the
*coverage*.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from engine.judge.families import kinship
from engine.judge.questions import PAIRWISE, Aspect, Key, Said
from engine.store import judge_answers as answer_rows
from engine.store.judge_answers import JudgeAnswer
from engine.votes.ballot import Choice, Round, Seat, Vote
from engine.votes.counting import Agreement, Interest, Rated, agreement, interest
from engine.votes.rounds import revealed
from engine.votes.verdict import Verdict, verdict_of

CERTAIN = 80
"""Of a confidence from 1 to 100."""
_WHEN = datetime.fromtimestamp(0, UTC)
"""A judge's votes have no time of their own."""


@dataclass(frozen=True)
class Ruling:
    """What a judge said on one aspect."""

    aspect: Aspect
    ballots: int
    """With answers in both orders."""
    verdict: Verdict
    contradicted: int
    """Ballots on which the two orders contradict each other: these are its ties."""
    first_share: float | None
    """Of all answers, those for the text that stood first; far from half it goes by the place."""
    mean_confidence: float | None
    """1 to 100."""
    certain: Verdict
    """Of the certain ballots alone."""
    coverage: float | None
    """The share of the ballots that are certain, 0 to 1."""
    agreement: Agreement | None
    """With what most people said of the same ballots; None where nobody voted on them."""
    certain_agreement: Agreement | None
    """The same on the certain ballots."""


@dataclass(frozen=True)
class Judgement:
    """All that one judge said of a round."""

    judge: str
    warning: str
    """Where the judge is a contestant or of a contestant's family; empty otherwise."""
    rulings: tuple[Ruling, ...]
    interest: Mapping[str, Interest]
    """By contestant."""
    calls: int
    prompt_tokens: int
    completion_tokens: int
    unread: int
    """Questions whose two replies could not be read."""

    def as_json(self) -> dict[str, object]:
        rulings = [
            {**asdict(one), "verdict": one.verdict.as_json(), "certain": one.certain.as_json()}
            for one in self.rulings
        ]
        return {**asdict(self), "rulings": rulings}


def judgements(data_dir: Path, round_id: str) -> list[Judgement]:
    """What every judge said of a round whose sides have been shown, in the order they were asked.

    Raises:
        BadInput: no such round, or its sides have not been shown.
    """
    whole = revealed(data_dir, round_id)
    return [
        judgement_of(whole, name, answer_rows.of_round(data_dir, whole.id, name))
        for name in answer_rows.judges_of(data_dir, whole.id)
    ]


def judgement_of(whole: Round, name: str, answers: Mapping[Key, JudgeAnswer]) -> Judgement:
    """What a judge's answers come to."""
    said = {key: answer.said for key, answer in answers.items() if answer.said}
    return Judgement(
        name,
        kinship(name, whole.contestants.values()),
        tuple(
            ruling for aspect in PAIRWISE if (ruling := _ruling(whole, name, said, aspect)).ballots
        ),
        interest(_ratings(said)),
        sum(answer.calls for answer in answers.values()),
        sum(answer.prompt_tokens for answer in answers.values()),
        sum(answer.completion_tokens for answer in answers.values()),
        sum(answer.said is None for answer in answers.values()),
    )


def _ruling(whole: Round, name: str, said: Mapping[Key, Said], aspect: Aspect) -> Ruling:
    both = {
        seat: (one, other)
        for seat in whole.seats
        if (one := said.get((seat.book_id, seat.left, seat.right, aspect)))
        and (other := said.get((seat.book_id, seat.right, seat.left, aspect)))
    }
    votes = {seat: _vote(seat, name, *orders) for seat, orders in both.items()}
    sure = {
        seat
        for seat, orders in both.items()
        if votes[seat].choice != "tie" and min(one.confidence or 0 for one in orders) >= CERTAIN
    }
    certain = [vote for seat, vote in votes.items() if seat in sure]
    answers = [one for orders in both.values() for one in orders]
    return Ruling(
        aspect,
        len(both),
        verdict_of(whole, list(votes.values())),
        sum(vote.choice == "tie" for vote in votes.values()),
        fmean(one.answer == 1 for one in answers) if answers else None,
        fmean(one.confidence or 0 for one in answers) if answers else None,
        verdict_of(whole, certain),
        len(sure) / len(both) if both else None,
        _with_people(whole, list(votes.values())),
        _with_people(whole, certain),
    )


def _vote(seat: Seat, name: str, left_first: Said, right_first: Said) -> Vote:
    """The vote that two answers come to: the same text both times, or a tie."""
    choice: Choice = "tie"
    if left_first.answer != right_first.answer:
        choice = "left" if left_first.answer == 1 else "right"
    return Vote(seat.code, name, choice, (), _WHEN)


def _with_people(whole: Round, votes: Sequence[Vote]) -> Agreement | None:
    """Ballot by ballot: what most people said, and what the judge said."""
    people = majorities(whole.votes)
    return agreement([people[vote.code], vote.choice] for vote in votes if vote.code in people)


def majorities(votes: Sequence[Vote]) -> dict[str, Choice]:
    """What most voters said of each ballot; both bad, and as many for each, is a tie."""
    said: defaultdict[str, Counter[Choice]] = defaultdict(Counter)
    for vote in votes:
        said[vote.code][vote.choice] += 1
    return {code: _most(counts) for code, counts in said.items()}


def _most(counts: Counter[Choice]) -> Choice:
    left, right = counts["left"], counts["right"]
    neither = counts["tie"] + counts["both_bad"]
    if left > max(right, neither):
        return "left"
    return "right" if right > max(left, neither) else "tie"


def _ratings(said: Mapping[Key, Said]) -> Iterator[Rated]:
    for (book_id, contestant, _, aspect), one in said.items():
        if aspect == "interest":
            yield Rated(contestant, book_id, one.answer)
