"""From a trait to a side: which end of a scale a reader stands on, if that is known well enough."""

from engine.domain import Profile, Trait
from engine.frameworks import Statement

MIN_SCORE = 0.15
MIN_CONFIDENCE = 0.2
"""Below either, a trait makes no pairs: a wrong label teaches the model the wrong reader."""


def is_sure(trait: Trait) -> bool:
    """Whether the trait is known well enough to label a pair; the editor's word always is."""
    return trait.is_known and trait.effective_confidence >= MIN_CONFIDENCE


def side(trait: Trait | None) -> int:
    """1 for the high end, -1 for the low end, 0 where nothing sure enough is known."""
    if trait is None or not is_sure(trait):
        return 0
    score = trait.effective_score
    if abs(score) < MIN_SCORE:
        return 0
    return 1 if score > 0 else -1


def statement_side(profile: Profile, statement: Statement) -> int:
    """1 where the reader agrees with the statement, -1 where rather with its opposite, or 0.

    The editor's word on the dimension outranks what was extracted for the statement; a mere
    agreement with the dimension's score changes nothing.
    """
    own = profile.trait(statement.id)
    if own is not None and own.status == "off":
        return 0
    dimension = profile.trait(statement.dimension)
    if _outranks(dimension, own):
        return side(dimension) * statement.pole
    return side(own)


def facet_side(profile: Profile, facet_id: str) -> tuple[int, str]:
    """The side on a Big Five facet, and the trait it was read from: the facet's own or its parent.

    GRAVITY labels by the trait's level; a facet's own evidence is nearer, so it goes first.
    """
    parent_id = facet_id.rsplit(".", 1)[0]
    facet, parent = profile.trait(facet_id), profile.trait(parent_id)
    if _outranks(parent, facet):
        return side(parent), parent_id
    own = side(facet)
    if own or (facet and facet.override and facet.override.kind == "unknown"):
        return own, facet_id
    return side(parent), parent_id


def _outranks(whole: Trait | None, part: Trait | None) -> bool:
    """Whether the editor spoke on the whole, beyond accepting it, and not on its part."""
    if whole is None or whole.override is None or whole.override.kind == "accepted":
        return False
    return part is None or part.override is None
