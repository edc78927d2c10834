"""What a profile can speak of: dimensions, facets, statements and genres, read from TOML.

The words are data in `*.toml` beside this file; nothing here scores a reader.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from engine.domain import Framework

VALUE_FRAMEWORKS: tuple[Framework, ...] = ("schwartz", "hofstede", "wvs")


@dataclass(frozen=True)
class Dimension:
    """A scale with two poles: a dimension, a value, a Big Five trait or one of its facets."""

    id: str
    framework: Framework
    name: str
    low: str
    """What a score of -1 means, in words that follow "this reader …"."""
    high: str
    parent: str | None = None
    """The trait a facet belongs to; None for a dimension itself."""


@dataclass(frozen=True)
class Statement:
    """A sentence that one can agree or disagree with; it moves its dimension's score."""

    id: str
    framework: Framework
    dimension: str
    pole: Literal[-1, 1]
    """1: agreeing moves the dimension to its high end; -1: to its low end."""
    text: str
    opposite: str
    """What somebody who disagrees would say."""
    sensitive: bool
    """Religion, sexuality, politics, health, abortion: off until the editor switches it on."""


@dataclass(frozen=True)
class Genre:
    """A kind of book, with what makes it plain to a sentence encoder and to a keyword search."""

    id: str
    name: str
    prototypes: tuple[str, ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True)
class FrameworkText:
    """What the head of a framework's file says of it."""

    name: str
    caution: str


def _read(name: str) -> dict[str, object]:
    return tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def about(framework: Framework) -> FrameworkText:
    """The framework's name and the caution an editor should know."""
    if framework == "demographics":
        return FrameworkText("Demographics", "Stated facts only; nothing is inferred from a name.")
    if framework == "interests":
        return FrameworkText("Interests", "From what was read, and how it was liked.")
    head = _read(framework)
    return FrameworkText(str(head["name"]), str(head["caution"]))


@cache
def dimensions(framework: Framework) -> tuple[Dimension, ...]:
    """The scales of one framework, facets of the Big Five after their trait."""
    head = _read(framework)
    own = [
        Dimension(row["id"], framework, row["name"], row["low"], row["high"])
        for row in _tables(head, "dimensions")
    ]
    facets = [
        Dimension(
            id=row["id"],
            framework=framework,
            name=row["name"],
            low=row["low"],
            high=row["high"],
            parent=row["dimension"],
        )
        for row in _tables(head, "facets")
    ]
    return tuple(
        scale
        for dimension in own
        for scale in (dimension, *(facet for facet in facets if facet.parent == dimension.id))
    )


@cache
def statements(framework: Framework) -> tuple[Statement, ...]:
    """The statements of one framework, in the order of its dimensions."""
    return tuple(
        Statement(framework=framework, **row) for row in _tables(_read(framework), "statements")
    )


@cache
def all_statements() -> dict[str, Statement]:
    """Every statement by id."""
    return {item.id: item for framework in VALUE_FRAMEWORKS for item in statements(framework)}


@cache
def sensitive_statements() -> frozenset[str]:
    """Ids of the statements that are off until the editor switches them on for a reader."""
    return frozenset(item.id for item in all_statements().values() if item.sensitive)


@cache
def all_dimensions() -> dict[str, Dimension]:
    """Every scale by id, facets included."""
    return {
        item.id: item
        for framework in (*VALUE_FRAMEWORKS, "ocean")
        for item in dimensions(framework)
    }


@cache
def genres() -> dict[str, Genre]:
    """Every genre by id."""
    return {
        row["id"]: Genre(row["id"], row["name"], tuple(row["prototypes"]), tuple(row["keywords"]))
        for row in _tables(_read("genres"), "genres")
    }


def _tables(head: dict[str, object], name: str) -> list[dict[str, Any]]:
    tables = head.get(name, [])
    assert isinstance(tables, list)
    return tables
