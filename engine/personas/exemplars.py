"""What a model is shown before it infers a persona: exemplars of ours, five a kind of data."""

import re
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
    "reading": ("book", "goodreads", "read", "review", "novel"),
    "learning": ("mnemonic", "learn", "tutor", "vocab"),
}
"""How a word in a dataset's name begins."""
_WORD = re.compile(r"[^\W\d_]+")


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
    words = _WORD.findall(dataset_id.casefold())
    found = (kind for kind, signs in _SIGNS.items() if any(one.startswith(signs) for one in words))
    return next(found, "help")
