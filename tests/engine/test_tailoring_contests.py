"""ΔPQ and its parts, worked out by hand."""

from collections.abc import Mapping

import pytest

from engine.judge.questions import Aspect, Said
from engine.personas.domain import Side
from engine.tailoring.cases import Case
from engine.tailoring.contests import (
    Contest,
    Contestant,
    Outcome,
    Seat,
    contest_figures,
    contests_of,
    delta_pq,
    outcome,
)

Outcomes = Mapping[Aspect, Outcome]

CONTEST = Contest(Contestant("run", "own"), Contestant("run", "none"))
ONE, OTHER = CONTEST.one.id, CONTEST.other.id


def a_seat(example: str = "a", side: Side = "chosen", one: str = "x", other: str = "y") -> Seat:
    case = Case(example, example, "Why?", "yes", "no", {"chosen": "P", "rejected": "Q"})
    return Seat(CONTEST, case, side, one, other)


def replies(
    about: str, aspect: Aspect, forth: int, back: int
) -> dict[tuple[str, str, str, Aspect], Said]:
    """`forth` with the first contestant's answer in front, `back` the other way round."""
    return {
        (about, ONE, OTHER, aspect): Said(forth, 90, ""),
        (about, OTHER, ONE, aspect): Said(back, 90, ""),
    }


@pytest.mark.parametrize(
    ("forth", "back", "expected"), [(1, 2, "won"), (2, 1, "lost"), (1, 1, "tie"), (2, 2, "tie")]
)
def test_only_two_replies_that_agree_decide(forth: int, back: int, expected: Outcome) -> None:
    assert outcome(a_seat(), "quality", replies("a/chosen", "quality", forth, back)) == expected


def test_a_reply_that_is_missing_decides_nothing() -> None:
    assert outcome(a_seat(), "quality", {}) is None


def test_answers_that_are_the_same_are_a_tie_of_which_nobody_is_asked() -> None:
    assert outcome(a_seat(one="x", other="x"), "quality", {}) == "tie"


def test_delta_pq_is_the_sum_of_both_win_rates_less_one() -> None:
    """Quality 2 of 3 won, a tie left out; personalisation 3 of 4: 2/3 + 3/4 - 1 = 0.4167."""
    quality: list[Outcome] = ["won", "won", "lost", "tie"]
    fit: list[Outcome] = ["won", "won", "won", "lost"]
    outcomes: list[Outcomes] = [
        {"quality": one, "personalisation": other} for one, other in zip(quality, fit, strict=True)
    ]
    assert delta_pq(outcomes) == pytest.approx(2 / 3 + 3 / 4 - 1)


def test_delta_pq_is_unknown_where_an_aspect_has_only_ties() -> None:
    outcomes: list[Outcomes] = [{"quality": "tie", "personalisation": "won"}]
    assert delta_pq(outcomes) is None


def test_a_contest_is_told_for_each_kind_of_persona() -> None:
    """The first wins both aspects for those who prefer the chosen answers, loses both for the
    others: ΔPQ 1 and -1, and 0 together."""
    seats = [a_seat(side=side) for side in ("chosen", "rejected")]
    judged = {
        key: said
        for aspect in ("quality", "personalisation")
        for about, forth in (("a/chosen", 1), ("a/rejected", 2))
        for key, said in replies(about, aspect, forth, 3 - forth).items()
    }
    found = {one.whose: one for one in contest_figures(seats, judged)}
    assert [found[name].delta_pq for name in ("both", "chosen", "rejected")] == [0.0, 1.0, -1.0]
    assert found["both"].aspects["quality"].wins == found["both"].aspects["quality"].losses == 1
    assert found["both"].first_share == 0.5
    assert found["both"].cases == 2


def test_of_one_prompt_the_interval_is_a_point_and_says_nothing() -> None:
    """Both persons' cases belong to one prompt: drawing prompts always draws both."""
    judged = {
        key: said
        for aspect in ("quality", "personalisation")
        for key, said in replies("a/chosen", aspect, 1, 2).items()
    }
    (found, _) = contest_figures([a_seat()], judged)
    assert (found.delta_pq, found.low, found.high) == (1.0, 1.0, 1.0)


def test_every_arm_meets_itself_without_a_persona_and_the_base_with_one() -> None:
    told = [(contest.one.id, contest.other.id) for contest in contests_of(["base", "few-shot"])]
    assert told == [
        ("base+own", "base+none"),
        ("few-shot+own", "few-shot+none"),
        ("few-shot+own", "base+own"),
    ]
