"""What the checks of a dataset's personas come to: shares with intervals. Pure figures."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from engine.intervals import wilson
from engine.personas.domain import SIDES, STATES, Persona, Side, State
from engine.votes.counting import Counted, design_effect


@dataclass(frozen=True)
class Share:
    """How many of so many, with how far that can be trusted."""

    hits: int
    cases: int
    design_effect: float = 1.0
    """How many cases count as one, where some go together."""

    @property
    def share(self) -> float | None:
        """0 to 1; None of no cases."""
        return self.hits / self.cases if self.cases else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, after Wilson, for as many independent cases as there are worth."""
        return wilson(self.hits / self.design_effect, self.cases / self.design_effect)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "share": self.share, "interval": list(self.interval)}


@dataclass(frozen=True)
class SideFigures:
    """The personas of one side."""

    states: Mapping[State, int]
    accuracy: Share
    """Checked personas of which the intended answer was picked in both orders."""
    either_order: Share
    """Single judgements that picked it; a reply that could not be read picked nothing."""

    def as_json(self) -> dict[str, object]:
        return {
            "states": dict(self.states),
            "accuracy": self.accuracy.as_json(),
            "either_order": self.either_order.as_json(),
        }


@dataclass(frozen=True)
class Figures:
    """The personas of a dataset."""

    sides: Mapping[Side, SideFigures]
    both: SideFigures
    first_share: float | None
    """Of all judgements, those for the answer that stood first; far from half: by the place."""
    judges: tuple[str, ...]
    """By whom the checks are that count, the one with most first."""

    @property
    def gap(self) -> float | None:
        """Accuracy of the chosen less that of the rejected personas, as the paper has it."""
        chosen, rejected = (self.sides[side].accuracy.share for side in SIDES)
        return None if chosen is None or rejected is None else chosen - rejected

    def as_json(self) -> dict[str, object]:
        return {
            "sides": {side: one.as_json() for side, one in self.sides.items()},
            "both": self.both.as_json(),
            "gap": self.gap,
            "first_share": self.first_share,
            "judges": list(self.judges),
        }


@dataclass(frozen=True)
class Preference:
    """Which of the two personas of an example fits more people, by one judge in both orders."""

    chosen: int
    """Examples whose chosen persona was picked in both orders."""
    rejected: int
    ties: int
    """The two orders contradict each other."""

    @property
    def gap(self) -> float | None:
        """Share of the chosen less that of the rejected, ties in the whole; None of nothing."""
        examples = self.chosen + self.rejected + self.ties
        return (self.chosen - self.rejected) / examples if examples else None

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "gap": self.gap}


def figures(personas: Sequence[Persona]) -> Figures:
    """All that the checks of these personas come to."""
    checked = [one for one in personas if one.passed is not None]
    picks = [pick for one in checked for pick in _firsts(one)]
    judges = Counter(one.check.judge for one in checked if one.check)
    return Figures(
        sides={side: _figures(one for one in personas if one.side == side) for side in SIDES},
        both=_figures(personas),
        first_share=sum(picks) / len(picks) if picks else None,
        judges=tuple(name for name, _ in judges.most_common()),
    )


def preference(picks: Iterable[tuple[bool | None, bool | None]]) -> Preference:
    """What comparisons come to.

    Args:
        picks: of each example, whether the text that stood first was picked: with the chosen
            persona first, and with the rejected one first. Where a reply is None it is left out.
    """
    counts = Counter(
        "ties" if chosen_first == rejected_first else "chosen" if chosen_first else "rejected"
        for chosen_first, rejected_first in picks
        if chosen_first is not None and rejected_first is not None
    )
    return Preference(counts["chosen"], counts["rejected"], counts["ties"])


def _figures(personas: Iterable[Persona]) -> SideFigures:
    found = list(personas)
    checks = [(one.example_id, one.check) for one in found if one.check and one.passed is not None]
    states = Counter(one.state for one in found)
    return SideFigures(
        {state: states[state] for state in STATES},
        _by_pair((pair, check.passed) for pair, check in checks),
        _by_pair(
            (pair, bool(pick))
            for pair, check in checks
            for pick in (check.intended_first, check.intended_second)
        ),
    )


def _by_pair(cases: Iterable[tuple[str, bool]]) -> Share:
    """A share of cases of which those of one pair are not independent."""
    votes = [Counted(pair, "won" if is_hit else "lost") for pair, is_hit in cases]
    hits = sum(vote.outcome == "won" for vote in votes)
    return Share(hits, len(votes), design_effect(votes) if votes else 1.0)


def _firsts(persona: Persona) -> list[bool]:
    """Whether the answer that stood first was picked, of the judgements that could be read."""
    check = persona.check
    assert check is not None
    picks = [] if check.intended_first is None else [check.intended_first]
    return picks if check.intended_second is None else [*picks, not check.intended_second]
