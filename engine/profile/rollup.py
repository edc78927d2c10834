"""From findings to traits, the same for every judge: statements, facets, and the scales above them.

Scores shrink towards 0 while the evidence is thin; confidence grows with the number of quotes and
falls where they contradict each other. Quotes of both sides are kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod, sqrt

from engine.domain import Evidence, Framework, Trait
from engine.frameworks import VALUE_FRAMEWORKS, Dimension, dimensions, statements
from engine.profile.findings import Finding, TextRead

SCORE_PRIOR = 0.5
"""Quotes of stance 0 that are imagined beside the real ones: one clear quote scores 0.67."""
CONFIDENCE_PRIOR = 1.5
"""Quotes it takes to be halfway sure: one gives 0.4, three give 0.67."""
LEAST_CONFIDENCE = 0.2
MOST_EVIDENCE = 4
"""Quotes kept for each side of a trait."""
OCEAN: Framework = "ocean"


def traits_from(
    findings: Iterable[Finding], read: TextRead, sensitive_allowed: bool
) -> Iterator[Trait]:
    """The traits of the three value frameworks and the Big Five, each scale before its parts."""
    by_trait = by_trait_id(findings)
    for framework in (*VALUE_FRAMEWORKS, OCEAN):
        for scale in dimensions(framework):
            if scale.parent is None:
                yield from scale_traits(scale, by_trait, read, sensitive_allowed)


def by_trait_id(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each trait, in the order they were found."""
    by_trait: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_trait[finding.trait_id].append(finding)
    return by_trait


def scale_traits(
    scale: Dimension,
    by_trait: Mapping[str, Sequence[Finding]],
    read: TextRead,
    sensitive_allowed: bool,
) -> Iterator[Trait]:
    """One scale, then its statements or facets; the findings of other scales are passed over."""
    if scale.framework == OCEAN:
        return _ocean_traits(scale, by_trait, read)
    return _value_traits(scale, by_trait, read, sensitive_allowed)


def _value_traits(
    dimension: Dimension,
    by_trait: Mapping[str, Sequence[Finding]],
    read: TextRead,
    sensitive_allowed: bool,
) -> Iterator[Trait]:
    framework = dimension.framework
    parts: list[tuple[int, Trait]] = []
    for statement in statements(framework):
        if statement.dimension != dimension.id:
            continue
        if statement.sensitive and not sensitive_allowed:
            trait = _off(statement.id, framework)
        else:
            trait = judged(statement.id, framework, by_trait.get(statement.id, ()), read)
        parts.append((statement.pole, trait))
    yield rolled_up(dimension, parts, read)
    yield from (trait for _, trait in parts)


def _ocean_traits(
    dimension: Dimension, by_trait: Mapping[str, Sequence[Finding]], read: TextRead
) -> Iterator[Trait]:
    facets = [
        judged(scale.id, OCEAN, by_trait.get(scale.id, ()), read)
        for scale in dimensions(OCEAN)
        if scale.parent == dimension.id
    ]
    parts = [(1, facet) for facet in facets]
    if direct := by_trait.get(dimension.id):
        parts.append((1, judged(dimension.id, OCEAN, direct, read)))
    yield rolled_up(dimension, parts, read)
    yield from facets


def judged(trait_id: str, framework: Framework, found: Sequence[Finding], read: TextRead) -> Trait:
    """One statement or facet from the quotes found for it.

    score = sum of stances / (n + 0.5); confidence = n / (n + 1.5) * |sum| / sum of sizes.
    """
    total = sum(finding.stance for finding in found)
    size = sum(abs(finding.stance) for finding in found)
    if not size:
        return _unknown(trait_id, framework, f"No clear sign in {read}.")
    count = len(found)
    confidence = count / (count + CONFIDENCE_PRIOR) * abs(total) / size
    evidence = _strongest(finding.as_evidence() for finding in found)
    if confidence < LEAST_CONFIDENCE:
        sides = f"{sum(finding.stance > 0 for finding in found)} quotes for, "
        sides += f"{sum(finding.stance < 0 for finding in found)} against"
        note = f"The signs contradict each other: {sides}, in {read}."
        return replace(_unknown(trait_id, framework, note), evidence=evidence)
    score = total / (count + SCORE_PRIOR)
    interval = interval_of(score, count)
    return Trait(trait_id, framework, score, confidence, "known", evidence, interval=interval)


def interval_of(score: float, quotes: int) -> tuple[float, float]:
    """Where a mean of stances in -1 to 1 lies with 90 % probability, for so many quotes.

    score +- 1.645 * sqrt((1 - score^2) / (quotes + 2)): the normal interval of a mean whose
    variance is at most that of a coin, with two quotes imagined beside the real ones.
    """
    half = 1.645 * sqrt((1 - score * score) / (quotes + 2))
    return max(-1.0, score - half), min(1.0, score + half)


def rolled_up(dimension: Dimension, parts: Sequence[tuple[int, Trait]], read: TextRead) -> Trait:
    """A scale from its parts, each with the pole (1 or -1) that a positive score points to.

    score = mean of pole * score, weighted by confidence; confidence = the chance that not every
    part is mistaken, times how far the parts agree, times how much of the scale is known (half of
    its parts is enough).
    """
    known = [(pole, part) for pole, part in parts if part.status == "known"]
    weighted = [pole * part.score * part.confidence for pole, part in known]
    size = sum(map(abs, weighted))
    if not size:
        return _unknown(dimension.id, dimension.framework, f"No clear sign in {read}.")
    score = sum(weighted) / sum(part.confidence for _, part in known)
    any_right = 1 - prod(1 - part.confidence for _, part in known)
    covered = min(1.0, 2 * len(known) / len(parts))
    confidence = any_right * covered * abs(sum(weighted)) / size
    evidence = _strongest(
        replace(span, stance=span.stance * pole) for pole, part in known for span in part.evidence
    )
    if confidence < LEAST_CONFIDENCE:
        note = f"Too little: {len(known)} of {len(parts)} parts are known, or they contradict."
        return replace(_unknown(dimension.id, dimension.framework, note), evidence=evidence)
    quotes = sum(len(part.evidence) for _, part in known)
    return Trait(
        dimension.id,
        dimension.framework,
        score,
        confidence,
        "known",
        evidence,
        note=f"From {len(known)} of {len(parts)} parts.",
        interval=interval_of(score, quotes),
    )


def _strongest(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The clearest quotes, at most `MOST_EVIDENCE` for each side, a quote once."""
    by_place: dict[tuple[str, int], Evidence] = {}
    for span in sorted(evidence, key=lambda span: -abs(span.stance)):
        by_place.setdefault((span.review_id, span.start), span)
    for_it = [span for span in by_place.values() if span.stance > 0]
    against = [span for span in by_place.values() if span.stance < 0]
    kept = for_it[:MOST_EVIDENCE] + against[:MOST_EVIDENCE]
    return tuple(sorted(kept, key=lambda span: -abs(span.stance)))


def _unknown(trait_id: str, framework: Framework, note: str) -> Trait:
    return Trait(trait_id, framework, 0.0, 0.0, "unknown", note=note)


def _off(trait_id: str, framework: Framework) -> Trait:
    note = "Sensitive: off until you switch it on for this reader."
    return Trait(trait_id, framework, 0.0, 0.0, "off", note=note)
