"""What a check hands back: a sentence with figures, the pairs, and what would mend them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from engine.domain import PreferencePair

Kind = Literal[
    "template-tokens",
    "same-answers",
    "swapped",
    "leakage",
    "too-long",
    "contradicted",
    "duplicates",
    "length",
    "giveaway",
    "coverage",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are told and mended: what changes texts and sides comes first."""
Severity = Literal["stop", "warn", "note"]
"""`stop`: training on it teaches the wrong thing or makes its figures worthless."""
Deed = Literal["cleaned", "swapped", "held out", "dropped"]


@dataclass(frozen=True)
class Case:
    """One pair that a finding is about."""

    pair_id: str
    why: str
    """Half a sentence on this pair: `1,420 tokens`."""
    mended: PreferencePair | None = None
    """The pair as mending would leave it; None where it stays as it is."""
    beside: str = ""
    """The pair that must stay as it is for the mending to be right, such as a twin; empty where
    there is none."""


@dataclass(frozen=True)
class Found:
    """What a check found."""

    told: str
    """One sentence with figures."""
    cases: tuple[Case, ...] = ()
    """The worst first."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table."""

    kind: Kind
    title: str
    severity: Severity
    told: str
    cases: tuple[Case, ...]
    remedy: str
    """What mending would do: `swap 12, drop 3`; empty where it can do nothing."""
    safe: bool
    """Whether it is mended along with everything else; what thins out the pairs is not."""

    @property
    def pair_ids(self) -> tuple[str, ...]:
        return tuple(case.pair_id for case in self.cases)

    @property
    def left_because(self) -> str:
        """Why mending everything leaves it as it is, in half a sentence; empty if not."""
        if not self.cases:
            return "no mending fills a hole, build the pairs again or write some"
        if not self.remedy:
            return "you have accepted these pairs, so it is for you to decide on each"
        if not self.safe:
            return "mending it drops pairs that have nothing wrong by themselves"
        return ""

    def as_json(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "severity": self.severity,
            "told": self.told,
            "pairs": len(self.cases),
            "remedy": self.remedy,
            "safe": self.safe,
            "cases": [{"pair": case.pair_id, "why": case.why} for case in self.cases],
        }


def deed(before: PreferencePair, after: PreferencePair) -> Deed:
    """What was done to a pair that was changed."""
    if after.dropped and not before.dropped:
        return "dropped"
    if after.held_out and not before.held_out:
        return "held out"
    return "swapped" if after.chosen == before.rejected else "cleaned"


WOULD: Mapping[Deed, str] = {
    "cleaned": "clean",
    "swapped": "swap",
    "held out": "hold out",
    "dropped": "drop",
}
"""What mending would do, by what it has done afterwards."""


def remedy(cases: Iterable[Case], pairs: Mapping[str, PreferencePair]) -> str:
    """What mending these cases would do, in words."""
    deeds = Counter(deed(pairs[case.pair_id], case.mended) for case in cases if case.mended)
    return ", ".join(f"{would} {deeds[name]:,}" for name, would in WOULD.items() if deeds[name])


def done(deeds: Iterable[Deed]) -> str:
    """What was done, in words: `12 pairs swapped, 3 dropped`; empty where nothing was."""
    counted = Counter(deeds)
    parts = [(counted[name], name) for name in WOULD if counted[name]]
    told = [f"{number:,} {name}" for number, name in parts[1:]]
    return ", ".join([f"{many(n, 'pair')} {name}" for n, name in parts[:1]] + told)


def many(number: int, noun: str) -> str:
    """`1 pair`, `1,200 pairs`."""
    return f"{number:,} {noun}" + agree(number, "", "s")


def agree(number: int, one: str, more: str) -> str:
    """The word that goes with a number: `agree(1, "holds", "hold")`."""
    return one if number == 1 else more
