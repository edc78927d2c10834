"""A pair as lines on a terminal."""

from collections.abc import Iterator, Mapping

from engine.domain import PreferencePair
from studio.pair_words import writer
from studio.text import one_line

MARKS = ("held_out", "dropped", "accepted", "flagged", "edited")


def pair_lines(pair: PreferencePair, names: Mapping[str, str], limit: int) -> Iterator[str]:
    """A pair for people, each text at most `limit` characters long."""
    marks = [name.replace("_", " ") for name in MARKS if getattr(pair, name)]
    made = [f"written by {writer(pair.made)}"] if pair.made not in ("bank", "imported") else []
    made = ["imported"] if pair.made == "imported" else made
    strength = [f"{pair.stance:+.2f}"] if pair.stance else []
    trait = names.get(pair.trait_id, pair.trait_id)
    yield f"{pair.id}  {one_line(', '.join([pair.track, trait, *strength, *marks, *made]))}"
    yield f"  prompt:   {one_line(pair.prompt, limit)}"
    yield f"  chosen:   {one_line(pair.chosen, limit)}"
    yield f"  rejected: {one_line(pair.rejected, limit)}"
