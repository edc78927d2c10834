"""What a profile says of what pairs are about: of each the side, and the trait it is read from.

The texts of the pairs are not looked at; which side those are on, see `engine.pairs.doctor.sides`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from engine.bank import BankBook, books
from engine.domain import PreferencePair, Profile
from engine.frameworks import Statement, all_dimensions, all_statements, dimensions, genres
from engine.pairs.descriptions import angle_label
from engine.pairs.interests import ranked_genres
from engine.pairs.labels import Label, facet_label, label, statement_label

Ground = tuple[int, str]
"""The side a profile gives to what a pair is about (1, -1, or 0 for none), and the trait it was
read from."""


def grounds(pairs: Sequence[PreferencePair], profile: Profile) -> Iterator[Ground]:
    """The ground of each pair in a profile, in order: a pair has lost it where it has changed."""
    for pair, found in zip(pairs, labels_of(pairs, profile), strict=True):
        yield (found.side, found.trait_id) if found else (0, pair.trait_id)


def labels_of(pairs: Sequence[PreferencePair], profile: Profile) -> Iterator[Label | None]:
    """What the profile says of each pair, in order; None where it cannot say anything."""
    ranked = {(liked.id, other.id) for liked, other in ranked_genres(profile)}
    known: dict[tuple[str, str, str], Label | None] = {}
    for pair in pairs:
        # Of a personality pair the answers may differ, but what decides them is the question.
        of = pair.origin if pair.track in ("interests", "descriptions") else pair.topic
        key = (pair.track, of, pair.trait_id)
        if key not in known:
            known[key] = _label(pair, profile, ranked)
        yield known[key]


def statement_of(pair: PreferencePair) -> Statement | None:
    """The statement that a values pair is about; None where it names none."""
    return all_statements().get(pair.topic) or all_statements().get(pair.trait_id)


def facet_of(pair: PreferencePair) -> str:
    """The facet of a question, added ones included: a question's id is its facet's and a number."""
    return pair.topic.rpartition(".")[0]


def genres_of(pair: PreferencePair) -> tuple[str, str] | tuple[()]:
    """The genre that is sought and the one ranked below it, as an interests pair's origin has them;
    nothing where it names none."""
    kind, *ids = pair.origin.split(".")
    if kind == "book":
        ids = [shelf()[book].genre for book in ids if book in shelf()]
    if kind not in ("book", "genre") or len(ids) != 2 or not {*ids} <= genres().keys():
        return ()
    return ids[0], ids[1]


def axis_of(pair: PreferencePair) -> tuple[str, str] | tuple[()]:
    """The two angles that a descriptions pair's origin names; nothing where it names none."""
    kind, *rest = pair.origin.split(".")
    return (rest[1], rest[2]) if kind == "angles" and len(rest) == 3 else ()


@cache
def shelf() -> Mapping[str, BankBook]:
    """All books of the bank by their ids."""
    return {book.id: book for book in books()}


def _label(pair: PreferencePair, profile: Profile, ranked: set[tuple[str, str]]) -> Label | None:
    if pair.track == "values" and (statement := statement_of(pair)):
        return statement_label(profile, statement)
    if pair.track == "personality" and (facet := facet_of(pair)) in all_dimensions():
        return facet_label(profile, facet)
    if pair.track == "descriptions" and (axis := axis_of(pair)):
        return angle_label(profile, *axis) or Label(0, pair.trait_id, left_out="faint")
    if pair.track == "interests" and (set_against := genres_of(pair)):
        return _genre_label(profile, *set_against, ranked)
    if pair.trait_id in _scored():
        return label(profile.trait(pair.trait_id), pair.trait_id)
    return None


def _genre_label(profile: Profile, liked: str, other: str, ranked: set[tuple[str, str]]) -> Label:
    for side, (first, second) in ((1, (liked, other)), (-1, (other, liked))):
        if (first, second) in ranked:
            trait_id = f"interests.{first}"
            return replace(label(profile.trait(trait_id), trait_id), side=side)
    return Label(0, f"interests.{liked}", left_out="faint")


@cache
def _scored() -> frozenset[str]:
    """The ids of all that a profile has a score for."""
    scales = (*all_dimensions(), *(scale.id for scale in dimensions("aversions")))
    return frozenset((*scales, *all_statements(), *(f"interests.{genre}" for genre in genres())))
