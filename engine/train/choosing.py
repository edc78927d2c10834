"""Which pairs a run takes. Front ends forecast with it, so nothing here leads to torch."""

from collections.abc import Sequence

from engine.domain import PreferencePair


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
