"""Which way round a pair stands, and which way the profile would have it by now.

A side is 1 or -1 as in `engine.pairs.labels`; 0 where nothing can be said.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from engine.bank import BankBook, angles, books, questions, scenarios
from engine.domain import PreferencePair, Profile
from engine.frameworks import all_dimensions, all_statements, genres
from engine.pairs.descriptions import angle_label
from engine.pairs.interests import book_told, genre_told, ranked_genres
from engine.pairs.labels import Label, facet_label, label, statement_label
from engine.pairs.personality import MEETINGS

LEAST_LEAD = 0.1
"""How much nearer (share of words in common, 0 to 1) an edited text must be to one side."""


@dataclass(frozen=True)
class Stand:
    """How a pair stands beside the profile."""

    pair: PreferencePair
    is_now: int
    """The side that its texts are on; of texts that no entry gave, the one it was recorded with."""
    label: Label
    """What the profile says by now."""


def stands(pairs: Sequence[PreferencePair], profile: Profile) -> Iterator[Stand]:
    """The pairs whose side can be told, with what the profile says of it."""
    ranked = {(liked.id, other.id) for liked, other in ranked_genres(profile)}
    known: dict[tuple[str, str, str], Label | None] = {}
    for pair in pairs:
        # Of a personality pair the answers may differ, but what decides them is the question.
        of = pair.origin if pair.track in ("interests", "descriptions") else pair.topic
        key = (pair.track, of, pair.trait_id)
        if key not in known:
            known[key] = _label(pair, profile, ranked)
        found, is_now = known[key], side_of_texts(pair)
        if found is not None and is_now:
            yield Stand(pair, is_now, found)


def side_of_texts(pair: PreferencePair) -> int:
    """The side that the chosen text is on, by what the bank's entry says; edited: the nearer."""
    entry = _entries(pair)
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
    pair = stand.pair.swapped()
    entry = _entries(pair)
    is_banks = entry is not None and (pair.chosen, pair.rejected) in (entry, entry[::-1])
    return replace(
        pair,
        edited=not is_banks,
        trait_id=stand.label.trait_id,
        stance=stand.label.stance,
        evidence=stand.label.evidence,
    )


def genres_of(pair: PreferencePair) -> tuple[str, str] | tuple[()]:
    """The two genres that a pair of the interests track sets against each other, if it says so."""
    kind, *ids = pair.origin.split(".")
    if kind == "book":
        ids = [_shelf()[book].genre for book in ids if book in _shelf()]
    if kind not in ("book", "genre") or len(ids) != 2 or not {*ids} <= genres().keys():
        return ()
    return ids[0], ids[1]


def _in_common(one: str, other: str) -> float:
    """The share of words that two texts have in common, 0 to 1."""
    a, b = _words(one), _words(other)
    return len(a & b) / max(1, len(a | b))


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def _label(pair: PreferencePair, profile: Profile, ranked: set[tuple[str, str]]) -> Label | None:
    """What the profile says of what the pair is about; None where it cannot say anything."""
    kind, *rest = pair.origin.split(".")
    statement = all_statements().get(pair.topic) or all_statements().get(pair.trait_id)
    if pair.track == "values" and statement:
        return statement_label(profile, statement)
    if pair.track == "personality" and pair.topic in _facets():
        return facet_label(profile, _facets()[pair.topic])
    if pair.track == "descriptions" and kind == "angles" and len(rest) == 3:
        found = angle_label(profile, rest[1], rest[2])
        return found or Label(0, pair.trait_id, left_out="faint")
    if pair.track == "interests" and (set_against := genres_of(pair)):
        return _genre_label(profile, *set_against, ranked)
    if pair.trait_id in all_dimensions() or pair.trait_id.partition(".")[2] in genres():
        return label(profile.trait(pair.trait_id), pair.trait_id)
    return None


def _genre_label(profile: Profile, liked: str, other: str, ranked: set[tuple[str, str]]) -> Label:
    for side, (first, second) in ((1, (liked, other)), (-1, (other, liked))):
        if (first, second) in ranked:
            trait_id = f"interests.{first}"
            return replace(label(profile.trait(trait_id), trait_id), side=side)
    return Label(0, f"interests.{liked}", left_out="faint")


def _entries(pair: PreferencePair) -> tuple[str, str] | None:
    """The two texts of the pair's entry in the bank, the one of side 1 first."""
    if pair.track in ("values", "personality"):
        return _texts().get(pair.origin)
    kind, *rest = pair.origin.split(".")
    if kind == "angles" and len(rest) == 3:
        told = angles().get(rest[0], {})
        return (told[rest[1]], told[rest[2]]) if {*rest[1:]} <= told.keys() else None
    if kind == "book" and len(rest) == 2 and {*rest} <= _shelf().keys():
        first, second = (_shelf()[book] for book in rest)
        return book_told(first), book_told(second)
    if kind == "genre" and len(rest) == 2 and {*rest} <= genres().keys():
        liked, other = (genres()[genre] for genre in rest)
        return genre_told(liked, pair.origin), genre_told(other, pair.origin)
    return None


@cache
def _texts() -> Mapping[str, tuple[str, str]]:
    scenes = {scene.id: (scene.aligned, scene.opposed) for scene in scenarios()}
    answers = {
        f"{question.id}.{number}": (question.high[high], question.low[low])
        for question in questions()
        for number, (high, low) in enumerate(MEETINGS, 1)
    }
    return scenes | answers


@cache
def _facets() -> Mapping[str, str]:
    return {question.id: question.facet for question in questions()}


@cache
def _shelf() -> Mapping[str, BankBook]:
    return {book.id: book for book in books()}
