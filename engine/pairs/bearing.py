"""What of a profile bears on a pair: the few sentences that its reader would say on it.

They stand right after the request, since a small model reads what is near. Told is only what may
stand on the card and is sure enough to label pairs; what the reader shuns never is, for a small
model raises whatever is mentioned. Which traits are told, and in which order, follows from the
pair's origin and from what is known, not from the sides: for the opposite reader the same traits
stand in the same places in opposite words.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from engine.domain import PreferencePair, Profile
from engine.frameworks import Statement, all_statements
from engine.pairs.descriptions import ANGLES
from engine.pairs.labels import facet_label, statement_label
from engine.pairs.standing import axis_of, facet_of, genres_of, statement_of
from engine.profile.card_items import sifted

MOST_SENTENCES = 4
OTHERS = 2
"""Traits told beside those that the pair is about, so that a model has to choose among them."""


@dataclass(frozen=True)
class Sayings:
    """What a reader would say, as far as it is known and may be told."""

    statements: Mapping[str, str]
    """By statement id: its text, or its opposite."""
    facets: Mapping[str, str]
    """By facet id."""
    sought: Mapping[str, str]
    """The genres that the reader seeks: id to name."""


def sayings_of(profile: Profile) -> Sayings:
    """Everything that the reader of a profile would say.

    A statement or a facet is read as pairs are labelled, from the broader scale where the editor
    spoke on that; the trait it is read from must be one that the card may tell.
    """
    told = sifted(profile, "describe_book").items
    ids = {item.trait_id for item in told}
    off = {trait.id for trait in profile.traits if trait.status == "off"}
    statements, facets = {}, {}
    for statement in all_statements().values():
        found = statement_label(profile, statement)
        may_be_told = (profile.sensitive or not statement.sensitive) and (
            statement.id in ids or statement.dimension in ids
        )
        if found.side and may_be_told:
            statements[statement.id] = statement.text if found.side > 0 else statement.opposite
    for facet, (low, high) in _said_of_facets().items():
        found = facet_label(profile, facet)
        if found.side and found.trait_id in ids and facet not in off:
            facets[facet] = high if found.side > 0 else low
    sought = {
        item.trait_id.partition(".")[2]: item.words for item in told if item.section == "seeks"
    }
    return Sayings(statements, facets, sought)


def bearing(profile: Profile, pairs: Iterable[PreferencePair]) -> dict[str, tuple[str, ...]]:
    """The sentences that bear on pairs, by pair id; a pair that none bears on is not in it."""
    sayings = sayings_of(profile)
    told = {pair.id: bearing_on(sayings, pair) for pair in pairs}
    return {pair_id: sentences for pair_id, sentences in told.items() if sentences}


def bearing_on(sayings: Sayings, pair: PreferencePair) -> tuple[str, ...]:
    """What bears on one pair, four sentences at the most.

    None for other people's pair that names no statement, facet, genres or angles of ours.
    """
    if pair.track == "values" and (statement := statement_of(pair)):
        return _of_statement(sayings.statements, statement, pair.origin)
    if pair.track == "personality":
        return _of_facet(sayings.facets, facet_of(pair), pair.origin)
    if pair.track == "interests":
        line = looking_for(sayings, genres_of(pair), pair.origin)
        return (line,) if line else ()
    if pair.track == "descriptions":
        return _of_angles(sayings.statements, axis_of(pair), pair.origin)
    return ()


def looking_for(sayings: Sayings, wanted: Sequence[str], key: str) -> str:
    """`I look for …`, with those of the wanted genres that are sought, and up to two others.

    Args:
        wanted: genre ids.
        key: decides on the others, and on the order.

    Returns:
        The sentence; empty where none of the wanted genres is sought.
    """
    own = [genre for genre in sayings.sought if genre in wanted]
    if not own:
        return ""
    others = _drawn(sayings.sought.keys() - {*own}, key, OTHERS)
    *names, last = (sayings.sought[genre] for genre in _drawn([*own, *others], key))
    return f"I look for {' and '.join(filter(None, (', '.join(names), last)))}."


def _of_statement(said: Mapping[str, str], about: Statement, key: str) -> tuple[str, ...]:
    """The statement, one more of its scale, and two of other scales."""
    scales = {name: all_statements()[name].dimension for name in said}
    siblings = [name for name in said if scales[name] == about.dimension and name != about.id]
    own = [name for name in said if name == about.id] + _drawn(siblings, key, 1)
    if not own:
        return ()
    others = [name for name in said if scales[name] != about.dimension]
    return _ordered(said, [*own, *_drawn(others, key, OTHERS)], key)


def _of_facet(said: Mapping[str, str], about: str, key: str) -> tuple[str, ...]:
    """The facet, and two others."""
    if about not in said:
        return ()
    return _ordered(said, [about, *_drawn(said.keys() - {about}, key, OTHERS)], key)


def _of_angles(said: Mapping[str, str], angles: Sequence[str], key: str) -> tuple[str, ...]:
    """Statements of the values of the angles that a description is told from."""
    values = {f"schwartz.{value}" for angle in angles for value in ANGLES.get(angle, ())}
    names = [name for name in said if all_statements()[name].dimension in values]
    return _ordered(said, _drawn(names, key, MOST_SENTENCES), key)


def _ordered(said: Mapping[str, str], names: Collection[str], key: str) -> tuple[str, ...]:
    return tuple(said[name] for name in _drawn(names, f"{key} in order"))


def _drawn(names: Iterable[str], key: str, most: int | None = None) -> list[str]:
    """So many of the names, in an order that the key decides on every machine alike."""
    return sorted(names, key=lambda name: sha256(f"{key}\n{name}".encode()).digest())[:most]


@cache
def _said_of_facets() -> Mapping[str, tuple[str, str]]:
    """Facet id to what one says at its low end and at its high end."""
    table = tomllib.loads((files(__package__) / "said.toml").read_text(encoding="utf-8"))
    return {facet: (row["low"], row["high"]) for facet, row in table.items()}
