"""What a check hands back: a sentence with figures, the pairs, and what would mend them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from engine.domain import PreferencePair

Kind = Literal[
    "template-tokens",
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
    """What mending does: `swaps 12, drops 3`; empty where it can do nothing."""
    safe: bool
    """Whether it is mended along with everything else; what thins out the pairs is not."""

    @property
    def pair_ids(self) -> tuple[str, ...]:
        return tuple(case.pair_id for case in self.cases)

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


_DOES: dict[Deed, str] = {
    "cleaned": "cleans",
    "swapped": "swaps",
    "held out": "holds out",
    "dropped": "drops",
}


def remedy(cases: Iterable[Case], pairs: Mapping[str, PreferencePair]) -> str:
    """What mending these cases would do, in words."""
    deeds = Counter(deed(pairs[case.pair_id], case.mended) for case in cases if case.mended)
    return ", ".join(f"{does} {deeds[name]:,}" for name, does in _DOES.items() if deeds[name])


def done(before: Mapping[str, PreferencePair], after: Iterable[PreferencePair]) -> str:
    """What was done, in words: `12 pairs swapped, 3 dropped`."""
    deeds = Counter(deed(before[pair.id], pair) for pair in after)
    parts = [(deeds[name], name) for name in _DOES if deeds[name]]
    if not parts:
        return "nothing to mend"
    (number, name), *rest = parts
    return ", ".join([f"{many(number, 'pair')} {name}", *(f"{n:,} {name}" for n, name in rest)])


def many(number: int, noun: str) -> str:
    """`1 pair`, `1,200 pairs`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
