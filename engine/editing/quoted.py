"""Every quote that was taken from one review: more of them than a profile shows as evidence."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from engine.domain import Evidence, Profile
from engine.frameworks import all_dimensions, all_statements
from engine.profile.findings import Finding
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened


def quotes_in_review(
    data_dir: Path, reader_id: str, review_id: str
) -> dict[str, tuple[Evidence, ...]]:
    """Trait id to its quotes in one review, in the order of the text; each place once.

    A scale has the quotes of those of its statements or facets that are known. What is switched
    off is left out.

    Raises:
        BadInput: no such reader or review, or no profile.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        review = reader_rows.find_review(db, own_id, review_id)
        profile = profile_rows.built(db, own_id)
        findings = finding_rows.of_reader(db, own_id)
    found: dict[str, dict[int, Evidence]] = defaultdict(dict)
    for trait in profile.traits:
        for span in trait.evidence:
            if span.review_id == review.id:
                found[trait.id].setdefault(span.start, span)
    for trait_id, span in _of_findings(profile, findings):
        if span.review_id == review.id:
            found[trait_id].setdefault(span.start, span)
    return {
        trait_id: tuple(sorted(spans.values(), key=lambda span: span.start))
        for trait_id, spans in found.items()
    }


def _of_findings(profile: Profile, findings: list[Finding]) -> Iterator[tuple[str, Evidence]]:
    status = {trait.id: trait.status for trait in profile.traits}
    for finding in sorted(findings, key=lambda finding: -abs(finding.stance)):
        if status.get(finding.trait_id) in (None, "off"):
            continue
        yield finding.trait_id, finding.as_evidence()
        scale, sign = _scale_of(finding.trait_id)
        if scale is not None and status[finding.trait_id] == "known":
            yield scale, finding.as_evidence(sign)


def _scale_of(trait_id: str) -> tuple[str | None, int]:
    """The scale that a statement or facet belongs to, and the end it points to: 1 or -1."""
    if statement := all_statements().get(trait_id):
        return statement.dimension, statement.pole
    scale = all_dimensions().get(trait_id)
    return (scale.parent, 1) if scale else (None, 1)
