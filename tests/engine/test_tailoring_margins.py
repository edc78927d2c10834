"""What the log-probabilities of held-out pairs say of an arm: figures worked out by hand."""

import pytest

from engine.tailoring.cases import Given
from engine.tailoring.margins import ArmFigures, Scored, Whose, bootstrap, figures, ratio


def scored(arm: str, example: str, given: Given, margin: float, topic: str = "") -> Scored:
    return Scored(arm, given, example, topic or example, margin - 20.0, -20.0)


def of(found: list[ArmFigures], arm: str, whose: Whose = "both") -> ArmFigures:
    return next(one for one in found if (one.arm, one.whose) == (arm, whose))


def two_pairs() -> list[Scored]:
    """The base: margins 1 and -1 whoever asks. The run: 3 and 1 for those who prefer the chosen
    answer, -2 and 0 for the others, 0.5 and -0.5 for nobody."""
    rows = [
        scored("base", example, given, margin)
        for example, margin in (("a", 1.0), ("b", -1.0))
        for given in ("chosen", "rejected", "none")
    ]
    told: dict[Given, tuple[float, float]] = {
        "chosen": (3.0, 1.0),
        "rejected": (-2.0, 0.0),
        "none": (0.5, -0.5),
    }
    return rows + [
        scored("run", example, given, both[at])
        for given, both in told.items()
        for at, example in enumerate("ab")
    ]


def test_a_persona_that_is_read_turns_the_pairs() -> None:
    """3 > -2 and 1 > 0: both turned, by 5 and 1 nats."""
    found = of(figures(two_pairs()), "run")
    assert found.turned is not None
    assert found.turn is not None
    assert (found.turned.share, found.turned.cases) == (1.0, 2)
    assert found.turn.mean == 3.0
    assert (found.turn.low, found.turn.high) == (1.0, 5.0)


def test_a_base_that_reads_no_persona_turns_none() -> None:
    found = of(figures(two_pairs()), "base")
    assert found.turned is not None
    assert found.turned.share == 0.0


def test_of_those_who_prefer_the_rejected_answer_the_margin_counts_the_other_way() -> None:
    """Right persona: margins 2 and 0, so one of two is preferred; the base had -1 and 1, so they
    gained 3 and -1, one of two, 1 in the mean. Opposed: margins -3 and -1, gained -2 and -2."""
    found = of(figures(two_pairs()), "run", "rejected")
    right, opposed = found.condition("right"), found.condition("opposed")
    assert right is not None
    assert opposed is not None
    assert (right.preferred.share, right.gained.share, right.margin.mean) == (0.5, 0.5, 1.0)
    assert (opposed.preferred.share, opposed.gained.share, opposed.margin.mean) == (0.0, 0.0, -2.0)


def test_without_a_persona_both_sides_cancel_out_together() -> None:
    """Nobody: margins 0.5 and -0.5, and the same the other way round."""
    none = of(figures(two_pairs()), "run").condition("none")
    assert none is not None
    assert (none.preferred.share, none.margin.mean, none.preferred.cases) == (0.5, 0.0, 4)


def test_pairs_without_a_retrieved_persona_have_no_such_figure() -> None:
    assert of(figures(two_pairs()), "run").condition("retrieved") is None


def test_cases_of_one_prompt_count_as_one() -> None:
    """4 of 4 hits of 2 prompts: Wilson's lower bound for 2 of 2 is 1 / (1 + 3.8415 / 2) = 0.342."""
    found = ratio([("a", True), ("a", True), ("b", True), ("b", True)])
    assert found.low == pytest.approx(0.3424, abs=1e-4)
    assert found.cases == 4


def test_the_bootstrap_draws_prompts_with_all_their_cases() -> None:
    """Of two prompts with sums 0 and 10 a draw is one of 0, 10 and 20."""
    cases = [("a", 0.0), ("b", 4.0), ("b", 6.0)]
    seen: set[float] = set()

    def total(drawn: object) -> float:
        assert isinstance(drawn, list)
        value = sum(own for _, own in drawn)
        seen.add(value)
        return float(value)

    assert bootstrap(cases, total) == (0.0, 20.0)
    assert seen == {0.0, 10.0, 20.0}
