"""A trait on a line: where it stands, on whose word, and with which quotes."""

from collections.abc import Iterator, Mapping

from engine.domain import Trait
from studio.text import bar, one_line


def trait_line(trait: Trait, names: Mapping[str, str]) -> str:
    """One trait on a line: where it stands, how surely, and its id for `profile set`."""
    name = f"{one_line(names.get(trait.id, trait.id), 70)} [{trait.id}]"
    if not trait.is_known and trait.override is None:
        return f"{trait.status}: {name} {one_line(trait.note)}".rstrip()
    value = trait.effective_value
    stands = f"{score_line(trait.effective_score)} {name}" if value is None else f"{value}: {name}"
    if trait.override is None:
        sure = f", confidence {trait.effective_confidence:.0%}"
        return f"{stands}{sure}" if value is None else one_line(stands)
    if trait.override.kind == "unknown":
        stands = f"unknown: {name}"
    reason = f": {one_line(trait.override.reason)}" if trait.override.reason else ""
    return f"{one_line(stands)} ({WORDS[trait.override.kind]}{reason})"


WORDS = {
    "accepted": "accepted by the editor",
    "set": "set by the editor",
    "unknown": "marked unknown by the editor",
}


def score_line(score: float) -> str:
    return f"{bar(score)} {score:+.2f}"


def short(trait: Trait | None) -> str:
    if trait is None or not trait.is_known:
        return "unknown"
    value = trait.effective_value
    return f"{trait.effective_score:+.2f}" if value is None else one_line(value, 40)


def quotes_of(trait: Trait) -> Iterator[str]:
    """The quoted spans of a trait, those that say most first."""
    for span in sorted(trait.evidence, key=lambda span: -abs(span.stance)):
        side = "for" if span.stance > 0 else "against"
        yield f"      {side}: “{one_line(span.quote, 300)}” ({span.review_id})"
