"""The keys of the screens with runs: those that fit the run under the cursor stand at the foot."""

from textual.binding import Binding, BindingType


def _quiet(key: str, action: str, label: str, name: str, tooltip: str) -> Binding:
    return Binding(key, action, label, id=name, show=False, tooltip=tooltip)


def run_keys(screen: str) -> list[BindingType]:
    """What can be done to the run under the cursor, on the screen of that name.

    An id's middle names the group in which the key is told.
    """
    run, watch = f"{screen}.run", f"{screen}.watch"
    return [
        Binding("s", "stop", "Stop", id=f"{run}.stop", tooltip="Stop a run, keeping a checkpoint"),
        Binding("g", "resume", "Go on", id=f"{run}.resume", tooltip="Resume a stopped run"),
        Binding("x", "take_out", "Take out", id=f"{run}.out", tooltip="Take a run from the queue"),
        Binding("d", "descriptions", "Read", id=f"{run}.read", tooltip="Read its descriptions"),
        Binding("e", "export", "Export", id=f"{run}.export", tooltip="Export a trained model"),
        Binding("v", "page", "Curves", id=f"{watch}.page", tooltip="Turn curves and outcome over"),
        _quiet("m", "metric(1)", "Metric", f"{watch}.next", "Turn to the next curves"),
        _quiet("M", "metric(-1)", "Back", f"{watch}.before", "Turn to the curves before"),
        _quiet("a", "advice", "Advice", f"{watch}.advice", "Read the run doctor's advice"),
        _quiet("w", "watch", "Alone", f"{watch}.alone", "Watch the run alone, or all of them"),
        _quiet("c", "compare", "Compare", f"{run}.compare", "Compare the settings of two runs"),
    ]


KEYS: list[BindingType] = [
    Binding("t", "train", "Train", id="train.begin.start", tooltip="Train a model on the pairs"),
    Binding("k", "knobs", "Settings", id="train.begin.knobs", tooltip="Change training settings"),
    _quiet("r", "readers", "Readers", "train.begin.readers", "Train for further readers too"),
    *run_keys("train"),
    Binding("escape", "leave", show=False),
]
TAILORING_KEYS: list[BindingType] = [
    _quiet("escape", "leave", "Back", "tailoring.back", "Back to the pairs"),
    Binding("t", "train", "Train", id="tailoring.begin.start", tooltip="Train with the personas"),
    _quiet("k", "knobs", "Settings", "tailoring.begin.knobs", "Change training settings"),
    Binding(
        "h",
        "evaluate",
        "Evaluate",
        id="tailoring.held_out.evaluate",
        tooltip="Evaluate models on held-out pairs",
    ),
    Binding("o", "report", "Report", id="tailoring.held_out.report", tooltip="Read the report"),
    Binding(
        "n",
        "answers",
        "Answers",
        id="tailoring.held_out.answers",
        tooltip="Have the models of an evaluation answer",
    ),
    Binding(
        "j",
        "judge",
        "Judge",
        id="tailoring.held_out.judge",
        tooltip="Have the answers of an evaluation judged",
    ),
    _quiet(
        "b",
        "ballots",
        "Ballots",
        "tailoring.held_out.ballots",
        "Write a table of answers to vote on, blind",
    ),
    _quiet("l", "load", "Load votes", "tailoring.held_out.load", "Load a table that was voted on"),
    *run_keys("tailoring"),
]
