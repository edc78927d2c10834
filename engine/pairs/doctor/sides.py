"""Which way round a pair stands beside the profile as it is now.

A side is 1 or -1 as in `engine.pairs.labels`; 0 where nothing can be said.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from engine.bank import Question, Scenario, angles, questions, scenarios
from engine.domain import PreferencePair, Profile
from engine.frameworks import genres
from engine.pairs.addition import NOTHING_ADDED, Addition
from engine.pairs.interests import book_told, genre_told
from engine.pairs.labels import Label
from engine.pairs.personality import answers_of
from engine.pairs.standing import axis_of, genres_of, labels_of, shelf

LEAST_LEAD = 0.1
"""How much nearer (share of words in common, 0 to 1) an edited text must be to one side."""

Sides = tuple[str, str]
"""The two texts of an entry of the bank, the one of side 1 first."""


@dataclass(frozen=True)
class Stand:
    """How a pair stands beside the profile."""

    pair: PreferencePair
    is_now: int
    """The side that its texts are on; of texts that no entry gave, the one it was recorded with."""
    label: Label
    """What the profile says by now."""
    entry: Sides | None
    """The texts of the entry that it was made from; None where the bank has none."""


def stands(
    pairs: Sequence[PreferencePair], profile: Profile, added: Addition = NOTHING_ADDED
) -> Iterator[Stand]:
    """The pairs whose side can be told, with what the profile says of it.

    Args:
        added: what the pairs may be made from beside the bank that we ship.
    """
    texts = {**_shipped(), **_texts(added.scenes, added.questions)}
    for pair, found in zip(pairs, labels_of(pairs, profile), strict=True):
        entry = _entry(pair, texts)
        is_now = side_of_texts(pair, entry)
        if found is not None and is_now:
            yield Stand(pair, is_now, found, entry)


def side_of_texts(pair: PreferencePair, entry: Sides | None) -> int:
    """The side that the chosen text is on, by what the bank's entry says; edited: the nearer."""
    if entry is None:
        return (pair.stance > 0) - (pair.stance < 0)
    if (pair.chosen, pair.rejected) == entry:
        return 1
    if (pair.rejected, pair.chosen) == entry:
        return -1
    high, low = entry
    as_is = _in_common(pair.chosen, high) + _in_common(pair.rejected, low)
    turned = _in_common(pair.chosen, low) + _in_common(pair.rejected, high)
    return 0 if abs(as_is - turned) < LEAST_LEAD else (1 if as_is > turned else -1)


def turned_round(stand: Stand) -> PreferencePair:
    """The pair with the sides that the profile asks for; the bank's own texts are no edit."""
    pair, entry = stand.pair.swapped(), stand.entry
    is_banks = entry is not None and (pair.chosen, pair.rejected) in (entry, entry[::-1])
    return replace(
        pair,
        edited=not is_banks,
        trait_id=stand.label.trait_id,
        stance=stand.label.stance,
        evidence=stand.label.evidence,
    )


def _in_common(one: str, other: str) -> float:
    """The share of words that two texts have in common, 0 to 1."""
    a, b = _words(one), _words(other)
    return len(a & b) / max(1, len(a | b))


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def _entry(pair: PreferencePair, texts: Mapping[str, Sides]) -> Sides | None:
    """What the bank has under the pair's origin.

    Args:
        texts: of scenes and questions.
    """
    if pair.track in ("values", "personality"):
        return texts.get(pair.origin)
    kind, *ids = pair.origin.split(".")
    if axis := axis_of(pair):
        told = angles().get(ids[0], {})
        return (told[axis[0]], told[axis[1]]) if {*axis} <= told.keys() else None
    if not (set_against := genres_of(pair)):
        return None
    if kind == "book":
        first, second = (shelf()[book] for book in ids)
        return book_told(first), book_told(second)
    liked, other = (genres()[genre] for genre in set_against)
    return genre_told(liked, pair.origin), genre_told(other, pair.origin)


@cache
def _shipped() -> Mapping[str, Sides]:
    return _texts(scenarios(), questions())


def _texts(scenes: Sequence[Scenario], asked: Sequence[Question]) -> dict[str, Sides]:
    """Both texts by the origin of the pair that is made of them."""
    return {scene.id: (scene.aligned, scene.opposed) for scene in scenes} | {
        origin: (high, low) for question in asked for origin, high, low in answers_of(question)
    }
