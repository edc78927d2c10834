"""From a trait to a side: which end of a scale a reader stands on, if that is known well enough."""

from dataclasses import dataclass, replace
from typing import Literal

from engine.domain import Profile, Trait
from engine.frameworks import Statement

MIN_SCORE = 0.15
MIN_CONFIDENCE = 0.2
"""Below either, a trait makes no pairs: a wrong label teaches the model the wrong reader."""

LeftOut = Literal["unknown", "faint", "off"]
"""Why a trait makes no pairs: nothing (sure enough) is known, the score is too near the middle, or
it is switched off for this reader."""


@dataclass(frozen=True)
class Label:
    """Which of two texts is this reader's, and what says so."""

    side: int
    """1 for the high end or agreement, -1 for the other, 0 for no pair."""
    trait_id: str
    """The trait it was read from."""
    stance: float = 0.0
    """-1 to 1: the score it was read from, towards the side that is called 1."""
    evidence: tuple[str, ...] = ()
    """Ids of the reviews behind the score, the strongest first."""
    left_out: LeftOut | None = None
    """Set where `side` is 0."""


MOST_EVIDENCE = 5


def label(trait: Trait | None, trait_id: str) -> Label:
    """The side of one trait."""
    if trait is None or not is_sure(trait):
        is_off = trait is not None and trait.status == "off"
        return Label(0, trait_id, left_out="off" if is_off else "unknown")
    score = trait.effective_score
    if abs(score) < MIN_SCORE:
        return Label(0, trait_id, score, left_out="faint")
    return Label(1 if score > 0 else -1, trait_id, score, reviews_behind(trait))


def reviews_behind(trait: Trait) -> tuple[str, ...]:
    """The reviews whose quotes speak for the trait's side, the clearest first, each once."""
    score = trait.effective_score
    agreeing = [quote for quote in trait.evidence if quote.stance * score > 0]
    agreeing.sort(key=lambda quote: -abs(quote.stance))
    return tuple(dict.fromkeys(quote.review_id for quote in agreeing))[:MOST_EVIDENCE]


def is_sure(trait: Trait) -> bool:
    """Whether the trait is known well enough to label a pair; the editor's word always is."""
    return trait.is_known and trait.effective_confidence >= MIN_CONFIDENCE


def side(trait: Trait | None) -> int:
    """1 for the high end, -1 for the low end, 0 where nothing sure enough is known."""
    return label(trait, "").side


def statement_label(profile: Profile, statement: Statement) -> Label:
    """1 where the reader agrees with the statement, -1 where rather with its opposite, or 0.

    The editor's word on the dimension outranks what was extracted for the statement; a mere
    agreement with the dimension's score changes nothing.
    """
    own = profile.trait(statement.id)
    if own is not None and own.status == "off":
        return Label(0, statement.id, left_out="off")
    dimension = profile.trait(statement.dimension)
    if not _outranks(dimension, own):
        return label(own, statement.id)
    whole = label(dimension, statement.id)
    return replace(whole, side=whole.side * statement.pole, stance=whole.stance * statement.pole)


def facet_label(profile: Profile, facet_id: str) -> Label:
    """The side on a Big Five facet, read from the facet's own trait or from its parent.

    GRAVITY labels by the trait's level; a facet's own evidence is nearer, so it goes first.
    """
    parent_id = facet_id.rsplit(".", 1)[0]
    facet, parent = profile.trait(facet_id), profile.trait(parent_id)
    if _outranks(parent, facet):
        return label(parent, parent_id)
    own = label(facet, facet_id)
    if own.side or (facet and facet.override and facet.override.kind == "unknown"):
        return own
    return label(parent, parent_id)


def _outranks(whole: Trait | None, part: Trait | None) -> bool:
    """Whether the editor spoke on the whole, beyond accepting it, and not on its part."""
    if whole is None or whole.override is None or whole.override.kind == "accepted":
        return False
    return part is None or part.override is None
