"""Blind votes in words for people: what a round has come to, and how sure that is."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from studio.text import count, one_line

if TYPE_CHECKING:
    # For the command line, which must not wait for the store to print its help.
    from engine.judge.judgement import Judgement, Ruling
    from engine.votes.ballot import Choice, Round
    from engine.votes.counting import Agreement, Interest, WinRate
    from engine.votes.next_round import NextRound
    from engine.votes.rounds import RoundLine
    from engine.votes.verdict import PairVerdict, Verdict

CHOSEN: "Mapping[Choice, str]" = {
    "left": "left",
    "right": "right",
    "tie": "tie",
    "both_bad": "both bad",
}
ASSUMED = (
    "“More votes” assumes that those to come fall as those so far did: as many for each, as many "
    "ties. Whoever stops at the first verdict is wrong more often than 5 times in 100."
)


def round_line(line: "RoundLine") -> str:
    """A round in a list: its id, its size, who has voted how far."""
    voters = ", ".join(f"{one_line(who, 20)} {done}" for who, done in line.votes.items())
    state = "shown" if line.revealed_at else "blind"
    return (
        f"{line.id}  {count(line.books, 'book')}, {count(line.ballots, 'ballot')}, {state}; "
        f"votes: {voters or 'none yet'}"
    )


def verdict_lines(whole: "Round", verdict: "Verdict") -> Iterator[str]:
    """The verdict of a round whose sides have been shown."""
    for contestant in whole.contestants.values():
        base = f", made from {one_line(contestant.base_name, 40)}" if contestant.base_name else ""
        yield f"{one_line(contestant.told, 90)}{base}"
    for pair in verdict.pairs:
        yield ""
        yield from _pair_lines(pair)
    yield ""
    yield from _across(verdict)
    yield ASSUMED
    yield ""
    yield from _seat_lines(whole)


def _seat_lines(whole: "Round") -> Iterator[str]:
    """Who sat where on each ballot, and who voted for what."""
    for seat in whole.seats:
        said = [
            f"{one_line(vote.voter, 20)} {CHOSEN[vote.choice]}"
            for vote in whole.votes
            if vote.code == seat.code
        ]
        yield f"{one_line(seat.title, 40)}: left {seat.left}, right {seat.right}"
        yield f"  {', '.join(said) or 'no vote'}"


def _pair_lines(pair: "PairVerdict") -> Iterator[str]:
    yield f"{pair.a} over {pair.b}: {rate_told(pair.overall)}"
    yield f"  {verdict_told(pair.overall, pair.a, pair.b)}"
    for groups in (pair.by_kind, pair.by_genre):
        for name, rate in groups.items():
            yield f"  {one_line(name, 30):<24} {rate_told(rate)}"
    if len(pair.by_voter) > 1:
        for name, rate in pair.by_voter.items():
            yield f"  by {one_line(name, 30):<21} {rate_told(rate)}"
    for tag, (for_a, for_b) in pair.reasons.items():
        yield f"  why {tag:<20} {for_a} with votes for {pair.a}, {for_b} for {pair.b}"


def _across(verdict: "Verdict") -> Iterator[str]:
    for name, rate in verdict.preference_gain().items():
        yield f"Preference gain of {name} over the original: {share_told(rate)}"
    if len(verdict.top_1) > 2:
        for name, first in verdict.top_1.items():
            yield (
                f"First of all: {name} in {first.share:.0%} of {count(first.rankings, 'ranking')} "
                f"({first.low:.0%} to {first.high:.0%})"
            )
    if verdict.agreement:
        yield agreement_told(verdict.agreement, "The voters")
    yield from interest_lines(verdict.interest)
    if verdict.left.share is not None:
        yield f"The left side was taken in {share_told(verdict.left)}."


def rate_told(rate: "WinRate") -> str:
    """A win rate with its interval, ties and both bad apart."""
    apart = [f"{number} {name}" for number, name in _apart(rate) if number]
    return ", ".join([share_told(rate), *apart])


def _apart(rate: "WinRate") -> tuple[tuple[int, str], ...]:
    ties = "tie" if rate.ties == 1 else "ties"
    return (rate.ties, ties), (rate.both_bad, "both bad")


def share_told(rate: "WinRate") -> str:
    """`67% of 12 votes (39% to 86%)`; ties are not among the votes."""
    decided = rate.wins + rate.losses
    if rate.share is None:
        return "no vote prefers one"
    return f"{rate.share:.0%} of {count(decided, 'vote')} ({rate.low:.0%} to {rate.high:.0%})"


def verdict_told(rate: "WinRate", a: str, b: str) -> str:
    """Who won with 95 % confidence, or what it takes until that can be said."""
    if rate.verdict:
        return _won(rate, a, b)
    if rate.more is None:
        return "No verdict: the votes are even, and more of the same will not change that."
    return f"No verdict yet: about {count(rate.more, 'more vote')} for one at 95 %."


def _won(rate: "WinRate", a: str, b: str) -> str:
    return f"Verdict at 95 %: {a if rate.verdict == 'won' else b} is preferred."


def agreement_told(found: "Agreement", who: str) -> str:
    """How far several agree, with what chance would make of it."""
    alpha = "" if found.alpha is None else f" (Krippendorff's alpha {found.alpha:.2f})"
    return f"{who} agree in {found.share:.0%} on {count(found.ballots, 'ballot')}{alpha}."


def interest_lines(found: "Mapping[str, Interest]") -> "Iterator[str]":
    """How much people would have the reader want to read the books, by each contestant's texts."""
    for name, one in found.items():
        by = f"{count(one.ratings, 'rating')} by {count(one.voters, 'voter')}"
        yield f"Interest of {name}: {_interest(one)}, {by}"


def _interest(one: "Interest") -> str:
    low_high = "" if one.interval is None else " ({:.1f} to {:.1f})".format(*one.interval)
    return f"{one.mean:.1f} of 5{low_high}"


NO_TRUTH = (
    "A judge is a model's opinion: where it and people disagree, people are right about people."
)


def judgement_lines(told: "Judgement") -> Iterator[str]:
    """What a judge said of a round, aspect by aspect, and how far to believe it."""
    yield f"Judge: {one_line(told.judge, 90)}"
    if told.warning:
        yield f"  Careful: {told.warning}"
    for ruling in told.rulings:
        yield from _ruling_lines(ruling)
    for name, interest in told.interest.items():
        yield f"  interest of {name}: {_interest(interest)}, {interest.ratings} rated"
    unread = f", {told.unread} could not be read" if told.unread else ""
    yield (
        f"  {count(told.calls, 'request')}, {told.prompt_tokens:,} tokens read, "
        f"{told.completion_tokens:,} written{unread}"
    )


def _ruling_lines(ruling: "Ruling") -> Iterator[str]:
    yield f"  {ruling.aspect}, {count(ruling.ballots, 'ballot')} judged in both orders:"
    for pair in ruling.verdict.pairs:
        won = f"; {_won(pair.overall, pair.a, pair.b)}" if pair.overall.verdict else ""
        yield f"    {pair.a} over {pair.b}: {rate_told(pair.overall)}{won}"
    for name, rate in ruling.verdict.preference_gain().items():
        yield f"    preference gain of {name} over the original: {share_told(rate)}"
    yield (
        f"    the orders contradict each other on {ruling.contradicted}; the text that stood first "
        f"was named in {ruling.first_share or 0:.0%}"
    )
    yield f"    mean confidence {ruling.mean_confidence or 0:.0f} of 100"
    yield f"    certain in both orders: {ruling.coverage or 0:.0%} of the ballots (coverage)"
    for pair in ruling.certain.pairs:
        if pair.overall.votes:
            yield f"      {pair.a} over {pair.b}: {share_told(pair.overall)}"
    if ruling.agreement:
        yield f"    {agreement_told(ruling.agreement, 'It and the voters')}"
    if ruling.certain_agreement:
        yield f"    {agreement_told(ruling.certain_agreement, 'Where it is certain, they')}"


def next_round_lines(made: "NextRound") -> Iterator[str]:
    """What votes and edits made, and which made nothing and why."""
    there = f"; {made.there} there already" if made.there else ""
    yield (
        f"{count(made.added, 'pair')} for the next training: {made.by_votes} of votes, "
        f"{made.by_edits} of accepted edits{there}."
    )
    for one in made.none:
        yield f"  {one.origin}, {one_line(one.title, 40)}: no pair. {one.reason}"
