"""What readers call the things that put them off, read from aversions.toml beside this file.

The scales themselves are `dimensions("aversions")`; nothing here judges a reader.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Aversion:
    """One thing that may put readers off, or draw them in, and how they name it."""

    id: str
    words: re.Pattern[str]
    """Its names; whether it is minded, the sentence must say."""
    blames: re.Pattern[str] | None
    """Names that blame as they name, such as `info dump`; None where there are none."""
    minds: tuple[str, ...]
    seeks: tuple[str, ...]
    """Ways of saying so without a name, with anchors in brackets as in `profile/cues.toml`."""


@cache
def aversions() -> tuple[Aversion, ...]:
    """All of them, in the order of the file."""
    told = (files(__package__) / "aversions.toml").read_text(encoding="utf-8")
    return tuple(
        Aversion(
            row["id"],
            _one_of(row["words"]),
            _one_of(row["blames"]) if row["blames"] else None,
            tuple(row["minds"]),
            tuple(row["seeks"]),
        )
        for row in tomllib.loads(told)["dimensions"]
    )


def _one_of(names: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?!\w)", re.IGNORECASE)
