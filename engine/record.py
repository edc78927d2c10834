"""Write what a run made into the store, once, whichever front end comes first."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.domain import Evidence, Profile, Trait
from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.store import findings as finding_rows
from engine.store import forgotten as forgotten_rows
from engine.store import profiles as profile_rows
from engine.store import runs as run_rows
from engine.store.database import change, opened
from models.errors import JobFailed


def record_profile(data_dir: Path, run_id: str | None, result: Mapping[str, Any]) -> None:
    """Store the profile that a provider returned; a run that was recorded before is left alone.

    Raises:
        JobFailed: it quotes a review that was forgotten in the meantime; nothing was stored.
    """
    profile = Profile(
        reader_id=str(result["reader"]),
        provider=str(result["provider"]),
        provider_note=str(result.get("provider_note", "")),
        built_at=datetime.now(UTC),
        traits=tuple(trait_from_json(row) for row in result["traits"]),
    )
    findings = [finding_from_json(row) for row in result.get("findings", ())]
    quoted = {span.review_id for trait in profile.traits for span in trait.evidence}
    quoted |= {finding.review_id for finding in findings}
    with opened(data_dir) as db, change(db, "Build a profile", "provider"):
        if quoted & forgotten_rows.review_ids(db):
            raise JobFailed(
                "A review was forgotten while this profile was being built from it.",
                "Build the profile again.",
            )
        if run_id is None or run_rows.mark_recorded(db, run_id):
            profile_rows.save(db, profile)
            finding_rows.save(db, profile.reader_id, findings)
            finding_rows.save_guesses(db, profile.reader_id, result.get("genres", {}))


def finding_as_json(finding: Finding) -> dict[str, object]:
    """A quote with the trait it speaks for or against, as a provider hands it over."""
    return {
        "trait": finding.trait_id,
        "review": finding.review_id,
        "start": finding.span.start,
        "end": finding.span.end,
        "quote": finding.span.quote,
        "stance": round(finding.stance, 3),
    }


def finding_from_json(row: Mapping[str, Any]) -> Finding:
    """`finding_as_json` back as a dataclass."""
    span = Span(int(row["start"]), int(row["end"]), row["quote"])
    return Finding(row["trait"], row["review"], span, float(row["stance"]))


def trait_from_json(row: Mapping[str, Any]) -> Trait:
    """One trait of the contract's JSON, back as a dataclass, without its override and readings."""
    share, interval = row.get("share"), row.get("interval")
    return Trait(
        id=row["id"],
        framework=row["framework"],
        score=float(row["score"]),
        confidence=float(row["confidence"]),
        status=row["status"],
        value=row.get("value"),
        note=row.get("note", ""),
        evidence=tuple(
            Evidence(
                span["review"],
                int(span["start"]),
                int(span["end"]),
                span["quote"],
                float(span["stance"]),
            )
            for span in row["evidence"]
        ),
        share=None if share is None else float(share),
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        books=tuple(row.get("books", ())),
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
    if trait.share is not None:
        row["share"] = round(trait.share, 3)
    if trait.interval:
        row["interval"] = [round(end, 3) for end in trait.interval]
    if trait.books:
        row["books"] = list(trait.books)
    if trait.readings:
        row["readings"] = [_moment_told(asdict(reading)) for reading in trait.readings]
    if trait.override:
        row["override"] = _moment_told(asdict(trait.override))
    return row


def _moment_told(row: dict[str, object]) -> dict[str, object]:
    made_at = row["made_at"]
    assert isinstance(made_at, datetime)
    return {**row, "made_at": made_at.isoformat()}


def profile_as_json(profile: Profile) -> dict[str, object]:
    """A profile as the command line's contract has it."""
    return {
        "reader": profile.reader_id,
        "provider": profile.provider,
        "provider_note": profile.provider_note,
        "sensitive": {
            "allowed": profile.sensitive,
            "off": [trait.id for trait in profile.traits if trait.status == "off"],
        },
        "traits": [trait_as_json(trait) for trait in profile.traits],
        "suggestions": [_moment_told(asdict(guess)) for guess in profile.suggestions],
    }
