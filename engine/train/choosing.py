"""Which pairs a run takes. Front ends forecast with it, so nothing here leads to torch."""

from collections.abc import Sequence
from math import ceil

from engine.domain import PreferencePair
from engine.pairs.made_up import MADE_UP

LOOKED_AT = 24
"""Held-out pairs scored at every checkpoint: enough for a curve (± 20 points), few enough to wait
for. All of them are scored at the end."""


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
    """At most `limit` pairs of readers, those that people had a hand in first, and all of made-up
    ones; no held-out pair."""
    own = [pair for pair in pairs if not pair.held_out and not is_made_up(pair)]
    first = spread_over_topics([pair for pair in own if _is_a_persons(pair)], limit)
    if 0 < limit < len(own):
        others = [pair for pair in own if not _is_a_persons(pair)]
        left = limit - len(first)
        taken = {pair.id for pair in [*first, *(spread_over_topics(others, left) if left else ())]}
        own = [pair for pair in own if pair.id in taken]
    return [*own, *filter(is_made_up, pairs)]


def _is_a_persons(pair: PreferencePair) -> bool:
    """Whether somebody wrote, voted for, edited or accepted it."""
    return pair.edited or pair.accepted or not pair.made.startswith("bank")


def to_look_at(pairs: Sequence[PreferencePair], limit: int = LOOKED_AT) -> list[PreferencePair]:
    """About `limit` pairs, as many of each track as of the others where it has them."""
    tracks = [[p for p in pairs if p.track == t] for t in dict.fromkeys(p.track for p in pairs)]
    if len(pairs) <= limit:
        return list(pairs)
    return [p for own in tracks for p in spread_over_topics(own, ceil(limit / len(tracks)))]


def is_made_up(pair: PreferencePair) -> bool:
    """Whether a made-up reader learns it beside the real ones."""
    return pair.reader_id.startswith(MADE_UP)
