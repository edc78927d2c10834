"""The sentences that the judge of stance is trained on, all written for Persona Studio.

For and against each statement and facet: the bank's signs, the plain sentences of said.toml, the
snippets of tools/data/voices.jsonl, and the wording of both sides itself; and sentences that take
no side: those of neutral.toml, and the everyday talk about books of tools/data/everyday.json.
Signs and snippets come in pairs that share a scene, so a pair is held out as a whole.
"""

import json
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from engine.bank import signs
from engine.frameworks import all_statements, dimensions

VOICES = Path(__file__).parent / "data" / "voices.jsonl"
EVERYDAY = Path(__file__).parent / "data" / "everyday.json"
HELD_OUT = 0.12
SEED = 1


@dataclass(frozen=True)
class Example:
    """One text with the side it takes."""

    text: str
    trait: str | None
    """None of texts that are about no trait at all."""
    pole: int
    """1 for, -1 against, 0 neither."""
    source: str
    number: int
    """Which of its source's texts on this trait; those of both poles with one number are a pair."""


def wording() -> dict[str, tuple[str, str]]:
    """Trait id to what somebody holds who is for it, and against it."""
    sides = {item.id: (item.text, item.opposite) for item in all_statements().values()}
    for facet in dimensions("ocean"):
        if facet.parent:
            high, low = (
                f"{facet.name}: I am someone who {end}." for end in (facet.high, facet.low)
            )
            sides[facet.id] = (high, low)
    return sides


def split() -> tuple[list[Example], list[Example]]:
    """(Training, held out). What states a side outright is always trained on."""
    chance = random.Random(SEED)
    is_held: dict[tuple[str | None, str, int], bool] = {}
    train: list[Example] = []
    held: list[Example] = []
    for example in _examples():
        pair = (example.trait, example.source, example.number)
        if pair not in is_held:
            is_held[pair] = chance.random() < HELD_OUT and example.source != "said"
        (held if is_held[pair] else train).append(example)
    for trait, (high, low) in wording().items():
        train += [Example(high, trait, 1, "wording", 0), Example(low, trait, -1, "wording", 0)]
    return train, held


def _examples() -> Iterator[Example]:
    for sign in signs().values():
        yield from _sides(sign.id, sign.agreeing, sign.disagreeing, "sign")
    for trait, sides in _table("said.toml").items():
        yield from _sides(trait, sides["for"], sides["against"], "said")
    for number, text in enumerate(_texts(_table("neutral.toml"))):
        yield Example(text, None, 0, "neutral", number)
    yield from _everyday()
    for line in VOICES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield from _sides(row["id"], row["for"], row["against"], "voice")
        for number, text in enumerate(row["nothing"]):
            yield Example(text, row["id"], 0, "nothing", number)


def _everyday() -> Iterator[Example]:
    """Each snippet, and each two joined: reviews are read in windows of two sentences too."""
    snippets: list[str] = json.loads(EVERYDAY.read_text(encoding="utf-8"))
    for number, (first, second) in enumerate(zip(snippets[::2], snippets[1::2], strict=True)):
        for text in (first, second, f"{first} {second}"):
            yield Example(text, None, 0, "everyday", number)


def _sides(
    trait: str,
    agreeing: list[str] | tuple[str, ...],
    against: list[str] | tuple[str, ...],
    source: str,
) -> Iterator[Example]:
    for pole, texts in ((1, agreeing), (-1, against)):
        for number, text in enumerate(texts):
            yield Example(text, trait, pole, source, number)


def _table(name: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("engine.profile") / name).read_text(encoding="utf-8"))


def _texts(found: object) -> Iterator[str]:
    """Every string in nested tables and lists."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, list | dict):
        for inner in found.values() if isinstance(found, dict) else found:
            yield from _texts(inner)
