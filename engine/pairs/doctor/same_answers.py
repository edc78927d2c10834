"""Same answers: a pair whose two sides say the same prefers nothing, and teaches DPO nothing.

Its loss stays at log 2 whatever the model does, and every figure of accuracy counts it as a miss.
"""

from dataclasses import replace

from engine.domain import PreferencePair, are_same
from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.patient import Patient


def same_answers(patient: Patient) -> Found | None:
    """The pairs whose answers are the same but for white space."""
    same = [pair for pair in patient.used if are_same(pair.chosen, pair.rejected)]
    if not same:
        return None
    told = (
        f"{many(len(same), 'pair')} of {len(patient.used):,} {agree(len(same), 'has', 'have')} the "
        "same answer on both sides, which leaves nothing to prefer and nothing to learn."
    )
    return Found(
        told, tuple(Case(pair.id, _why(pair), replace(pair, dropped=True)) for pair in same)
    )


def _why(pair: PreferencePair) -> str:
    return "word for word" if pair.chosen == pair.rejected else "the same but for white space"
