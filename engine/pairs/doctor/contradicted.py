"""Contradictions: pairs made before the profile changed, by an override or by what was forgotten.

A pair keeps the stance that decided its sides. Where that has turned round since, the pair is
turned too; where nothing (sure enough) is known any more, it has nothing left to rest on.
"""

from collections.abc import Sequence
from dataclasses import replace

from engine.domain import PreferencePair, Profile
from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.patient import Patient
from engine.pairs.doctor.sides import Stand, turned_round

_LEFT_OUT = {
    "unknown": "is not known any more",
    "faint": "is too near the middle by now",
    "off": "is switched off",
}


def contradicted(patient: Patient) -> Found | None:
    """The pairs that rest on what the profile does not say any more."""
    profile = patient.profile
    if profile is None:
        return None
    known = patient.stands
    turned = [it for it in known if it.label.side and _has_turned(it)]
    groundless = [it for it in known if it.label.side == 0]
    if not turned and not groundless:
        return None
    turned.sort(key=lambda it: -abs(it.label.stance - it.pair.stance))
    cases = [Case(it.pair.id, _turned(it, profile), _mended(it)) for it in turned]
    cases += [Case(it.pair.id, _lost(it), _mended(it)) for it in groundless]
    return Found(_told(turned, groundless, profile), tuple(cases))


def _told(turned: Sequence[Stand], groundless: Sequence[Stand], profile: Profile) -> str:
    parts = []
    if turned:
        verb = agree(len(turned), "prefers", "prefer")
        parts.append(f"{many(len(turned), 'pair')} {verb} what it now speaks against")
    if groundless:
        verb = agree(len(groundless), "rests", "rest")
        parts.append(f"{many(len(groundless), 'pair')} {verb} on what it does not tell any more")
    told = f"The profile has changed since: {', '.join(parts)}."
    both = (*turned, *groundless)
    if by_hand := sum(_is_overridden(it, profile) for it in both):
        told += f" Your own word on the trait stands against {by_hand:,} of them."
    if accepted := sum(it.pair.accepted for it in both):
        told += (
            f" {accepted:,} of them you have accepted: decide on {agree(accepted, 'it', 'them')}."
        )
    return told


def _has_turned(stand: Stand) -> bool:
    return stand.is_now * stand.label.side < 0 and stand.pair.stance * stand.label.side < 0


def _mended(stand: Stand) -> PreferencePair | None:
    """None for what the editor has accepted: that is to be decided pair by pair."""
    if stand.pair.accepted:
        return None
    return turned_round(stand) if stand.label.side else replace(stand.pair, dropped=True)


def _turned(stand: Stand, profile: Profile) -> str:
    by = " by your own word" if _is_overridden(stand, profile) else ""
    return f"made at {stand.pair.stance:+.2f}, now {stand.label.stance:+.2f}{by}{_accepted(stand)}"


def _lost(stand: Stand) -> str:
    reason = _LEFT_OUT[stand.label.left_out or "unknown"]
    return f"made at {stand.pair.stance:+.2f}; the trait {reason}{_accepted(stand)}"


def _accepted(stand: Stand) -> str:
    return "; you had accepted it" if stand.pair.accepted else ""


def _is_overridden(stand: Stand, profile: Profile) -> bool:
    trait = profile.trait(stand.label.trait_id)
    return trait is not None and trait.override is not None
