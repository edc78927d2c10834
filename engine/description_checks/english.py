"""The table of English words that the checks go by, english.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class English:
    """The table, in memory; every word is folded."""

    no_names: frozenset[str]
    """Written with a capital inside a sentence, and the name of nobody."""
    say_nothing: frozenset[str]
    ordinals: frozenset[str]
    counts: Mapping[str, int]
    """Number words below a hundred, with their values."""
    scales: Mapping[str, int]
    no_counts: frozenset[str]
    """Number words that only refer when they stand alone."""
    meant: Mapping[str, int]
    """Words that stand for a number without being one."""
    of_places: Mapping[str, str]
    """Peoples to places, where no ending makes the one of the other."""


@cache
def english() -> English:
    """The table that is shipped."""
    table = tomllib.loads((files(__package__) / "english.toml").read_text(encoding="utf-8"))
    ordinals = table["ordinals"].split()
    counts = {word: value for value, word in enumerate(table["ones"].split())}
    counts |= {word: 10 * value for value, word in enumerate(table["tens"].split(), 2)}
    counts |= {word: value for value, word in enumerate(ordinals, 1)}
    return English(
        no_names=frozenset(table["no_names"].split()),
        say_nothing=frozenset(table["say_nothing"].split()),
        ordinals=frozenset(ordinals),
        counts={**counts, "dozen": 12},
        scales=table["scales"],
        no_counts=frozenset(table["no_counts"].split()),
        meant=table["meant"],
        of_places=table["of_places"],
    )
