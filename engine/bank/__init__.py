"""What we ship and wrote ourselves: scenes, questions, books, signs, and three example readers.

Each entry has an id and names the statement, facet or genre it stands for. JSON Lines beside this
file; nothing here decides what a reader prefers.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Scenario:
    """Two scenes of equal length and charm, one living by a statement, one by its opposite."""

    id: str
    statement: str
    grade: Literal["plain", "everyday", "subtle"]
    """How openly the scene says which side it is on."""
    aligned: str
    opposed: str


@dataclass(frozen=True)
class Question:
    """An everyday situation with two answers high on a facet and two low on it."""

    id: str
    facet: str
    question: str
    high: tuple[str, ...]
    low: tuple[str, ...]


@dataclass(frozen=True)
class BankBook:
    """A real book with a neutral description of our own."""

    id: str
    title: str
    author: str
    year: int
    country: str
    genre: str
    fiction: bool
    use: Literal["train", "preview"]
    """`preview` books are never trained on: they are for previews and evaluation."""
    subject: str
    description: str


@dataclass(frozen=True)
class Signs:
    """Sentences a reviewer might write who agrees (for), or rather disagrees (against)."""

    id: str
    """A statement or a facet."""
    agreeing: tuple[str, ...]
    disagreeing: tuple[str, ...]


def _lines(name: str) -> Iterator[dict[str, Any]]:
    for line in (files(__name__) / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


@cache
def scenarios() -> tuple[Scenario, ...]:
    return tuple(Scenario(**row) for row in _lines("scenarios.jsonl"))


@cache
def questions() -> tuple[Question, ...]:
    return tuple(
        Question(row["id"], row["facet"], row["question"], tuple(row["high"]), tuple(row["low"]))
        for row in _lines("personality.jsonl")
    )


@cache
def books() -> tuple[BankBook, ...]:
    return tuple(BankBook(**row) for row in _lines("books.jsonl"))


@cache
def angles() -> dict[str, dict[str, str]]:
    """Book id to four descriptions that sell the book, by the angle they sell it from."""
    return {row.pop("book"): row for row in _lines("angles.jsonl")}


@cache
def signs() -> dict[str, Signs]:
    """Signs by the statement or facet they stand for."""
    return {
        row["id"]: Signs(row["id"], tuple(row["for"]), tuple(row["against"]))
        for row in _lines("signs.jsonl")
    }


def example_reviews() -> Path:
    """The bundled example: three invented readers in the Amazon Reviews 2023 format."""
    with as_file(files(__name__) / "example_reviews.jsonl") as path:
        return path


@dataclass(frozen=True)
class Pick:
    """An everyday moment with two ways to take it, both ones that a person can like."""

    id: str
    trait: str
    """The Big Five trait that it tells."""
    situation: str
    high: str
    low: str
    high_first: bool
    """Which of the two is shown first: as often the one as the other."""


@cache
def picks() -> tuple[Pick, ...]:
    """Fifteen either/or picks, three a trait, of which a reader is asked twelve."""
    return tuple(Pick(**row) for row in _lines("picks.jsonl"))
