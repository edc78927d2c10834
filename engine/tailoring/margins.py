"""Whether personas move a model, by the log-probabilities of held-out pairs alone: no judge.

Of every held-out pair the margin m = log p(chosen) - log p(rejected) is known under each persona.
Whoever prefers the chosen answer wants it higher, whoever prefers the rejected one lower. A longer
answer is less likely whatever it says; that cancels out beside the base without a persona, and
under the opposed persona, which is the test that counts: both prompts differ in the persona alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from statistics import fmean
from typing import Literal, TypeVar, get_args

from engine.intervals import wilson
from engine.personas.domain import SIDES, Side, other_side
from engine.tailoring.cases import RETRIEVED_OF, Given

BASE = "base"
"""The arm that all others are compared with."""
DRAWS = 1000
Whose = Literal["chosen", "rejected", "both"]
Condition = Literal["right", "opposed", "none", "retrieved", "fixed"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Scored:
    """A pair's log-probabilities under one arm with one persona, summed over the answers' tokens,
    in nats."""

    arm: str
    given: Given
    example_id: str
    topic: str
    chosen: float
    rejected: float

    @property
    def margin(self) -> float:
        return self.chosen - self.rejected


@dataclass(frozen=True)
class Ratio:
    """A share of cases with its 95 % interval, prompts counted as the independent cases."""

    share: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True)
class Mean:
    """A mean with its 95 % interval, by drawing prompts again and again (bootstrap)."""

    mean: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True)
class UnderPersona:
    """How one arm does where its prompts have one kind of persona."""

    condition: Condition
    preferred: Ratio
    """The answer that this person wants is the likelier one."""
    gained: Ratio
    """It gained more on the other than the base without a persona had it."""
    margin: Mean
    """How much more, in nats."""


@dataclass(frozen=True)
class ArmFigures:
    """What an arm makes of the held-out pairs of one side, or of both."""

    arm: str
    whose: Whose
    under: tuple[UnderPersona, ...]
    turned: Ratio | None
    """Leans more to the answer that this person wants under their persona than under the opposed
    one; None where the pairs have but one."""
    turn: Mean | None
    """By how much, in nats."""

    def condition(self, name: Condition) -> UnderPersona | None:
        return next((one for one in self.under if one.condition == name), None)


def figures(scored: Sequence[Scored]) -> list[ArmFigures]:
    """Every arm, of both sides together and of each."""
    by_arm: dict[str, dict[tuple[str, Given], Scored]] = {}
    for one in scored:
        by_arm.setdefault(one.arm, {})[one.example_id, one.given] = one
    plain = {key[0]: one.margin for key, one in by_arm.get(BASE, {}).items() if key[1] == "none"}
    whose: tuple[tuple[Whose, tuple[Side, ...]], ...] = (
        ("both", SIDES),
        ("chosen", ("chosen",)),
        ("rejected", ("rejected",)),
    )
    return [
        _of_arm(arm, name, sides, known, plain)
        for arm, known in by_arm.items()
        for name, sides in whose
    ]


def _of_arm(
    arm: str,
    whose: Whose,
    sides: Sequence[Side],
    known: Mapping[tuple[str, Given], Scored],
    plain: Mapping[str, float],
) -> ArmFigures:
    under = []
    for condition in CONDITIONS:
        found = [
            (one.topic, sign * one.margin, sign * plain[one.example_id])
            for side in sides
            for sign in (1 if side == "chosen" else -1,)
            for (example_id, given), one in known.items()
            if given == _given(condition, side) and example_id in plain
        ]
        if found:
            under.append(
                UnderPersona(
                    condition,
                    ratio((topic, own > 0) for topic, own, _ in found),
                    ratio((topic, own > base) for topic, own, base in found),
                    mean([(topic, own - base) for topic, own, base in found]),
                )
            )
    turns = [
        (one.topic, one.margin - other.margin)
        for (example_id, given), one in known.items()
        if given == "chosen" and (other := known.get((example_id, "rejected")))
    ]
    return ArmFigures(
        arm,
        whose,
        tuple(under),
        ratio((topic, by > 0) for topic, by in turns) if turns else None,
        mean(turns) if turns else None,
    )


def _given(condition: Condition, side: Side) -> Given:
    of: dict[Condition, Given] = {
        "right": side,
        "opposed": other_side(side),
        "none": "none",
        "retrieved": RETRIEVED_OF[side],
        "fixed": "fixed",
    }
    return of[condition]


def ratio(cases: Iterable[tuple[str, bool]]) -> Ratio:
    """The share of hits among cases, each with its prompt."""
    known = list(cases)
    prompts = len({prompt for prompt, _ in known})
    share = fmean(hit for _, hit in known)
    return Ratio(share, *wilson(share * prompts, prompts), len(known))


def mean(cases: Sequence[tuple[str, float]]) -> Mean:
    """The mean over cases, each with its prompt."""
    low, high = bootstrap(cases, lambda drawn: fmean(value for _, value in drawn))
    return Mean(fmean(value for _, value in cases), low, high, len(cases))


def bootstrap(
    cases: Sequence[tuple[str, Value]],
    figure: Callable[[Sequence[tuple[str, Value]]], float | None],
) -> tuple[float, float]:
    """The 95 % interval of a figure, by drawing as many prompts with all their cases, repeatedly.

    B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13 (percentiles).
    The draws are always the same.

    Args:
        cases: each with its prompt.
        figure: None where it is not defined; such draws are left out.
    """
    of_prompt: dict[str, list[tuple[str, Value]]] = {}
    for case in cases:
        of_prompt.setdefault(case[0], []).append(case)
    prompts, lots = list(of_prompt.values()), Random(0)
    drawn = (
        figure([case for one in lots.choices(prompts, k=len(prompts)) for case in one])
        for _ in range(DRAWS)
    )
    values = sorted(value for value in drawn if value is not None)
    if not values:
        return float("nan"), float("nan")
    return values[round(0.025 * (len(values) - 1))], values[round(0.975 * (len(values) - 1))]


def as_json(found: Iterable[ArmFigures]) -> list[dict[str, object]]:
    """As a result has them."""
    return [asdict(one) for one in found]
