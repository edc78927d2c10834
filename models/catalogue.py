"""The base models on offer, from catalogue.toml. Any other base can be named by path or id."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from models.shape import Shape


@dataclass(frozen=True)
class Offer:
    """One base model of the catalogue."""

    spec: str
    """What `models.library.resolve_base` takes."""
    id: str
    """On the Hugging Face hub."""
    parameters: int
    context: int
    """In tokens."""
    licence: str
    source: str
    """Where its weights come from, in words."""
    note: str
    shape: Shape


def offers() -> tuple[Offer, ...]:
    """All base models on offer, the smallest first."""
    text = files("models").joinpath("catalogue.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["base"]
    return tuple(Offer(**{**row, "shape": Shape(**row["shape"])}) for row in rows)
