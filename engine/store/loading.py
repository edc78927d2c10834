"""Put a whole profile that came from a file in the place of a reader's own, in one change."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import get_args

from sqlite_utils import Database

from engine.domain import Profile, ReadingSource
from engine.profile.findings import Finding
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import readings as reading_rows


def replace_profile(
    db: Database, profile: Profile, findings: Sequence[Finding], guesses: Mapping[str, str]
) -> None:
    """Store traits, overrides, readings, suggestions and findings; what was there before goes.

    Answers to the questionnaire and picks stay: they are the reader's, and no part of a profile.
    """
    reader_id = profile.reader_id
    profile_rows.save(db, profile)
    finding_rows.save(db, reader_id, findings)
    finding_rows.save_guesses(db, reader_id, guesses)
    reader_rows.set_sensitive(db, reader_id, profile.sensitive)
    for table in ("override", "suggestion"):
        db.execute(f"delete from [{table}] where reader_id = ?", [reader_id])
    for trait in profile.traits:
        if trait.override:
            profile_rows.put_override(db, reader_id, trait.id, trait.override)
    for source in get_args(ReadingSource):
        told = {
            trait.id: reading
            for trait in profile.traits
            for reading in trait.readings
            if reading.source == source
        }
        reading_rows.replace_readings(db, reader_id, source, told)
    db.table("suggestion").insert_all(
        {**asdict(guess), "reader_id": reader_id, "made_at": guess.made_at.isoformat()}
        for guess in profile.suggestions
    )
