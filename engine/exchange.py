"""Pairs as files: what `pairs export` wrote, read back in.

A file comes from anywhere, so every field is checked before anything is stored. A load is one
change that can be undone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

from engine.domain import PreferencePair, Skipped, Track
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.text_file import read_text
from models.errors import BadInput

Fields = Mapping[str, object]


@dataclass(frozen=True)
class PairsLoaded:
    """What a file of pairs held."""

    reader: str
    pairs: int
    """In the file and taken."""
    added: int
    changed: int
    same: int
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, object]:
        return {**vars(self), "skipped": [vars(row) for row in self.skipped]}


def load_pairs(data_dir: Path, reader_id: str, path: Path) -> PairsLoaded:
    """Store the pairs of a file: changed ones in their place, new ones behind the last.

    Rows that are no pair of this reader are left out and listed.

    Raises:
        BadInput: the file cannot be read, or no row of it is a pair of this reader.
    """
    with opened(data_dir) as db:
        before = {pair.id: pair for pair in pair_rows.of_reader(db, reader_id)}
        skipped: list[Skipped] = []
        taken = list(_pairs(read_text(path), reader_id, before, skipped))
        if not taken:
            told = f": line {skipped[0].line}: {skipped[0].reason}" if skipped else "; it is empty"
            raise BadInput(
                f"{path} holds no pair of this reader{told}.",
                "Load a file that `persona-studio pairs export` wrote.",
            )
        with change(db, "Load pairs"):
            pair_rows.save(db, reader_id, taken)
    added = sum(pair.id not in before for pair in taken)
    same = sum(before.get(pair.id) == pair for pair in taken)
    return PairsLoaded(
        reader_id, len(taken), added, len(taken) - added - same, same, tuple(skipped)
    )


def _pairs(
    text: str, reader_id: str, before: Mapping[str, PreferencePair], skipped: list[Skipped]
) -> Iterator[PreferencePair]:
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            pair = _pair(line, reader_id, before)
        except BadInput as error:
            skipped.append(Skipped(number, error.message))
            continue
        if pair.id in seen:
            skipped.append(Skipped(number, f"the pair {pair.id!r} is there twice"))
            continue
        seen.add(pair.id)
        yield pair


def _pair(line: str, reader_id: str, before: Mapping[str, PreferencePair]) -> PreferencePair:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadInput(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise BadInput("not a JSON object")
    flags = {name: row.get(name, False) for name in ("held_out", "dropped", "edited")}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise BadInput(f"{name} is {flag!r}, neither true nor false")
    pair = PreferencePair(
        id=_string(row, "id", "the pair"),
        reader_id=_string(row, "reader_id", "the pair"),
        track=cast(Track, _one_of(row, "track", get_args(Track), "the pair")),
        trait_id=_string(row, "trait_id", "the pair"),
        topic=_string(row, "topic", "the pair"),
        prompt=_string(row, "prompt", "the pair"),
        chosen=_string(row, "chosen", "the pair"),
        rejected=_string(row, "rejected", "the pair"),
        origin=_string(row, "origin", "the pair"),
        **flags,
    )
    if pair.reader_id != reader_id:
        raise BadInput(f"a pair of the reader {pair.reader_id[:60]!r}")
    old = before.get(pair.id)
    changed = old is not None and any(
        getattr(pair, side) != getattr(old, side) for side in ("prompt", "chosen", "rejected")
    )
    # A changed text is the editor's: marked, so that building again keeps it.
    return replace(pair, edited=pair.edited or changed)


def _string(row: Fields, field: str, name: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{name} has no text in `{field}`.")
    return value


def _one_of(row: Fields, field: str, allowed: tuple[str, ...], name: str) -> str:
    value = row.get(field)
    if value not in allowed:
        raise BadInput(f"{name}: `{field}` is {value!r}, not one of {', '.join(allowed)}.")
    return str(value)
