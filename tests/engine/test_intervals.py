"""How far a mean of few cases can be trusted, against published quantiles and closed forms."""

import math

import pytest

from engine.intervals import for_each_of, mean_interval, student_t


@pytest.mark.parametrize(
    ("degrees", "points"),
    [
        # At 90, 95, 98 and 99 %, and at 99.8 %: NIST/SEMATECH e-Handbook, 1.3.6.7.2.
        (2, (2.920, 4.303, 6.965, 9.925, 22.327)),
        (3, (2.353, 3.182, 4.541, 5.841, 10.215)),
        (4, (2.132, 2.776, 3.747, 4.604, 7.173)),
        (19, (1.729, 2.093, 2.539, 2.861, 3.579)),
        (60, (1.671, 2.000, 2.390, 2.660, 3.232)),
    ],
)
def test_students_t_against_the_tables(degrees: int, points: tuple[float, ...]) -> None:
    found = [student_t(degrees, confidence) for confidence in (0.9, 0.95, 0.98, 0.99, 0.998)]
    assert found == pytest.approx(points, abs=5.01e-4)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99999])
def test_students_t_of_one_and_two_degrees_has_a_closed_form(confidence: float) -> None:
    """tan(pi c / 2), and c sqrt(2 / (1 - c^2))."""
    two = confidence * math.sqrt(2 / (1 - confidence**2))
    assert student_t(1, confidence) == pytest.approx(math.tan(math.pi * confidence / 2), rel=1e-9)
    assert student_t(2, confidence) == pytest.approx(two, rel=1e-9)


def test_the_interval_of_a_mean() -> None:
    """Of 1 and 3: 2 ± 12.706 · 1.41421 / 1.41421, and at 99 % 2 ± 63.657."""
    assert mean_interval([5.0]) is None
    assert mean_interval([1.0, 3.0]) == pytest.approx((2 - 12.7062, 2 + 12.7062), abs=1e-4)
    assert mean_interval([1.0, 3.0], 0.99) == pytest.approx((2 - 63.657, 2 + 63.657), abs=1e-3)


def test_intervals_that_hold_together_share_what_they_may_miss() -> None:
    """Ten that may miss in one case of twenty together may each miss in one of two hundred."""
    assert for_each_of(10) == pytest.approx(0.995)
    assert for_each_of(1) == for_each_of(0) == pytest.approx(0.95)
