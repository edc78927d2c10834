"""The keys of the pairs screen: those used most at the foot of it, all of them in the palette."""

from textual.binding import Binding, BindingType

from engine.workbench import Status, Verb


def _quiet(key: str, action: str, label: str, name: str, tooltip: str) -> Binding:
    """A key that is told in the palette and not at the foot of the screen."""
    return Binding(key, action, label, id=f"pairs.{name}", show=False, tooltip=tooltip)


KEYS: list[BindingType] = [
    Binding("a", "act('accept')", "Accept", id="pairs.mark.accept", tooltip="Accept pairs"),
    Binding("d", "act('drop')", "Drop", id="pairs.mark.drop", tooltip="Drop or restore pairs"),
    _quiet("f", "act('flag')", "Flag", "mark.flag", "Flag pairs, or take the flag away"),
    Binding("e", "edit", "Edit", id="pairs.change.edit", tooltip="Edit a pair in place"),
    _quiet("x", "act('swap')", "Swap", "change.swap", "Swap the sides of pairs"),
    _quiet("w", "rewrite", "Rewrite", "change.rewrite", "Rewrite an answer by a model"),
    _quiet("enter", "read", "Read", "read.read", "Read a pair in full, or the list again"),
    _quiet("p", "unfold", "Prompt", "read.prompt", "Unfold a long prompt, or fold it"),
    _quiet("ctrl+down", "scroll_pair(1)", "Down", "read.down", "Scroll the pair down"),
    _quiet("ctrl+up", "scroll_pair(-1)", "Up", "read.up", "Scroll the pair up"),
    _quiet("v", "evidence", "Evidence", "read.evidence", "View the reviews behind a pair"),
    _quiet("j", "journal", "Journal", "read.journal", "Show what was changed and when"),
    Binding("slash", "filter", "Filter", id="pairs.find.filter", tooltip="Filter the pairs"),
    _quiet("f2", "ask_filter", "Filter by form", "find.ask_filter", "Fill in a form to filter"),
    _quiet("m", "more_like", "More like it", "find.more_like", "Find pairs like this one"),
    _quiet("s", "sort", "Sort", "find.sort", "Sort by the next key"),
    _quiet("S", "turn_round", "Turn round", "find.turn_round", "Turn the order of pairs round"),
    _quiet("ctrl+a", "select_shown", "Select all", "select.all", "Select all shown pairs"),
    _quiet("I", "invert", "Invert", "select.invert", "Invert the selection of pairs"),
    _quiet("escape", "leave", "Back", "select.leave", "Leave filter, selection, search"),
    Binding("b", "build", "Build", id="pairs.all.build", tooltip="Build pairs from the profile"),
    _quiet("D", "doctor", "Doctor", "all.doctor", "Look the pairs through before training"),
    _quiet("o", "export", "Export", "all.export", "Export pairs to a file"),
    _quiet("i", "load", "Load", "all.load", "Load pairs from a file"),
]
"""An id's middle names the group in which the key is told."""
NEEDS_A_PAIR = ("edit", "more_like", "rewrite", "evidence", "journal", "read", "unfold")
NEEDS_PAIRS = (
    "ask_filter",
    "sort",
    "turn_round",
    "select_shown",
    "invert",
    "act",
    "export",
    "doctor",
)
NOT_WHILE_EDITING = {*NEEDS_A_PAIR, *NEEDS_PAIRS, "filter", "build", "load"} - {"edit"}
TAKEN_BACK: dict[Verb, tuple[Status, Verb]] = {
    "drop": ("dropped", "restore"),
    "flag": ("flagged", "unflag"),
}
"""A mark that all of the chosen pairs have is taken from them by the same key."""
