"""The table of checks, and mending as one of them after the other."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from engine.domain import PreferencePair
from engine.pairs.doctor.contradicted import contradicted
from engine.pairs.doctor.coverage import coverage
from engine.pairs.doctor.duplicates import duplicates
from engine.pairs.doctor.finding import Deed, Finding, Found, Kind, Severity, deed, done, remedy
from engine.pairs.doctor.giveaway import giveaway
from engine.pairs.doctor.leakage import leakage
from engine.pairs.doctor.length import length
from engine.pairs.doctor.patient import Patient
from engine.pairs.doctor.same_answers import same_answers
from engine.pairs.doctor.swapped import swapped
from engine.pairs.doctor.template_tokens import template_tokens
from engine.pairs.doctor.too_long import too_long


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong with a reader's pairs."""

    kind: Kind
    title: str
    severity: Severity
    find: Callable[[Patient], Found | None]
    safe: bool = True
    """Whether mending it loses nothing that training needs."""


CHECKS = (
    Check("template-tokens", "Template tokens", "stop", template_tokens),
    Check("same-answers", "Same answers", "stop", same_answers),
    Check("swapped", "Swapped sides", "stop", swapped),
    Check("leakage", "Leakage", "stop", leakage),
    Check("too-long", "Too long", "stop", too_long),
    Check("contradicted", "Contradicted", "warn", contradicted),
    Check("duplicates", "Near-duplicates", "warn", duplicates),
    Check("length", "Length shortcut", "warn", length, safe=False),
    Check("giveaway", "Giveaway words", "warn", giveaway, safe=False),
    Check("coverage", "Coverage", "note", coverage, safe=False),
)
"""In the order of `KINDS`."""
TITLES: dict[Kind, str] = {check.kind: check.title for check in CHECKS}
SAFE: frozenset[Kind] = frozenset(check.kind for check in CHECKS if check.safe)
"""What mending everything mends; what thins out the pairs is mended when asked for by name."""


@dataclass(frozen=True)
class Mended:
    """What mending came to."""

    pairs: tuple[PreferencePair, ...]
    """The pairs that are changed, as they are then."""
    deeds: Mapping[Kind, Mapping[str, Deed]]
    """What is done to which pair, by its id, for each kind that was asked for and found."""
    beside: frozenset[tuple[str, str]] = frozenset()
    """Ids of a changed pair and of one that must stay as it was for that to be right."""

    @property
    def told(self) -> dict[Kind, str]:
        """For each kind that changed something: `12 pairs swapped, 3 dropped`."""
        return {kind: done(deeds.values()) for kind, deeds in self.deeds.items() if deeds}

    def without(self, pair_ids: Collection[str]) -> "Mended":
        """What is left of it when these pairs stay as they are."""
        return Mended(
            tuple(pair for pair in self.pairs if pair.id not in pair_ids),
            {
                kind: {own_id: did for own_id, did in deeds.items() if own_id not in pair_ids}
                for kind, deeds in self.deeds.items()
            },
            frozenset(link for link in self.beside if link[0] not in pair_ids),
        )


def examined(patient: Patient, severities: Collection[Severity] = ()) -> tuple[Finding, ...]:
    """Everything that is wrong with the pairs, of these severities alone where any are given."""
    by_id = {pair.id: pair for pair in patient.used}
    findings = []
    for check in CHECKS:
        if severities and check.severity not in severities:
            continue
        found = check.find(patient)
        if found:
            does = remedy(found.cases, by_id)
            findings.append(
                Finding(
                    check.kind,
                    check.title,
                    check.severity,
                    found.told,
                    found.cases,
                    does,
                    check.safe,
                )
            )
    return tuple(findings)


def mended(patient: Patient, kinds: Collection[Kind]) -> Mended:
    """Mend what these checks find, each on what the one before has left."""
    changed: dict[str, PreferencePair] = {}
    deeds: dict[Kind, dict[str, Deed]] = {}
    beside: set[tuple[str, str]] = set()
    for check in CHECKS:
        found = check.find(patient) if check.kind in kinds else None
        if found is None:
            continue
        before = {pair.id: pair for pair in patient.used}
        after = {case.pair_id: case.mended for case in found.cases if case.mended}
        deeds[check.kind] = {own_id: deed(before[own_id], pair) for own_id, pair in after.items()}
        beside |= {(case.pair_id, case.beside) for case in found.cases if case.beside}
        changed |= after
        pairs = tuple(after.get(pair.id, pair) for pair in patient.pairs)
        patient = replace(patient, pairs=pairs)
    return Mended(tuple(changed.values()), deeds, frozenset(beside))
