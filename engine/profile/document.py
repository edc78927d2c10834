"""A profile as a JSON document, and back: the format published in `profile.schema.json`.

Numbers go out as they are stored, so that a profile comes back exactly. Whether a document is true
of a reader, whose reviews it quotes, is not asked here (`engine/profile_files.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn

from engine.domain import Override, Profile, Reading, Suggestion, Trait
from engine.profile.findings import Finding
from engine.record import (
    finding_as_json,
    finding_from_json,
    profile_as_json,
    trait_as_json,
    trait_from_json,
)
from engine.schema_check import Fault, first_fault
from models.errors import BadInput

SCHEMA_VERSION = 2
WRITTEN_BY_EXPORT = "Load a file that `persona-studio profile export` wrote."
SEE_SCHEMA = "`persona-studio profile schema` prints what each field may hold."


@dataclass(frozen=True)
class ProfileDocument:
    """What a file of a profile holds."""

    profile: Profile
    findings: tuple[Finding, ...] = ()
    genres: Mapping[str, str] | None = None
    """Book id to guessed genre; None, with the findings, where they were not exported."""


@cache
def schema() -> dict[str, object]:
    """The published schema (JSON Schema, draft 2020-12)."""
    text = (files(__package__) / "profile.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def sensitive_note(profile: Profile) -> str:
    """Whether sensitive items are on for this reader, in a sentence."""
    items = "Items on religion, sexuality, politics, health and abortion"
    if profile.sensitive:
        return f"{items} are switched on for this reader."
    off = sum(trait.status == "off" for trait in profile.traits)
    return f"{items} are switched off for this reader: {off} of {len(profile.traits)} traits."


def written(document: ProfileDocument) -> dict[str, object]:
    """A document as the schema has it."""
    profile = document.profile
    off = [trait.id for trait in profile.traits if trait.status == "off"]
    told: dict[str, object] = {
        "$schema": schema()["$id"],
        "schema_version": SCHEMA_VERSION,
        **profile_as_json(profile),
        "built_at": profile.built_at.isoformat(),
        "sensitive": {
            "allowed": profile.sensitive,
            "off": off,
            "note": sensitive_note(profile),
        },
        "traits": [_exact(trait) for trait in profile.traits],
    }
    if document.genres is not None:
        told["findings"] = [
            {**finding_as_json(finding), "stance": finding.stance} for finding in document.findings
        ]
        told["genres"] = dict(document.genres)
    return told


def _exact(trait: Trait) -> dict[str, object]:
    """A trait without the rounding that the command line's contract has for people."""
    row = trait_as_json(trait)
    row["score"], row["confidence"] = trait.score, trait.confidence
    row["evidence"] = [
        {"review": span.review_id, **{name: getattr(span, name) for name in _SPAN}}
        for span in trait.evidence
    ]
    if trait.share is not None:
        row["share"] = trait.share
    if trait.interval:
        row["interval"] = list(trait.interval)
    return row


_SPAN = ("start", "end", "quote", "stance")


def read(text: str, name: str, reader_id: str, sensitive: bool) -> ProfileDocument:
    """The document in a file's text, of today's version of the schema or an earlier one.

    Args:
        name: of the file, for the refusals.
        reader_id: whose profile it becomes.
        sensitive: what holds where the file says nothing of sensitive items.

    Raises:
        BadInput: it is no such document; the first field at fault is named, with its trait.
    """
    told = _checked(text, name)
    now = datetime.now(UTC).isoformat()
    profile = Profile(
        reader_id=reader_id,
        provider=told["provider"],
        provider_note=told.get("provider_note", ""),
        built_at=_moment(told.get("built_at", now), "The profile"),
        traits=tuple(map(_trait, told["traits"])),
        sensitive=told["sensitive"]["allowed"] if "sensitive" in told else sensitive,
        suggestions=tuple(map(_suggestion, told.get("suggestions", ()))),
    )
    findings = tuple(map(finding_from_json, told.get("findings", ())))
    return ProfileDocument(profile, findings, told.get("genres"))


def _checked(text: str, file_name: str) -> dict[str, Any]:
    """A file's document, brought to today's version of the schema and held against it."""
    try:
        told = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file_name} is not JSON: {error}.", WRITTEN_BY_EXPORT) from error
    if not isinstance(told, dict) or not isinstance(told.get("traits"), list):
        raise BadInput(f"{file_name} holds no `traits`.", WRITTEN_BY_EXPORT)
    version = told.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise BadInput(
            f"{file_name} follows version {version} of the schema; this program reads up to "
            f"{SCHEMA_VERSION}.",
            "Load it with a newer Persona Studio.",
        )
    if "schema_version" not in told:
        told = _upgraded(told)
    if fault := first_fault(told, schema()):
        raise BadInput(f"{_place(told, fault)}: {fault.message}.", SEE_SCHEMA)
    return dict(told)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _upgraded(told: Mapping[str, Any]) -> dict[str, Any]:
    """A file of version 1, whose overrides were all set, as one of today's."""
    traits = [
        {**row, "override": {"kind": "set", **row["override"]}}
        if isinstance(row, dict) and isinstance(row.get("override"), dict)
        else row
        for row in told["traits"]
    ]
    return {**told, "schema_version": SCHEMA_VERSION, "traits": traits}


def _place(told: Mapping[str, Any], fault: Fault) -> str:
    if len(fault.path) < 2 or not isinstance(fault.path[1], int):
        return "The profile"
    kind, position = str(fault.path[0]), fault.path[1]
    row = told[kind][position]
    if kind == "traits" and isinstance(row, dict) and row.get("id"):
        return name_of(row["id"])
    return f"Number {position + 1} of the {kind}"


def name_of(trait_id: object) -> str:
    """A trait as refusals name it."""
    return f"The trait {str(trait_id)[:80]!r}"


def _trait(row: Mapping[str, Any]) -> Trait:
    name = name_of(row["id"])
    return replace(
        trait_from_json(row),
        override=_override(row["override"], name) if "override" in row else None,
        readings=tuple(_reading(reading, name) for reading in row.get("readings", ())),
    )


def _override(row: Mapping[str, Any], name: str) -> Override:
    made_at = _moment(row["made_at"], name)
    reason = row.get("reason", "")
    return Override(float(row["score"]), reason, made_at, row["kind"], row.get("value"))


def _reading(row: Mapping[str, Any], name: str) -> Reading:
    return Reading(
        row["source"],
        float(row["score"]),
        float(row["confidence"]),
        row.get("note", ""),
        _moment(row["made_at"], name),
    )


def _suggestion(row: Mapping[str, Any]) -> Suggestion:
    made_at = _moment(row["made_at"], f"The suggestion for {row['trait_id']!r}")
    return Suggestion(**{**row, "probability": float(row["probability"]), "made_at": made_at})


def _moment(told: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(told)
    except ValueError as error:
        raise BadInput(f"{name}: {told!r} is no time: {error}.", SEE_SCHEMA) from error
