"""What a stored profile was assembled from, read back from the store."""

from collections.abc import Sequence

from engine.domain import Profile
from engine.frameworks import VALUE_FRAMEWORKS
from engine.profile.assemble import Material
from engine.profile.findings import Finding
from engine.store import findings as finding_rows
from engine.store import readers as reader_rows
from engine.store.database import Store

SCORED = (*VALUE_FRAMEWORKS, "ocean", "aversions")
"""The frameworks whose scores rest on findings."""


def material_of(db: Store, profile: Profile) -> Material:
    """Reviews, books, findings and guesses of a profile; sensitive items as they were built."""
    return Material(
        tuple(reader_rows.reviews_of(db, profile.reader_id)),
        reader_rows.books_of(db, profile.reader_id),
        tuple(finding_rows.of_reader(db, profile.reader_id)),
        finding_rows.guesses_of(db, profile.reader_id),
        sensitive=not any(trait.status == "off" for trait in profile.traits),
        by_encoder=profile.provider == "embedded",
    )


def quotes_were_kept(profile: Profile, findings: Sequence[Finding]) -> bool:
    """Whether the findings behind the scores are there: not of a profile loaded from a file."""
    return bool(findings) or not any(
        trait.status == "known" and trait.framework in SCORED for trait in profile.traits
    )
