"""Swapped sides: texts that stand the other way round than the reader does, then as now.

Where the profile has changed its mind since, see `contradicted`. What an editor has accepted is the
editor's word and no mistake.
"""

from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.patient import Patient
from engine.pairs.doctor.sides import Stand, turned_round


def swapped(patient: Patient) -> Found | None:
    """The pairs whose chosen text is the one that this reader would not prefer."""
    found = [it for it in patient.stands if is_swapped(it)]
    if not found:
        return None
    found.sort(key=lambda stand: -abs(stand.label.stance))
    told = (
        f"{many(len(found), 'pair')} of {len(patient.used):,} "
        f"{agree(len(found), 'has its', 'have their')} sides the wrong way round: the chosen "
        "answer is the one that this profile speaks against."
    )
    if edited := sum(stand.pair.edited for stand in found):
        told += f" {edited:,} of them {agree(edited, 'was', 'were')} edited by hand."
    return Found(told, tuple(Case(it.pair.id, _why(it), turned_round(it)) for it in found))


def is_swapped(stand: Stand) -> bool:
    recorded, side = stand.pair.stance, stand.label.side
    return side * stand.is_now < 0 and recorded * side >= 0 and not stand.pair.accepted


def _why(stand: Stand) -> str:
    by = "; edited by hand" if stand.pair.edited else ""
    return f"the profile leans the other way ({stand.label.stance:+.2f}){by}"
