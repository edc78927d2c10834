"""What a model is shown before it infers a persona: exemplars of ours, five a kind of data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Kind = Literal["help", "forum", "safety", "reading", "learning"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_SIGNS: Mapping[Kind, tuple[str, ...]] = {
    "safety": ("hh", "harm", "beaver", "safe"),
    "forum": ("shp", "reddit", "forum", "stack"),
    "reading": ("book", "read", "review", "novel"),
    "learning": ("mnemonic", "learn", "tutor", "vocab"),
}
"""What a dataset's name has in it."""


@dataclass(frozen=True)
class Exemplar:
    """A request, two answers, and who preferred the first of them."""

    prompt: str
    preferred: str
    other: str
    difference: str
    persona: str


@cache
def exemplars(kind: Kind) -> tuple[Exemplar, ...]:
    """The five of a kind."""
    text = (files(__package__) / "exemplars.toml").read_text(encoding="utf-8")
    return tuple(Exemplar(**fields) for fields in tomllib.loads(text)[kind])


def kind_of(dataset_id: str) -> Kind:
    """The kind that a dataset's name tells; everyday help where it tells none."""
    name = dataset_id.casefold()
    found = (kind for kind, signs in _SIGNS.items() if any(sign in name for sign in signs))
    return next(found, "help")
