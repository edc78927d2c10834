"""The keys of the Catalogue screen."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("a", "accept", "Accept", id="catalogue.accept", tooltip="Accept the description"),
    Binding("e", "edit", "Edit", id="catalogue.edit", tooltip="Edit the description"),
    Binding("r", "again", "Again", id="catalogue.again", tooltip="Write it again, otherwise"),
    Binding("s", "skip", "Skip", id="catalogue.skip", tooltip="Let the book keep its original"),
    Binding("w", "write", "Write", id="catalogue.write", tooltip="Write what is missing"),
    Binding(
        "v",
        "view",
        "View",
        show=False,
        id="catalogue.view",
        tooltip="View rows in another state",
    ),
    Binding("o", "out", "Out", id="catalogue.out", tooltip="Write the file out"),
    Binding("i", "bring_in", "In", show=False, id="catalogue.in", tooltip="Take a catalogue in"),
    Binding(
        "f",
        "accept_plain",
        "Accept all",
        show=False,
        id="catalogue.plain",
        tooltip="Accept all in which nothing was found",
    ),
    Binding(
        "h", "history", "History", show=False, id="catalogue.history", tooltip="Show earlier texts"
    ),
    Binding(
        "m", "others", "Others", show=False, id="catalogue.others", tooltip="Open another catalogue"
    ),
    Binding(
        "ctrl+s",
        "keep",
        "Keep",
        show=False,
        id="catalogue.keep",
        tooltip="Keep what was typed, and accept it",
        priority=True,
    ),
    Binding("x", "stop", "Stop", id="catalogue.stop", tooltip="Stop the writing"),
    Binding(
        "escape",
        "leave",
        "Back",
        show=False,
        id="catalogue.back",
        tooltip="Go back to the previews",
    ),
]
