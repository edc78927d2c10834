"""Counts of tokens, kept by the content of a pair: a small file of hashes and numbers in the cache.

One file for each base, card and limit; it may be deleted at any time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine.domain import PreferencePair
from engine.prompts import turn
from models.aside import written_aside


@dataclass(frozen=True)
class Counts:
    """What one base has counted under one card."""

    tokens: Mapping[str, int]
    """By `content_key`: tokens, or an upper bound where that fits already."""
    special_tokens: tuple[str, ...]
    """The base's own, as they are spelt."""


def content_key(pair: PreferencePair, near: Sequence[str] = ()) -> str:
    """A short hash of what a pair's tokens depend on: not of which answer is the chosen one.

    Args:
        near: what stands near its request.
    """
    text = "\0".join((turn(pair.prompt, near), *sorted((pair.chosen, pair.rejected))))
    return sha256(text.encode(errors="replace")).hexdigest()[:16]


def counts_path(cache_dir: Path, base: str, card: str, max_length: int) -> Path:
    """Where the counts of a base are kept."""
    key = sha256("\0".join((base, card, str(max_length))).encode()).hexdigest()[:16]
    return cache_dir / "lengths" / f"{key}.json"


def read_counts(path: Path) -> Counts | None:
    """The counts of a file; None where there are none that can be read."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        return Counts(row["tokens"], tuple(row["special_tokens"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_counts(path: Path, counts: Counts) -> None:
    """Keep the counts, in the place of what the file held.

    Raises:
        JobFailed: the disk refuses.
    """
    with written_aside(path) as aside:
        aside.write_text(json.dumps(vars(counts)), encoding="utf-8")
