"""Countries with their published Hofstede scores, and what people call them and their cities.

What is shipped is in countries.toml; a researcher's own copy of the whole matrix is read here too.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from models.errors import BadInput

NOT_PUBLISHED = "#NULL!"
COLUMNS = {
    "pdi": "power_distance",
    "idv": "individualism",
    "mas": "masculinity",
    "uai": "uncertainty_avoidance",
    "ltowvs": "long_term_orientation",
    "ivr": "indulgence",
}
"""Column of the matrix → the dimension's name here."""
MOST = 120
"""Figures run from 0 to 100, and a few countries of a later study exceed it."""


@dataclass(frozen=True)
class Country:
    """A country with its scores on the six dimensions."""

    name: str
    scores: Mapping[str, int]
    """By dimension id; a dimension without a published figure is missing."""
    names: tuple[str, ...]
    """What means this country: its names, demonyms, cities and regions."""


@dataclass(frozen=True)
class Countries:
    """A set of countries of one vintage."""

    vintage: str
    source: str
    countries: tuple[Country, ...]
    ambiguous: frozenset[str]
    """Places, in lower case, that several countries share."""


@cache
def shipped() -> Countries:
    """The countries that come with the studio."""
    table = _table()
    return Countries(
        str(table["vintage"]),
        str(table["source"]),
        tuple(
            Country(
                row["name"],
                {f"hofstede.{dimension}": score for dimension, score in row["scores"].items()},
                (row["name"], *row["also"], *row["demonyms"], *row["places"]),
            )
            for row in _rows(table)
        ),
        frozenset(place.lower() for place in table["ambiguous"]),
    )


@cache
def peoples() -> tuple[frozenset[str], ...]:
    """For each country its names and what its people are called: `France`, `French`."""
    return tuple(
        frozenset((row["name"], *row["also"], *row["demonyms"])) for row in _rows(_table())
    )


def from_matrix(lines: Iterable[str], source: str) -> Countries:
    """A researcher's copy of the 2015 matrix: `ctr;country;pdi;idv;mas;uai;ltowvs;ivr`.

    Args:
        source: the file's name, for messages.

    Raises:
        BadInput: it is not laid out so, or a figure is none; line and column are named.
    """
    rows = csv.DictReader(lines, delimiter=";")
    missing = [name for name in ("country", *COLUMNS) if name not in (rows.fieldnames or ())]
    if missing:
        raise BadInput(
            f"{source} has no column {missing[0]!r}.",
            "The matrix is separated by semicolons: ctr;country;pdi;idv;mas;uai;ltowvs;ivr.",
        )
    known = {row["matrix_name"]: row["name"] for row in _rows(_table())}
    names = {country.name: country.names for country in shipped().countries}
    countries = []
    for row in rows:
        told = (row["country"] or "").strip()
        name = known.get(told, told)
        scores = dict(_figures(row, f"{source}, line {rows.line_num}"))
        countries.append(Country(name, scores, names.get(name, (name,))))
    if not countries:
        raise BadInput(f"{source} holds no country.", "Give the whole file, with its rows.")
    own = f"the editor's copy of the data matrix ({source})"
    return Countries(shipped().vintage, own, tuple(countries), shipped().ambiguous)


def _figures(row: Mapping[str, str | None], place: str) -> Iterator[tuple[str, int]]:
    for column, dimension in COLUMNS.items():
        told = (row[column] or "").strip()
        if told == NOT_PUBLISHED:
            continue
        if not told.isdecimal() or int(told) > MOST:
            raise BadInput(
                f"{place}: {told!r} in the column {column!r} is no score from 0 to {MOST}.",
                f"A figure that was not published is written {NOT_PUBLISHED}.",
            )
        yield f"hofstede.{dimension}", int(told)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "countries.toml").read_text(encoding="utf-8"))


def _rows(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from table["countries"]
