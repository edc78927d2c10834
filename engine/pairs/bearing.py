"""What of a profile bears on a pair: the few sentences that its reader would say on it.

They stand right after the request, and what bears on it most stands last, since a small model reads
what is near. Told is only what may stand on the card and is sure enough to label pairs; what the
reader shuns never is, for a small model raises whatever is mentioned. Which traits are told, and in
which order, follows from the pair's origin and from what is known, not from the sides: for the
opposite reader the same traits stand in the same places in opposite words.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from engine.domain import PreferencePair, Profile
from engine.frameworks import Statement, all_statements
from engine.pairs.descriptions import ANGLES, AXES, angle_label
from engine.pairs.labels import facet_label, statement_label
from engine.pairs.standing import axis_of, facet_of, genres_of, statement_of
from engine.profile.card_items import sifted

MOST_SENTENCES = 4
OTHERS = 2
"""Traits told beside those that the pair is about, as beside a book stand some that hardly bear on
it."""


@dataclass(frozen=True)
class Sayings:
    """What a reader would say, as far as it is known and may be told."""

    statements: Mapping[str, str]
    """By statement id: its text, or its opposite."""
    facets: Mapping[str, str]
    """By facet id."""
    sought: Mapping[str, str]
    """The genres that the reader seeks: id to name."""
    angles: Mapping[str, str]
    """By angle of descriptions, those that the reader leans to; one of an axis at the most."""


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
    return Sayings(statements, facets, sought, _leaning(profile, ids))


def _leaning(profile: Profile, may_be_told: Collection[str]) -> dict[str, str]:
    found = ((axis, angle_label(profile, *axis)) for axis in AXES)
    leaning = [
        axis[0] if label.side > 0 else axis[1]
        for axis, label in found
        if label and label.trait_id in may_be_told
    ]
    return {angle: _said()["angles"][angle] for angle in leaning}


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
        return _of_angles(sayings, axis_of(pair), pair.origin)
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
    """Two of other scales, one more of the statement's scale, and the statement."""
    scales = {name: all_statements()[name].dimension for name in said}
    siblings = [name for name in said if scales[name] == about.dimension and name != about.id]
    own = [*_drawn(siblings, key, 1), *(name for name in said if name == about.id)]
    if not own:
        return ()
    others = [name for name in said if scales[name] != about.dimension]
    return tuple(said[name] for name in (*_drawn(others, key, OTHERS), *own))


def _of_facet(said: Mapping[str, str], about: str, key: str) -> tuple[str, ...]:
    """Two others, and the facet."""
    if about not in said:
        return ()
    others = _drawn(said.keys() - {about}, key, OTHERS)
    return tuple(said[name] for name in (*others, about))


def _of_angles(sayings: Sayings, axis: Sequence[str], key: str) -> tuple[str, ...]:
    """Two statements of the values of both angles, and the angles that the reader leans to."""
    if not axis:
        return ()
    values = {f"schwartz.{value}" for angle in axis for value in ANGLES.get(angle, ())}
    said = sayings.statements
    names = [name for name in said if all_statements()[name].dimension in values]
    told = [said[name] for name in _drawn(names, key, OTHERS)]
    return (*told, *leaning_to(sayings, axis))


def leaning_to(sayings: Sayings, axis: Sequence[str] = ()) -> tuple[str, ...]:
    """What the reader looks for in any book, by the angles leant to; those of an axis last."""
    last = [angle for angle in sayings.angles if angle in axis]
    first = [angle for angle in sayings.angles if angle not in axis]
    return tuple(sayings.angles[angle] for angle in (*first, *last))


def _drawn(names: Iterable[str], key: str, most: int | None = None) -> list[str]:
    """So many of the names, in an order that the key decides on every machine alike."""
    return sorted(names, key=lambda name: sha256(f"{key}\n{name}".encode()).digest())[:most]


@cache
def _said_of_facets() -> Mapping[str, tuple[str, str]]:
    """Facet id to what one says at its low end and at its high end."""
    return {facet: (row["low"], row["high"]) for facet, row in _said()["facets"].items()}


@cache
def _said() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / "said.toml").read_text(encoding="utf-8"))
