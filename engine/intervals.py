"""How far a share or a mean that rests on few cases can be trusted."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

Z_95 = 1.959964
"""The normal distribution's 97.5 % point, for intervals of 95 %."""


def wilson(hits: float, cases: float) -> tuple[float, float]:
    """The 95 % interval of a share, by E. B. Wilson, JASA 22 (1927); 0 to 1 for no cases.

    Unlike the textbook's share ± error it stays within 0 and 1 and holds for few cases. Cases that
    are not independent count for fewer (`engine.votes.counting`), which need not be a whole number.
    """
    if not cases:
        return 0.0, 1.0
    share, room = hits / cases, Z_95**2 / cases
    middle = share + room / 2
    reach = Z_95 * math.sqrt(share * (1 - share) / cases + room / (4 * cases))
    return max(0.0, (middle - reach) / (1 + room)), min(1.0, (middle + reach) / (1 + room))


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """The interval of a mean, by Student's t; None for fewer than two values."""
    if len(values) < 2:
        return None
    reach = student_t(len(values) - 1, confidence) * stdev(values) / math.sqrt(len(values))
    return fmean(values) - reach, fmean(values) + reach


def for_each_of(intervals: int, confidence: float = 0.95) -> float:
    """What each of several intervals is to be made at, so that all hold together at `confidence`.

    Whatever they have to do with each other, by Bonferroni's inequality: O. J. Dunn, "Multiple
    Comparisons Among Means", JASA 56 (1961).
    """
    return 1 - (1 - confidence) / max(1, intervals)


def student_t(degrees: int, confidence: float = 0.95) -> float:
    """How far from nothing Student's t is with this probability at most: exact, but for rounding.

    Solved for in the finite series of whole degrees of freedom: Abramowitz and Stegun, 26.7.3 and
    26.7.4.
    """
    low, high = 0.0, math.pi / 2
    while low < (middle := (low + high) / 2) < high:
        if _within(middle, degrees) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) * math.tan(high)


def _within(angle: float, degrees: int) -> float:
    """The probability that t is at most sqrt(degrees) tan(angle) from nothing."""
    is_odd = degrees % 2
    square = math.cos(angle) ** 2
    term = math.cos(angle) if is_odd else 1.0
    total = 0.0
    for power in range(2 + is_odd, degrees + 1, 2):
        total += term
        term *= square * (power - 1) / power
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if is_odd else total
