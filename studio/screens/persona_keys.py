"""The keys of the Persona screen."""

from textual.binding import Binding, BindingType

PERSONA_KEYS: list[BindingType] = [
    Binding("escape", "close", "Back", id="persona.back", tooltip="Back to the readers"),
    Binding("d", "dataset", "Dataset", id="persona.dataset", tooltip="Choose another dataset"),
    Binding("o", "open", "Open", show=False, id="persona.open", tooltip="Import preference data"),
    Binding("i", "infer", "Infer", id="persona.infer", tooltip="Infer who prefers which answer"),
    Binding("k", "check", "Check", id="persona.check", tooltip="Have personas checked"),
    Binding("s", "stop", "Stop", id="persona.stop", tooltip="Stop asking; what came is kept"),
    Binding(
        "e",
        "write('chosen')",
        "Chosen",
        show=False,
        id="persona.write_chosen",
        tooltip="Write the persona of the chosen answer",
    ),
    Binding(
        "r",
        "write('rejected')",
        "Rejected",
        show=False,
        id="persona.write_rejected",
        tooltip="Write the persona of the rejected answer",
    ),
    Binding(
        "x",
        "remove('chosen')",
        "Remove chosen's",
        show=False,
        id="persona.remove_chosen",
        tooltip="Take the chosen answer's persona away",
    ),
    Binding(
        "y",
        "remove('rejected')",
        "Remove rejected's",
        show=False,
        id="persona.remove_rejected",
        tooltip="Take the rejected answer's persona away",
    ),
    Binding(
        "slash",
        "find",
        "Find",
        show=False,
        id="persona.find",
        tooltip="Find pairs by words in them",
    ),
    Binding(
        "n",
        "turn_page",
        "Next pairs",
        show=False,
        id="persona.next_page",
        tooltip="List the next pairs of a long list",
    ),
    Binding(
        "f", "state", "Filter", show=False, id="persona.state", tooltip="Show one state, or all"
    ),
    Binding(
        "g", "group", "Group", show=False, id="persona.group", tooltip="Show one group of the map"
    ),
    Binding(
        "a",
        "answer",
        "Answer",
        show=False,
        id="persona.answer",
        tooltip="Answer the prompt for both personas",
    ),
    Binding("t", "tailor", "Tailor", id="persona.tailor", tooltip="Train with the personas"),
    Binding(
        "m",
        "map",
        "Map",
        show=False,
        id="persona.map",
        tooltip="Show which readers the data serves",
    ),
    Binding(
        "c",
        "figures",
        "Figures",
        show=False,
        id="persona.figures",
        tooltip="Show what the checks come to",
    ),
]
