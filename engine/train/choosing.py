"""Which pairs a run takes. Front ends forecast with it, so nothing here leads to torch."""

from collections.abc import Sequence

from engine.domain import PreferencePair
from engine.pairs.made_up import MADE_UP


def spread_over_topics(pairs: Sequence[PreferencePair], limit: int) -> list[PreferencePair]:
    """At most `limit` pairs (0: all), in turns from every topic so that each is seen."""
    if limit <= 0 or len(pairs) <= limit:
        return list(pairs)
    taken: dict[tuple[str, str], int] = {}
    turn: dict[str, int] = {}
    for pair in pairs:
        key = (pair.track, pair.topic)
        turn[pair.id] = taken[key] = taken.get(key, 0) + 1
    chosen = {pair.id for pair in sorted(pairs, key=lambda pair: turn[pair.id])[:limit]}
    return [pair for pair in pairs if pair.id in chosen]


def to_train_on(pairs: Sequence[PreferencePair], limit: int) -> list[PreferencePair]:
    """At most `limit` pairs of readers, and all of made-up ones; no held-out pair."""
    own = [pair for pair in pairs if not pair.held_out and not is_made_up(pair)]
    return [*spread_over_topics(own, limit), *filter(is_made_up, pairs)]


def is_made_up(pair: PreferencePair) -> bool:
    """Whether a made-up reader learns it beside the real ones."""
    return pair.reader_id.startswith(MADE_UP)
