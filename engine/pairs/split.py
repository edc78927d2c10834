"""Which pairs are held out: whole topics, so that nothing of a held-out one was ever seen."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from engine.domain import PreferencePair

HELD_OUT_SHARE = 0.15


def split_by_topic(pairs: Sequence[PreferencePair]) -> list[PreferencePair]:
    """Hold out about 15 % of each track's topics, chosen by their names and so always the same."""
    held_out: set[str] = set()
    for track in ("interests", "values", "personality"):
        topics = sorted({pair.topic for pair in pairs if pair.track == track}, key=_shuffled)
        held_out.update(topics[: round(len(topics) * HELD_OUT_SHARE)])
    return [replace(pair, held_out=pair.topic in held_out) for pair in pairs]


def _shuffled(topic: str) -> str:
    return sha256(topic.encode()).hexdigest()
