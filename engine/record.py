"""Write what a run made into the store, once, whichever front end comes first."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.domain import Evidence, Profile, Trait
from engine.store import profiles as profile_rows
from engine.store import runs as run_rows
from engine.store.database import change, opened


def record_profile(data_dir: Path, run_id: str | None, result: Mapping[str, Any]) -> None:
    """Store the profile that a provider returned; a run that was recorded before is left alone."""
    profile = Profile(
        reader_id=str(result["reader"]),
        provider=str(result["provider"]),
        provider_note=str(result.get("provider_note", "")),
        built_at=datetime.now(UTC),
        traits=tuple(trait_from_json(row) for row in result["traits"]),
    )
    with opened(data_dir) as db, change(db, "Build a profile"):
        if run_id is None or run_rows.mark_recorded(db, run_id):
            profile_rows.save(db, profile)


def trait_from_json(row: Mapping[str, Any]) -> Trait:
    """One trait of the contract's JSON, back as a dataclass."""
    return Trait(
        id=row["id"],
        framework=row["framework"],
        score=float(row["score"]),
        confidence=float(row["confidence"]),
        status=row["status"],
        value=row.get("value"),
        note=row.get("note", ""),
        evidence=tuple(
            Evidence(span["review"], span["start"], span["end"], span["quote"], span["stance"])
            for span in row["evidence"]
        ),
    )


def trait_as_json(trait: Trait) -> dict[str, object]:
    """A trait as the command line's contract has it."""
    row: dict[str, object] = {
        "id": trait.id,
        "framework": trait.framework,
        "score": round(trait.score, 3),
        "confidence": round(trait.confidence, 3),
        "status": trait.status,
        "evidence": [
            {
                "review": span.review_id,
                "start": span.start,
                "end": span.end,
                "quote": span.quote,
                "stance": round(span.stance, 3),
            }
            for span in trait.evidence
        ],
        "value": trait.value,
        "note": trait.note,
    }
    if trait.override:
        row["override"] = {
            "score": trait.override.score,
            "reason": trait.override.reason,
            "made_at": trait.override.made_at.isoformat(),
        }
    return row


def profile_as_json(profile: Profile) -> dict[str, object]:
    """A profile as the command line's contract has it."""
    return {
        "reader": profile.reader_id,
        "provider": profile.provider,
        "provider_note": profile.provider_note,
        "traits": [trait_as_json(trait) for trait in profile.traits],
    }
