"""The keys of the pairs screen: those used most at the foot of it, all of them in the palette."""

from textual.binding import Binding, BindingType

from engine.workbench import Status, Verb


def _quiet(key: str, action: str, label: str, name: str, tooltip: str) -> Binding:
    """A key that is told in the palette and not at the foot of the screen."""
    return Binding(key, action, label, id=f"pairs.{name}", show=False, tooltip=tooltip)


KEYS: list[BindingType] = [
    Binding("a", "act('accept')", "Accept", id="pairs.accept", tooltip="Accept pairs"),
    Binding("d", "act('drop')", "Drop", id="pairs.drop", tooltip="Drop or restore pairs"),
    Binding("e", "edit", "Edit", id="pairs.edit", tooltip="Edit a pair in place"),
    Binding("slash", "filter", "Filter", id="pairs.filter", tooltip="Filter the pairs"),
    Binding("b", "build", "Build", id="pairs.build", tooltip="Build pairs from the profile"),
    _quiet("f", "act('flag')", "Flag", "flag", "Flag pairs, or take the flag away"),
    _quiet("x", "act('swap')", "Swap", "swap", "Swap the sides of pairs"),
    _quiet("f2", "ask_filter", "Filter by form", "ask_filter", "Fill in a form to filter"),
    _quiet("s", "sort", "Sort", "sort", "Sort by the next key"),
    _quiet("S", "turn_round", "Turn round", "turn_round", "Turn the order of pairs round"),
    _quiet("ctrl+a", "select_shown", "Select all", "select_all", "Select all shown pairs"),
    _quiet("I", "invert", "Invert", "invert", "Invert the selection of pairs"),
    _quiet("m", "more_like", "More like it", "more_like", "Find pairs like this one"),
    _quiet("w", "rewrite", "Rewrite", "rewrite", "Rewrite an answer by a model"),
    _quiet("v", "evidence", "Evidence", "evidence", "View the reviews behind a pair"),
    _quiet("j", "journal", "Journal", "journal", "Show what was changed and when"),
    _quiet("D", "doctor", "Doctor", "doctor", "Look the pairs through before training"),
    _quiet("o", "export", "Export", "export", "Export pairs to a file"),
    _quiet("i", "load", "Load", "load", "Load pairs from a file"),
    _quiet("escape", "leave", "Back", "leave", "Leave the filter, the selection, the search"),
]
NEEDS_A_PAIR = ("edit", "more_like", "rewrite", "evidence", "journal")
NEEDS_PAIRS = (
    "filter",
    "ask_filter",
    "sort",
    "turn_round",
    "select_shown",
    "invert",
    "act",
    "export",
    "doctor",
)
TAKEN_BACK: dict[Verb, tuple[Status, Verb]] = {
    "drop": ("dropped", "restore"),
    "flag": ("flagged", "unflag"),
}
"""A mark that all of the chosen pairs have is taken from them by the same key."""
