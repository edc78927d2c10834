"""Descriptions in words, for window and command line: what made them and what was found in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.description_checks import FLAG_KINDS, Flag, FlagKind
from engine.domain import Description
from engine.meter import Reading, Stand, told_of_itself
from engine.sampling import told
from studio.text import count, moment, one_line

if TYPE_CHECKING:
    # For the command line, which must not wait for the store to print its help.
    from engine.meter_votes import MeterAgreement

HASH_DIGITS = 12
ENDINGS = {"end": "", "length": ", cut at its limit", "asked": ", stopped"}
"""What is said of how a text ended, by `models.chat.Stopped`."""
SIGNS: Mapping[FlagKind, str] = {
    "name": "?",
    "number": "#",
    "repeated": "=",
    "mention": "@",
    "copied": "~",
    "length": "",
}
"""What stands before a flagged phrase in a marked text."""
NOUNS: Mapping[FlagKind, str] = {
    "name": "unknown name",
    "number": "unknown number",
    "repeated": "repeat",
    "mention": "mention of the reader",
    "copied": "copied phrase",
}
NOTHING_FOUND = "Checks: nothing found."


def checks_line(flags: Sequence[Flag]) -> str:
    """What the checks found, in a line: `? 2 unknown names  = 1 repeat`."""
    parts = []
    for kind in FLAG_KINDS:
        number = sum(flag.kind == kind for flag in flags)
        if number and kind in NOUNS:
            parts.append(f"{SIGNS[kind]} {count(number, NOUNS[kind])}")
    parts += [flag.told for flag in flags if flag.kind == "length"]
    return "  ".join(parts) or NOTHING_FOUND


def flag_lines(flags: Sequence[Flag]) -> Iterator[str]:
    """What the checks found, each in a sentence."""
    yield from (f"{SIGNS[flag.kind] or '-'} {flag.told}" for flag in flags)
    if not flags:
        yield NOTHING_FOUND


STANDS: Mapping[Stand, str] = {
    "with": "with the reader",
    "against": "against the reader",
    "unknown": "not in the profile",
}


def meter_line(readings: Sequence[Reading], names: Mapping[str, str]) -> str:
    """Which values a text draws on, in a line: `Meter: with the reader: Humility`.

    Args:
        names: of traits, by id.
    """
    parts = []
    for stand, words in STANDS.items():
        values = [names[one.trait_id] for one in readings if one.stand == stand]
        if values:
            parts.append(f"{words}: {', '.join(values)}")
    return f"Meter: {'; '.join(parts) or 'draws on no value more than is usual'}"


def agreement_line(found: "MeterAgreement") -> str:
    """How far the meter agrees with votes, short: `agrees with 64% of 45 votes (49% to 77%)`."""
    if not found.is_known:
        return f"agreement with votes unknown ({found.votes} of {found.least})"
    rate = found.rate
    return (
        f"agrees with {rate.share or 0:.0%} of {count(found.votes, 'vote')} "
        f"({rate.low:.0%} to {rate.high:.0%})"
    )


def meter_lines(
    readings: Sequence[Reading], names: Mapping[str, str], agreement: "MeterAgreement"
) -> Iterator[str]:
    """The same value by value, each with the sentence that carries it most."""
    yield meter_line(readings, names)
    for one in readings:
        about = f"{names[one.trait_id]}, {STANDS[one.stand]}"
        yield f"{one.strength:+.1f} {about}: “{one_line(one.carrier.quote, 300)}”"
    yield told_of_itself(agreement.told())


def short_hash(sha256: str) -> str:
    """Enough of a hash to tell two files apart."""
    return sha256[:HASH_DIGITS] or "hash not told"


def heading(description: Description) -> str:
    """When and by what it was written: `2026-01-02 03:04  tuned  SmolLM2.Q4_K_M`."""
    name = one_line(description.model_name, 40)
    return f"{moment(description.made_at)}  {one_line(description.pane_id, 40)}  {name}"


def making(description: Description) -> Iterator[str]:
    """Line by line what made a text."""
    hash_told = short_hash(description.model_sha256)
    yield f"Model: {one_line(description.model_name, 60)} ({hash_told})"
    if description.run_id:
        yield f"Made by: {one_line(description.run_id)}"
    yield f"Card: {_card(description)}"
    yield f"Sampling: {told(description.sampling)}{ENDINGS[description.stopped]}"
    yield f"Prompt: {short_hash(description.prompt_sha256)}"
    for sentence in description.near:
        yield f"Told: {one_line(sentence)}"


def _card(description: Description) -> str:
    if not description.with_card:
        return "none"
    return f"of {one_line(description.card_of)}" if description.card_of else "the reader's own"
