"""One thing measured about the bank, with the bar it has to clear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A figure, and whether the bank may be shipped with it."""

    name: str
    """Such as `scenes.count`."""
    value: float
    told: str
    """The figure in a sentence."""
    least: float | None = None
    most: float | None = None
    """Bars; None on both where the figure is reported only."""
    worst: tuple[str, ...] = ()
    """Ids of the entries to look at first."""

    @property
    def holds(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def as_json(self) -> dict[str, object]:
        return {**vars(self), "worst": list(self.worst), "holds": self.holds}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Measure":
        """What `as_json` gave."""
        told = {name: row[name] for name in ("name", "value", "told", "least", "most")}
        return cls(**told, worst=tuple(row["worst"]))


def none_of(name: str, told: str, found: list[str]) -> Measure:
    """A fault that no entry may have."""
    return Measure(name, len(found), f"{told}: {len(found)}", most=0, worst=tuple(found))
