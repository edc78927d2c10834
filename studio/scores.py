"""The Big Five as a questionnaire or the picks tell them, in lines for the window and the shell."""

from collections.abc import Iterable, Iterator, Mapping

from engine.domain import Reading
from engine.frameworks import Dimension, all_dimensions, dimensions
from engine.profile.questionnaire import percentile
from studio.text import bar

NEAR_THE_MIDDLE = 0.2
"""Of a score from -1 to 1: percentiles from 40 to 60."""
BESIDE_THE_REVIEWS = (
    "These scores are kept beside the reviews' own: where there are both, the profile shows each, "
    "and the questionnaire counts."
)
WEAK = (
    "This is weak evidence: two or three picks a trait, and another evening might bring another "
    "answer. It counts only where the reviews say nothing and no questionnaire was filled in."
)


def questionnaire_lines(
    told: Mapping[str, Reading], left_out: Mapping[str, str], warnings: Iterable[str]
) -> Iterator[str]:
    """What a questionnaire told: doubts first, then traits with their facets, then the gaps."""
    norms = next(iter(told.values())).note.partition(" among ")[2].rstrip(".")
    yield f"Percentiles among {norms}: at 50, half of them score lower."
    for warning in warnings:
        yield f"Warning: {warning}"
    for scale in dimensions("ocean"):
        if scale.parent is None:
            yield ""
        if scale.id in told:
            yield _line(scale, told[scale.id], f"percentile {percentile(told[scale.id]):2.0f}", 23)
    yield ""
    if left_out:
        yield "Left out:"
        names = all_dimensions()
        yield from (f"  {names[trait_id].name}: {why}" for trait_id, why in left_out.items())
        yield ""
    yield BESIDE_THE_REVIEWS


def pick_lines(told: Mapping[str, Reading]) -> Iterator[str]:
    """What the picks told of the five traits, and how far to trust it."""
    for scale in dimensions("ocean"):
        if reading := told.get(scale.id):
            sure = f"{reading.score:+.2f}, {reading.confidence:.0%} sure"
            yield _line(scale, reading, sure, 19)
    yield ""
    yield WEAK


def _line(scale: Dimension, reading: Reading, figure: str, room: int) -> str:
    name = scale.name if scale.parent is None else f"  {scale.name}"
    meaning = scale.high if reading.score > 0 else scale.low
    if abs(reading.score) < NEAR_THE_MIDDLE:
        meaning = "near the middle"
    return f"{name:<{room}} {bar(reading.score, half=3)} {figure}  {meaning}"
