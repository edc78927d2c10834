"""The evidence of a profile in the order of the years it was written in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Evidence, Profile, Review
from engine.editing.material import SCORED, quotes_were_kept
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import Store, opened


@dataclass(frozen=True)
class Dated:
    """One quote for or against a trait, with the day its review was written."""

    review_id: str
    book: str
    """The title."""
    written_at: datetime | None
    """UTC; None where the source gives no date."""
    trait_id: str
    stance: float
    """-1 to 1."""
    quote: str


def timeline(data_dir: Path, reader_id: str) -> tuple[Dated, ...]:
    """Every quote of a profile, oldest first; those of undated reviews come last.

    A statement's or facet's quote is told once, under its own id and not its scale's. What is
    switched off is left out.

    Raises:
        BadInput: no such reader, or no profile.
    """
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_rows.find(db, reader_id).id)
        reviews = {review.id: review for review in reader_rows.reviews_of(db, profile.reader_id)}
        books = reader_rows.books_of(db, profile.reader_id)
        spans = list(_spans(db, profile, reviews))
    dated = [
        Dated(
            review.id,
            books[review.book_id].title,
            review.written_at,
            trait_id,
            span.stance,
            span.quote,
        )
        for trait_id, span in spans
        for review in [reviews[span.review_id]]
    ]
    return tuple(sorted(dated, key=lambda quote: quote.written_at or _LAST))


def _spans(
    db: Store, profile: Profile, reviews: Mapping[str, Review]
) -> Iterator[tuple[str, Evidence]]:
    """The findings, and the quotes of traits that do not rest on findings."""
    findings = finding_rows.of_reader(db, profile.reader_id)
    off = {trait.id for trait in profile.traits if trait.status == "off"}
    told = set()
    for found in findings:
        if found.trait_id not in off:
            told.add((found.trait_id, found.review_id, found.span.start))
            yield found.trait_id, found.as_evidence()
    kept = quotes_were_kept(profile, findings)
    for trait in profile.traits:
        for span in trait.evidence:
            if (kept and trait.framework in SCORED) or span.review_id not in reviews:
                continue
            if (trait.id, span.review_id, span.start) not in told:
                yield trait.id, span


_LAST = datetime.max.replace(tzinfo=UTC)
