"""How far a share that was counted on few cases can be trusted."""

import math

Z_95 = 1.959964
"""The normal distribution's 97.5 % point, for intervals of 95 %."""


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The 95 % interval of a share, by E. B. Wilson, JASA 22 (1927); 0 to 1 for no cases.

    Unlike the textbook's share ± error it stays within 0 and 1 and holds for few cases.
    """
    if not cases:
        return 0.0, 1.0
    share, room = hits / cases, Z_95**2 / cases
    middle = share + room / 2
    reach = Z_95 * math.sqrt(share * (1 - share) / cases + room / (4 * cases))
    return max(0.0, (middle - reach) / (1 + room)), min(1.0, (middle + reach) / (1 + room))
