"""One pair as one line of the list: its marks, what it is about, and how both answers begin."""

from rich.cells import set_cell_size

from engine.domain import PreferencePair
from studio.text import one_line

WIDE = 100
"""Columns from which there is room for the track."""
LEGEND = "trait, strength, chosen │ rejected"
WIDE_LEGEND = "track, trait, strength, chosen │ rejected"


def pair_line(pair: PreferencePair, trait_name: str, width: int) -> str:
    """The line, exactly `width` cells wide."""
    is_wide = width >= WIDE
    strength = f"{pair.stance:+.2f}" if pair.stance else " " * 5
    trait = 26 if is_wide else 16
    head = f"{marks_of(pair)} {_fitted(pair.track, 13) if is_wide else ''}"
    head += f"{_fitted(trait_name, trait)} {strength}  "
    half = max(8, (width - len(marks_of(pair)) - 1 - 13 * is_wide - trait - 8 - 3) // 2)
    line = f"{head}{_fitted(pair.chosen, half)} │ {_fitted(pair.rejected, half)}"
    return set_cell_size(line, width)


def marks_of(pair: PreferencePair) -> str:
    """Five columns: a accepted or d dropped, f flagged, e edited, h held out, i imported."""
    verdict = "d" if pair.dropped else "a" if pair.accepted else "·"
    rest = (
        ("f", pair.flagged),
        ("e", pair.edited),
        ("h", pair.held_out),
        ("i", pair.made == "imported"),
    )
    return verdict + "".join(mark if is_so else "·" for mark, is_so in rest)


def _fitted(text: str, cells: int) -> str:
    return set_cell_size(one_line(text, cells), cells)
