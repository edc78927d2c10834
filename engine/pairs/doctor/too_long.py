"""Pairs over the context: training leaves them out, so better drop or shorten them."""

from dataclasses import replace

from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.patient import Patient


def too_long(patient: Patient) -> Found | None:
    """The pairs with more tokens than a run takes; nothing is said before a base has counted."""
    lengths = patient.lengths
    if lengths is None:
        return None
    counted = [(lengths.tokens.get(pair.id, 0), pair) for pair in patient.used]
    over = [(tokens, pair) for tokens, pair in counted if tokens > lengths.max_length]
    if not over:
        return None
    over.sort(key=lambda one: -one[0])
    told = (
        f"{many(len(over), 'pair')} of {len(patient.used):,} {agree(len(over), 'is', 'are')} over "
        f"{lengths.max_length:,} tokens for {lengths.base}, and training would leave "
        f"{agree(len(over), 'it', 'them')} out; {agree(len(over), 'it', 'the longest')} has "
        f"{over[0][0]:,}."
    )
    cases = (
        Case(pair.id, f"{tokens:,} tokens", replace(pair, dropped=True)) for tokens, pair in over
    )
    return Found(told, tuple(cases))
