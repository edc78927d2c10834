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


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of a mean, by Student's t; None for fewer than two values."""
    if len(values) < 2:
        return None
    reach = student_t_95(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return fmean(values) - reach, fmean(values) + reach


def student_t_95(degrees: int) -> float:
    """The 97.5 % point of Student's t; exact for 1 and 2 degrees of freedom, else within 1 %.

    The expansion in powers of 1/degrees: Abramowitz and Stegun, 26.7.5.
    """
    if degrees == 1:
        return math.tan(math.pi * 0.475)
    if degrees == 2:
        return 0.95 * math.sqrt(2 / (1 - 0.95**2))
    z, n = Z_95, degrees
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
