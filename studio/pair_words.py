"""Pairs in words for people: what a building came to, who wrote a text, what a change did."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from studio.text import count, one_line

if TYPE_CHECKING:
    # For the command line, which must not wait for the store and numpy to print its help.
    from engine.pairs.build import PairsReport
    from engine.workbench.history import FieldChange

REASONS = {
    "unknown": "unknown",
    "faint": "with a score below the threshold",
    "off": "switched off",
}


def built(report: "PairsReport") -> Iterator[str]:
    """The pairs that were made, what was left as it was, and what made none, and why."""
    by_track = ", ".join(f"{number:,} {track}" for track, number in report.by_track.items())
    kept = f" {count(report.kept, 'pair')} of yours kept as they were." if report.kept else ""
    yield f"{count(report.made, 'pair')} made.{kept}"
    yield f"In use now: {report.pairs:,} ({by_track or 'none'})."
    dropped = f" Dropped: {report.dropped:,}." if report.dropped else ""
    yield f"Held out of training: {report.held_out:,} of these.{dropped}"
    if report.added:
        yield f"{count(report.added, 'pair')} rest on texts accepted into the bank."
    if report.left_out:
        reasons = ", ".join(
            f"{report.left_out[why]:,} {words}"
            for why, words in REASONS.items()
            if report.left_out.get(why)
        )
        yield f"No pair from statements and questions: {reasons}."


WRITERS = {
    "bank": "the bank",
    "hand": "an editor",
    "imported": "whoever made the file",
    "votes": "a model, preferred in a blind vote",
    "edit": "a model, the chosen one mended by an editor",
    "embedded": "the embedded model",
}


def writer(made: str) -> str:
    """Who wrote the texts of a pair, from its field `made`."""
    if made.startswith("bank: "):
        return f"{one_line(made.removeprefix('bank: '), 40)}, for the bank"
    return WRITERS.get(made, one_line(made, 40))


MARKS = {
    "accepted": ("accepted", "no longer accepted"),
    "dropped": ("dropped", "taken back in"),
    "flagged": ("flagged", "the flag is gone"),
    "held_out": ("held out of training", "no longer held out of training"),
    "edited": ("marked as edited", "no longer marked as edited"),
}
"""What it means that a mark was set, or taken away."""
FIELDS = {
    "stance": "score that decided the sides:",
    "trait_id": "trait:",
    "track": "track:",
    "topic": "topic:",
}


def field_told(field: "FieldChange", names: Mapping[str, str]) -> str:
    """What a change did to a field that is no text.

    Args:
        names: trait id to a name for people.
    """
    if field.name in MARKS:
        return MARKS[field.name][field.after == "no"]
    after, before = field.after, field.before
    if field.name == "made":
        return f"written by {writer(after)}, before that by {writer(before)}"
    if field.name == "trait_id":
        after, before = names.get(after, after), names.get(before, before)
    return f"{FIELDS[field.name]} {one_line(after) or 'none'}, before {one_line(before) or 'none'}"
