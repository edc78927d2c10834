"""All pairs of one reader, from the profile as the editor left it."""

from collections import Counter
from dataclasses import dataclass

from engine.domain import PreferencePair, Profile
from engine.pairs.interests import interest_pairs
from engine.pairs.personality import personality_pairs
from engine.pairs.split import split_by_topic
from engine.pairs.values import values_pairs
from models.errors import BadInput


@dataclass(frozen=True)
class PairsReport:
    """What was built."""

    reader: str
    pairs: int
    by_track: dict[str, int]
    held_out: int

    def as_json(self) -> dict[str, object]:
        return vars(self)


def pairs_for(profile: Profile) -> list[PreferencePair]:
    """Pairs of all three tracks, split into training and held out.

    Raises:
        BadInput: nothing about the reader is known well enough to make a pair.
    """
    pairs = [*interest_pairs(profile), *values_pairs(profile), *personality_pairs(profile)]
    if not pairs:
        raise BadInput(
            f"Nothing about reader {profile.reader_id!r} is known well enough to make pairs.",
            "Import more reviews, or set some traits yourself: `profile set`.",
        )
    return split_by_topic(pairs)


def report(reader_id: str, pairs: list[PreferencePair]) -> PairsReport:
    """Counts of the pairs that are in use."""
    used = [pair for pair in pairs if not pair.dropped]
    return PairsReport(
        reader=reader_id,
        pairs=len(used),
        by_track=dict(Counter(pair.track for pair in used)),
        held_out=sum(pair.held_out for pair in used),
    )
