"""Schwartz's circle for one reader: centred scores, how circular they are, opposites that clash.

People use a scale differently, so each score is compared with the person's own mean (PVQ40 coding
key: subtract MRAT, the mean over all items). On the circle of S. H. Schwartz et al., JPSP 103
(2012), neighbours go together and values that lie opposite pull apart; a profile that does not
look like a wave round the circle is either unusual or read wrongly, and an editor should know.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import atan2, cos, degrees, hypot, pi, sin, sqrt

from engine.domain import Profile, Trait
from engine.frameworks import Dimension, dimensions

LEAST_VALUES = 6
"""Known values below which no wave is fitted: three numbers fit three points perfectly."""
OPPOSITE_DEGREES = 150.0
EXTREME = 0.5
"""A score from which a value counts as extreme, on the scale of -1 to 1."""


@dataclass(frozen=True)
class Point:
    """One of the nineteen values on the circle."""

    id: str
    name: str
    angle: float
    """Degrees from the first value, in the order of the circle."""
    score: float | None
    """-1 to 1; None where nothing is known."""
    centred: float | None
    """The score less the mean of the reader's known values."""
    confidence: float


@dataclass(frozen=True)
class Circle:
    """The reader's values round the circle."""

    points: tuple[Point, ...]
    mean: float | None
    """Of the known scores: the reader's own level, not a value."""
    consistency: float | None
    """0 to 1: correlation of the known scores with the cosine wave that fits them best."""
    by_chance: float | None
    """What the consistency of so many random scores would be, about: sqrt(2 / (n - 1))."""
    peak: float | None
    """Degrees at which that wave is highest."""
    clashes: tuple[tuple[str, str], ...]
    """Ids of values at least 150 degrees apart that are both extreme on the same side."""

    @property
    def known(self) -> int:
        return sum(point.score is not None for point in self.points)

    def note(self) -> str:
        """The figure in a sentence, with what it can bear."""
        if self.consistency is None or self.by_chance is None:
            return (
                f"{self.known} of {len(self.points)} values are known; "
                f"from {LEAST_VALUES} on, their order round the circle can be checked."
            )
        return (
            f"Consistency {self.consistency:.2f} over {self.known} values "
            f"(random scores: about {self.by_chance:.2f})."
        )


def circle(profile: Profile) -> Circle:
    """The circle of a profile; the editor's overrides count."""
    scales = dimensions("schwartz")
    traits = [profile.trait(scale.id) for scale in scales]
    scores = [trait.effective_score if trait and trait.is_known else None for trait in traits]
    known = [score for score in scores if score is not None]
    mean = sum(known) / len(known) if known else None
    step = 360.0 / len(scales)
    points = tuple(
        _point(scale, number * step, trait, score, mean)
        for number, (scale, trait, score) in enumerate(zip(scales, traits, scores, strict=True))
    )
    consistency, peak = _wave([point for point in points if point.score is not None])
    by_chance = sqrt(2 / (len(known) - 1)) if consistency is not None else None
    return Circle(points, mean, consistency, by_chance, peak, tuple(_clashes(points)))


def _point(
    scale: Dimension, angle: float, trait: Trait | None, score: float | None, mean: float | None
) -> Point:
    centred = score - mean if score is not None and mean is not None else None
    confidence = trait.effective_confidence if trait and score is not None else 0.0
    return Point(scale.id, scale.name, angle, score, centred, confidence)


def _wave(points: Sequence[Point]) -> tuple[float | None, float | None]:
    """(Correlation with the best a + b cos + c sin, angle of its peak) by least squares."""
    if len(points) < LEAST_VALUES:
        return None, None
    scores = _minus_mean([point.score or 0.0 for point in points])
    cosines = _minus_mean([cos(point.angle * pi / 180) for point in points])
    sines = _minus_mean([sin(point.angle * pi / 180) for point in points])
    cc, ss, cs = _dot(cosines, cosines), _dot(sines, sines), _dot(cosines, sines)
    yc, ys = _dot(scores, cosines), _dot(scores, sines)
    determinant, spread = cc * ss - cs * cs, _dot(scores, scores)
    if determinant < 1e-9 or spread < 1e-9:
        return None, None  # all on one diameter, or all the same: no wave to speak of
    b, c = (yc * ss - ys * cs) / determinant, (ys * cc - yc * cs) / determinant
    if hypot(b, c) < 1e-9:
        return 0.0, None
    explained = (b * yc + c * ys) / spread
    return sqrt(max(0.0, min(1.0, explained))), degrees(atan2(c, b)) % 360


def _minus_mean(numbers: Sequence[float]) -> list[float]:
    mean = sum(numbers) / len(numbers)
    return [number - mean for number in numbers]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _clashes(points: Sequence[Point]) -> list[tuple[str, str]]:
    extreme = [point for point in points if abs(point.score or 0.0) >= EXTREME]
    return [
        (one.id, other.id)
        for one, other in combinations(extreme, 2)
        if (one.score or 0.0) * (other.score or 0.0) > 0
        and _apart(one.angle, other.angle) >= OPPOSITE_DEGREES
    ]


def _apart(one: float, other: float) -> float:
    difference = abs(one - other) % 360
    return min(difference, 360 - difference)
