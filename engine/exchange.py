"""Profiles and pairs as files: what `profile export` and `pairs export` wrote, read back in.

A file comes from anywhere, so every field is checked before anything is stored. Each load is one
change that can be undone.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

from engine.domain import (
    Evidence,
    Framework,
    Override,
    PreferencePair,
    Profile,
    Review,
    Skipped,
    Track,
    Trait,
    TraitStatus,
)
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
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


def load_profile(data_dir: Path, reader_id: str, path: Path) -> Profile:
    """Store the profile of a file, overrides included, for a reader who is there.

    Raises:
        BadInput: not such a file, a number out of its range, or a quote that is in no review of
            the reader; nothing was stored.
    """
    try:
        told = json.loads(_text(path))
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}.", _WRITTEN_BY_EXPORT) from error
    if not isinstance(told, dict) or not isinstance(told.get("traits"), list):
        raise BadInput(f"{path} holds no `traits`.", _WRITTEN_BY_EXPORT)
    with opened(data_dir) as db:
        reviews = {review.id: review for review in reader_rows.reviews_of(db, reader_id)}
        loaded = Profile(
            reader_id=reader_id,
            provider=str(told.get("provider", "file")),
            provider_note=str(told.get("provider_note", "")),
            built_at=datetime.now(UTC),
            traits=tuple(_trait(row, reviews) for row in told["traits"]),
        )
        _refuse_repeats(loaded)
        with change(db, "Load a profile"):
            profile_rows.save(db, loaded)
            for trait in loaded.traits:
                profile_rows.set_override(db, reader_id, trait.id, trait.override)
        return profile_rows.built(db, reader_id)


_WRITTEN_BY_EXPORT = "Load a file that `persona-studio profile export` wrote."


def _refuse_repeats(profile: Profile) -> None:
    ids = [trait.id for trait in profile.traits]
    for trait_id in set(ids):
        if ids.count(trait_id) > 1:
            raise BadInput(f"The trait {trait_id!r} is there twice.", "Keep one of them.")


def _trait(row: object, reviews: Mapping[str, Review]) -> Trait:
    if not isinstance(row, dict):
        raise BadInput(f"Not a trait: {str(row)[:80]!r}.", _WRITTEN_BY_EXPORT)
    name = f"The trait {str(row.get('id'))[:80]!r}"
    evidence = row.get("evidence", [])
    if not isinstance(evidence, list):
        raise BadInput(f"{name} has no list of evidence.", _WRITTEN_BY_EXPORT)
    status = cast(TraitStatus, _one_of(row, "status", get_args(TraitStatus), name))
    value = row.get("value")
    trait = Trait(
        id=_string(row, "id", name),
        framework=cast(Framework, _one_of(row, "framework", get_args(Framework), name)),
        score=_between(row, "score", -1, name),
        confidence=_between(row, "confidence", 0, name),
        status=status,
        evidence=tuple(_evidence(span, reviews, name) for span in evidence),
        value=None if value is None else str(value),
        note=str(row.get("note", "")),
        override=_override(row.get("override"), name),
    )
    if trait.status == "known" and not trait.evidence:
        raise BadInput(f"{name} is known, but quotes no review.", "Make it unknown, or quote one.")
    return trait


def _evidence(span: object, reviews: Mapping[str, Review], name: str) -> Evidence:
    if not isinstance(span, dict):
        raise BadInput(f"{name} has evidence that is none: {str(span)[:80]!r}.", _WRITTEN_BY_EXPORT)
    quote, review = _string(span, "quote", name), reviews.get(_string(span, "review", name))
    start = span.get("start")
    if review is None or not isinstance(start, int) or not review.text.startswith(quote, start):
        raise BadInput(
            f"{name} quotes {quote[:60]!r}, which is not at that place in a review of this reader.",
            "Load it for the reader it was made from, with the same reviews.",
        )
    stance = _between(span, "stance", -1, name)
    return Evidence(review.id, start, start + len(quote), quote, stance)


def _override(row: object, name: str) -> Override | None:
    if row is None:
        return None
    if not isinstance(row, dict):
        raise BadInput(f"{name} has an override that is none.", _WRITTEN_BY_EXPORT)
    try:
        made_at = datetime.fromisoformat(_string(row, "made_at", name))
    except ValueError as error:
        raise BadInput(f"{name}: `made_at` is no time: {error}.", _WRITTEN_BY_EXPORT) from error
    return Override(_between(row, "score", -1, name), str(row.get("reason", "")), made_at)


def load_pairs(data_dir: Path, reader_id: str, path: Path) -> PairsLoaded:
    """Store the pairs of a file: changed ones in their place, new ones behind the last.

    Rows that are no pair of this reader are left out and listed.

    Raises:
        BadInput: the file cannot be read, or no row of it is a pair of this reader.
    """
    with opened(data_dir) as db:
        before = {pair.id: pair for pair in pair_rows.of_reader(db, reader_id)}
        skipped: list[Skipped] = []
        taken = list(_pairs(_text(path), reader_id, before, skipped))
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


def _text(path: Path) -> str:
    try:
        if str(path) == "-":
            return sys.stdin.read()
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8: {error.reason}.", "Save it as UTF-8.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error


def _string(row: Fields, field: str, name: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{name} has no text in `{field}`.", _WRITTEN_BY_EXPORT)
    return value


def _one_of(row: Fields, field: str, allowed: tuple[str, ...], name: str) -> str:
    value = row.get(field)
    if value not in allowed:
        raise BadInput(f"{name}: `{field}` is {value!r}, not one of {', '.join(allowed)}.")
    return str(value)


def _between(row: Fields, field: str, low: float, name: str) -> float:
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= 1:
        raise BadInput(f"{name}: `{field}` is {value!r}, not a number from {low} to 1.")
    return float(value)
