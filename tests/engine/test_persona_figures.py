"""What the checks come to: the personas of one pair are no independent cases."""

from dataclasses import replace

import pytest

from engine.intervals import wilson
from engine.personas.domain import Persona
from engine.personas.figures import figures
from tests.engine.persona_rows import a_check, a_persona
from tests.persona_model import PLAIN


def pair(example_id: str, passes: bool) -> list[Persona]:
    """Both personas of a pair, which pass or fail their check together."""
    check = a_check(PLAIN, passes, passes)
    return [
        replace(a_persona(example_id), check=check),
        replace(a_persona(example_id, "rejected"), check=check),
    ]


def test_the_interval_of_both_sides_goes_by_pairs() -> None:
    """Ten pairs of two, five right and five wrong: 20 cases, of a variance of 10/9 * 10 / 20^2
    against 0.25 / 20 of independent ones. 20/9 of them count as one: 9 cases, 4.5 right."""
    found = figures([one for number in range(10) for one in pair(f"e{number}", number < 5)])
    assert (found.both.accuracy.hits, found.both.accuracy.cases) == (10, 20)
    assert found.both.accuracy.interval == pytest.approx(wilson(4.5, 9))
    assert found.sides["chosen"].accuracy.interval == pytest.approx(wilson(5, 10))
    assert found.sides["chosen"].either_order.interval == pytest.approx(wilson(4.5, 9))


def test_where_all_are_right_a_pair_counts_once() -> None:
    found = figures([one for number in range(4) for one in pair(f"e{number}", True)])
    assert found.both.accuracy.interval == wilson(4, 4)
