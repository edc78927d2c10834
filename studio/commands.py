"""Every binding of the window as a command of the palette, "Area: Verb object"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen


@dataclass(frozen=True)
class Command:
    """One line of the palette."""

    title: str
    help: str
    step: str | None
    """The screen that does it; None where any screen will do."""
    action: str


def all_commands(
    app: type[App[None]], screens: Mapping[str, type[Screen[None]]]
) -> Iterator[Command]:
    """The bindings of the app and its screens, told by their tooltips."""
    for step, node in ((None, app), *screens.items()):
        for binding in node.BINDINGS:
            if isinstance(binding, Binding) and binding.id and binding.tooltip:
                yield Command(
                    f"{binding.id.split('.')[0].capitalize()}: {binding.tooltip}",
                    f"Key {binding.key.replace('question_mark', '?').replace('slash', '/')}",
                    step,
                    binding.action,
                )
