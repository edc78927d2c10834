"""Profiles: the extracted traits, and beside them the editor's overrides."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import cast

from sqlite_utils import Database

from engine.domain import (
    Evidence,
    Framework,
    Override,
    OverrideKind,
    Profile,
    Reading,
    ReadingSource,
    Trait,
    TraitStatus,
    framework_of,
)
from engine.profile.assemble import blank_profile
from engine.store import suggestions as suggestion_rows
from engine.store.database import Row, packed, put, rows
from engine.store.readers import is_sensitive_allowed
from engine.store.unpack import number, text, texts
from models.errors import BadInput


def save(db: Database, profile: Profile) -> None:
    """Put an extracted profile in the place of the one before, whose findings go with it.

    Overrides and readings are not touched.
    """
    put(
        db,
        "profile",
        {
            "reader_id": profile.reader_id,
            "provider": profile.provider,
            "provider_note": profile.provider_note,
            "built_at": profile.built_at.isoformat(),
        },
    )
    for table in ("finding", "genre_guess"):
        db.execute(f"delete from [{table}] where reader_id = ?", [profile.reader_id])
    save_traits(db, profile.reader_id, profile.traits)


def save_traits(db: Database, reader_id: str, traits: Sequence[Trait]) -> None:
    """Put traits that were assembled anew, from the same findings, in the place of the old."""
    db.execute("delete from trait where reader_id = ?", [reader_id])
    db.table("trait").insert_all(
        _trait_row(reader_id, trait, position) for position, trait in enumerate(traits)
    )


def find(db: Database, reader_id: str) -> Profile | None:
    """The profile of a reader with overrides and readings in place; None before it is built.

    A trait that the last extraction no longer had stays for as long as one of these speaks of it.
    """
    profile = extracted(db, reader_id)
    if profile is None:
        return None
    overrides = _overrides(db, reader_id)
    readings = _readings(db, reader_id)
    told = {trait.id for trait in profile.traits}
    left = [trait_id for trait_id in (overrides | readings) if trait_id not in told]
    return replace(
        profile,
        traits=tuple(
            replace(trait, override=overrides.get(trait.id), readings=readings.get(trait.id, ()))
            for trait in (*profile.traits, *map(_left_over, left))
        ),
        suggestions=suggestion_rows.of_reader(db, reader_id),
    )


def _left_over(trait_id: str) -> Trait:
    note = "The reviews, as last read, have no such trait."
    return Trait(trait_id, framework_of(trait_id), 0.0, 0.0, "unknown", note=note)


def extracted(db: Database, reader_id: str) -> Profile | None:
    """The profile as it came out of the reviews alone; None before it is built."""
    found = rows(db, "select * from profile where reader_id = ?", reader_id)
    if not found:
        return None
    traits = rows(db, "select * from trait where reader_id = ? order by position", reader_id)
    return Profile(
        reader_id=reader_id,
        provider=text(found[0]["provider"]),
        provider_note=text(found[0]["provider_note"]),
        built_at=datetime.fromisoformat(text(found[0]["built_at"])),
        traits=tuple(map(_trait, traits)),
        sensitive=is_sensitive_allowed(db, reader_id),
    )


def built(db: Database, reader_id: str) -> Profile:
    """The profile of a reader.

    Raises:
        BadInput: it was not built yet.
    """
    profile = find(db, reader_id)
    if profile is None:
        raise BadInput(
            f"Reader {reader_id!r} has no profile yet.",
            "Build it first: b on the Profile screen, or "
            f"`persona-studio profile build {reader_id}`.",
        )
    return profile


def ensure_built(db: Database, reader_id: str) -> None:
    """Give a reader without a profile a blank one, for scores that do not come from reviews."""
    if find(db, reader_id) is None:
        save(db, blank_profile(reader_id, is_sensitive_allowed(db, reader_id)))


def find_trait(db: Database, reader_id: str, trait_id: str) -> Trait:
    """One trait of a reader's profile.

    Raises:
        BadInput: the profile has no such trait, or is not built yet.
    """
    trait = built(db, reader_id).trait(trait_id)
    if trait is None:
        raise BadInput(
            f"The profile has no trait {trait_id!r}.",
            "The Profile screen shows the traits; `profile show --all` lists them by id.",
        )
    return trait


def set_override(db: Database, reader_id: str, trait_id: str, override: Override | None) -> None:
    """Set the editor's own word on a trait; None takes it away.

    Raises:
        BadInput: the profile has no such trait.
    """
    find_trait(db, reader_id, trait_id)
    if override is not None:
        put_override(db, reader_id, trait_id, override)
        return
    db.execute("delete from override where reader_id = ? and trait_id = ?", [reader_id, trait_id])


def put_override(db: Database, reader_id: str, trait_id: str, override: Override) -> None:
    """Set the editor's own word on a trait, whether the profile has it at present or not."""
    put(
        db,
        "override",
        {
            "trait_id": trait_id,
            "reader_id": reader_id,
            "score": override.score,
            "reason": override.reason,
            "made_at": override.made_at.isoformat(),
            "kind": override.kind,
            "value": override.value,
        },
    )


def copy_readings(db: Database, from_id: str, to_id: str) -> None:
    """Give a reader the scores that another took from a questionnaire or picks."""
    db.execute(
        "insert into reading (reader_id, trait_id, source, score, confidence, note, made_at) "
        "select ?, trait_id, source, score, confidence, note, made_at from reading "
        "where reader_id = ?",
        [to_id, from_id],
    )


def _overrides(db: Database, reader_id: str) -> dict[str, Override]:
    found = rows(db, "select * from override where reader_id = ?", reader_id)
    return {
        text(row["trait_id"]): Override(
            number(row["score"]),
            text(row["reason"]),
            datetime.fromisoformat(text(row["made_at"])),
            cast(OverrideKind, row["kind"]),
            None if row["value"] is None else text(row["value"]),
        )
        for row in found
    }


def _readings(db: Database, reader_id: str) -> dict[str, tuple[Reading, ...]]:
    found = rows(db, "select * from reading where reader_id = ? order by source desc", reader_id)
    by_trait: dict[str, tuple[Reading, ...]] = {}
    for row in found:
        reading = Reading(
            cast(ReadingSource, row["source"]),
            number(row["score"]),
            number(row["confidence"]),
            text(row["note"]),
            datetime.fromisoformat(text(row["made_at"])),
        )
        trait_id = text(row["trait_id"])
        by_trait[trait_id] = (*by_trait.get(trait_id, ()), reading)
    return by_trait


def _trait_row(reader_id: str, trait: Trait, position: int) -> dict[str, object]:
    return {
        "id": trait.id,
        "reader_id": reader_id,
        "framework": trait.framework,
        "score": trait.score,
        "confidence": trait.confidence,
        "status": trait.status,
        "value": trait.value,
        "note": trait.note,
        "evidence": packed([asdict(span) for span in trait.evidence]),
        "position": position,
        "share": trait.share,
        "interval_low": trait.interval[0] if trait.interval else None,
        "interval_high": trait.interval[1] if trait.interval else None,
        "books": packed(list(trait.books)),
    }


def _trait(row: Row) -> Trait:
    low, high = row["interval_low"], row["interval_high"]
    return Trait(
        id=text(row["id"]),
        framework=cast(Framework, row["framework"]),
        score=number(row["score"]),
        confidence=number(row["confidence"]),
        status=cast(TraitStatus, row["status"]),
        evidence=tuple(Evidence(**span) for span in json.loads(text(row["evidence"]))),
        value=None if row["value"] is None else text(row["value"]),
        note=text(row["note"]),
        share=None if row["share"] is None else number(row["share"]),
        interval=None if low is None or high is None else (number(low), number(high)),
        books=texts(row["books"]),
    )
