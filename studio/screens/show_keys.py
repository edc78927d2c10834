"""All keys of a screen in groups, as far as they are ours: opened over it by `?`."""

from collections import defaultdict
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

HELP = Binding("question_mark", "app.help", "Keys", id="window.help", tooltip="Show all keys")
"""Of the window, and of dialogs that list their keys in a line of their own."""
GROUPS = {
    "window": "Everywhere",
    "pane": "While editing",
    "pairs.all": "All pairs",
    "tailoring.held_out": "On held-out pairs",
}
"""Of those whose name does not tell it."""


class ShowKeys(ModalScreen[None]):
    """In two columns; read-only."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#keys"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark",
            "dismiss",
            "Close",
            id="keys.close",
            tooltip="Back to the screen",
        )
    ]

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._groups = key_groups(screen)
        self._over_dialog = screen.is_modal

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = f"Keys of this {'dialog' if self._over_dialog else 'screen'}"
            by_name = "" if self._over_dialog else "ctrl+p finds any of them by name  "
            box.border_subtitle = f"up and down scroll  {by_name}esc closes"
            with VerticalScroll(id="keys"), Horizontal():
                for groups in _columns(self._groups):
                    with Vertical():
                        for title, lines in groups:
                            yield Static(title, classes="label", markup=False)
                            for key, told in lines:
                                with Horizontal(classes="key"):
                                    yield Static(key, classes="name", markup=False)
                                    yield Static(Content(told), markup=False)


Group = tuple[str, list[tuple[str, str]]]


def key_groups(screen: Screen[object]) -> list[Group]:
    """The keys that do something on the screen as it is, by group: each key with what it does.

    A binding's id tells its group: `pairs.find.sort` is in Find, `list.up` in List, and what is of
    a dialog is Here. Those without an id are Textual's own.
    """
    app = screen.app
    found: defaultdict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    active = screen.active_bindings.values()
    # First what the screen is for, then how to move in it, then the window.
    ordered = sorted(active, key=lambda one: (one[0] is not screen, one[0] is app))
    for node, binding, _, _ in ordered:
        if binding.id and binding.tooltip:
            group = binding.id.rpartition(".")[0]
            own = "Here" if node is screen and screen.is_modal else None
            title = GROUPS.get(group) or own or group.rpartition(".")[2].capitalize()
            found[title][binding.tooltip].append(app.get_key_display(binding))
    return [
        (title, [(" ".join(keys), told) for told, keys in lines.items()])
        for title, lines in found.items()
    ]


def _columns(groups: list[Group]) -> tuple[list[Group], list[Group]]:
    """The groups in their order, cut where both columns are nearest to equally long."""
    lengths = [len(lines) + 2 for _, lines in groups]
    cuts = range(len(groups), -1, -1)  # one group alone stands on the left
    cut = min(cuts, key=lambda at: abs(sum(lengths[:at]) - sum(lengths[at:])))
    return groups[:cut], groups[cut:]
