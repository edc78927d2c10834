"""Win rates, what a verdict still takes, and agreement, against numbers worked out by hand."""

import pytest

from engine.intervals import wilson
from engine.votes.counting import (
    Counted,
    Outcome,
    agreement,
    firsts,
    grouped,
    votes_missing,
    win_rate,
)


def cast(outcomes: str, each_on: int = 1) -> list[Counted]:
    """One vote a letter: w won, l lost, t tie, b both bad; so many in a row on one ballot."""
    meant: dict[str, Outcome] = {"w": "won", "l": "lost", "t": "tie", "b": "both_bad"}
    return [Counted(f"c{at // each_on}", meant[one]) for at, one in enumerate(outcomes)]


def test_ties_and_both_bad_stay_out_of_the_share() -> None:
    rate = win_rate(cast("wwwlttb"))
    assert (rate.wins, rate.losses, rate.ties, rate.both_bad) == (3, 1, 2, 1)
    assert rate.share == 0.75
    assert rate.tie_rate == pytest.approx(2 / 7)
    assert (rate.low, rate.high) == pytest.approx(wilson(3, 4))
    assert rate.verdict is None


def test_no_vote_is_no_share_and_the_widest_interval() -> None:
    rate = win_rate([])
    assert (rate.share, rate.low, rate.high, rate.verdict) == (None, 0.0, 1.0, None)
    assert rate.tie_rate is None


@pytest.mark.parametrize(
    ("wins", "losses", "ties", "missing"),
    [
        (0, 0, 0, 4),
        (0, 0, 5, 4),
        (3, 0, 0, 1),
        (4, 0, 0, 0),
        (5, 5, 2, None),
        # Of 6 to 4: 3.8415 / (4 · 0.1²) = 96.04 decided votes, 86.04 more.
        (6, 4, 0, 87),
        # Half of the votes are ties: twice as many are cast for it, 172.07.
        (6, 4, 10, 173),
        (4, 6, 10, 173),
        (97, 64, 0, 0),
    ],
)
def test_votes_missing_for_a_verdict(
    wins: int, losses: int, ties: int, missing: int | None
) -> None:
    assert votes_missing(wins, losses, wins + losses + ties) == missing


@pytest.mark.parametrize("outcomes", ["wwwl", "wwlll", "w", "wwwwwwl"])
def test_the_missing_votes_are_just_enough_where_they_fall_as_before(outcomes: str) -> None:
    rate = win_rate(cast(outcomes))
    assert rate.more
    assert rate.share
    enough = len(outcomes) + rate.more

    def leaves_out_half(votes: int) -> bool:
        low, high = wilson((rate.share or 0) * votes, votes)
        return low > 0.5 or high < 0.5

    assert leaves_out_half(enough)
    assert not leaves_out_half(enough - 1)


def test_three_who_always_say_the_same_count_as_one() -> None:
    """Four ballots with three votes each, all three the same: the interval of four votes."""
    rate = win_rate(cast("wwwwwwwwwlll", each_on=3))
    assert rate.ballots == 4
    assert rate.share == 0.75
    # Ratio variance: 4/3 · (3 · 0.75² + 2.25²) / 144 = 0.0625; of 12 independent votes 0.015625.
    assert rate.design_effect == pytest.approx(4.0)
    assert (rate.low, rate.high) == pytest.approx(wilson(0.75 * 3, 3))


def test_votes_that_do_not_go_together_keep_their_number() -> None:
    rate = win_rate(cast("wlwlwlwl", each_on=2))
    assert rate.design_effect == 1.0
    assert (rate.low, rate.high) == pytest.approx(wilson(4, 8))


def test_one_ballot_is_one_case_however_many_voted() -> None:
    rate = win_rate(cast("wwwwww", each_on=6))
    assert (rate.low, rate.high) == pytest.approx(wilson(1, 1))
    assert rate.verdict is None


def test_groups_leave_out_what_belongs_to_none() -> None:
    votes = [
        Counted("a", "won", genre="Horror"),
        Counted("b", "lost", genre="Horror"),
        Counted("c", "won", genre="Travel"),
        Counted("d", "won"),
    ]
    found = grouped(votes, lambda vote: vote.genre)
    assert {name: rate.votes for name, rate in found.items()} == {"Horror": 2, "Travel": 1}


def test_krippendorffs_alpha_of_his_own_example() -> None:
    """Two observers, ten units, nominal: Krippendorff (2011), section A, gives 0.095."""
    meg = "0100000000"
    owen = "1110010010"
    found = agreement([[one, other] for one, other in zip(meg, owen, strict=True)])
    assert found is not None
    assert found.share == pytest.approx(0.6)
    assert found.alpha == pytest.approx(0.095, abs=0.001)


def test_alpha_with_missing_votes_of_his_own_example() -> None:
    """Four observers with gaps, nominal: Krippendorff (2011), section C, gives 0.743."""
    observers = (
        "123321412...",
        "1233224125.3",
        ".3332342251.",
        "12332441251.",
    )
    units = [[row[at] for row in observers if row[at] != "."] for at in range(12)]
    found = agreement(units)
    assert found is not None
    assert found.alpha == pytest.approx(0.743, abs=0.001)
    assert found.ballots == 11


def test_agreement_takes_two_voters_and_two_opinions() -> None:
    assert agreement([["left"], []]) is None
    found = agreement([["left", "left"]])
    assert found is not None
    assert (found.share, found.alpha) == (1.0, None)


def test_a_shared_first_place_is_nobodys() -> None:
    found = firsts([{"a": 2, "b": 0}, {"a": 1, "b": 1}, {"a": 0, "b": 2}, {"a": 2, "b": 0}])
    assert found == {"a": (2, 4), "b": (1, 4)}
