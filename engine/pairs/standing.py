"""What the sides of pairs rest on, to tell which have lost their ground when a profile changes."""

from collections.abc import Iterator, Mapping, Sequence

from engine.bank import books
from engine.domain import PreferencePair, Profile
from engine.frameworks import all_dimensions, all_statements
from engine.pairs.descriptions import angle_label
from engine.pairs.interests import ranked_genres
from engine.pairs.labels import facet_label, side, statement_label

Ground = tuple[int, str]
"""The side a profile gives to what a pair is about (1, -1, or 0 for none), and the trait it was
read from."""


def grounds(pairs: Sequence[PreferencePair], profile: Profile) -> Iterator[Ground]:
    """The ground of each pair in a profile, in order; the texts of the pairs are not looked at."""
    ranked = {(liked.id, other.id) for liked, other in ranked_genres(profile)}
    genres = {book.id: book.genre for book in books()}
    for pair in pairs:
        statement = all_statements().get(pair.trait_id)
        if pair.track == "values" and statement:
            found = statement_label(profile, statement)
            yield found.side, found.trait_id
        elif pair.track == "personality" and (facet := _facet_of(pair)) in all_dimensions():
            found = facet_label(profile, facet)
            yield found.side, found.trait_id
        elif pair.track == "descriptions" and (axis := _axis_of(pair)):
            lean = angle_label(profile, *axis)
            yield (lean.side, lean.trait_id) if lean else (0, pair.trait_id)
        elif pair.track == "interests":
            yield int(_genres_of(pair, genres) in ranked), pair.trait_id
        else:
            yield side(profile.trait(pair.trait_id)), pair.trait_id


def _axis_of(pair: PreferencePair) -> tuple[str, str] | None:
    """The two angles that a pair's origin names; None of a pair that is not the bank's."""
    kind, *rest = pair.origin.split(".")
    return (rest[-2], rest[-1]) if kind == "angles" and len(rest) == 3 else None


def _facet_of(pair: PreferencePair) -> str:
    """The facet of a question, added ones included: a question's id is its facet's and a number."""
    return pair.topic.rpartition(".")[0]


def _genres_of(pair: PreferencePair, genres: Mapping[str, str]) -> tuple[str, ...]:
    """The genre that is sought and the one ranked below it, as the pair's origin names them."""
    kind, *ids = pair.origin.split(".")
    return tuple(genres.get(book, "") for book in ids) if kind == "book" else tuple(ids)
