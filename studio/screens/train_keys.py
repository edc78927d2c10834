"""The keys of the train screen: those that fit the run under the cursor stand at its foot."""

from textual.binding import Binding, BindingType


def _quiet(key: str, action: str, label: str, name: str, tooltip: str) -> Binding:
    return Binding(key, action, label, id=f"train.{name}", show=False, tooltip=tooltip)


KEYS: list[BindingType] = [
    Binding("t", "train", "Train", id="train.begin.start", tooltip="Train a model on the pairs"),
    Binding("k", "knobs", "Settings", id="train.begin.knobs", tooltip="Change training settings"),
    _quiet("r", "readers", "Readers", "begin.readers", "Train for further readers too"),
    Binding("s", "stop", "Stop", id="train.run.stop", tooltip="Stop a run, keeping a checkpoint"),
    Binding("g", "resume", "Go on", id="train.run.resume", tooltip="Resume a stopped run"),
    Binding("x", "take_out", "Take out", id="train.run.out", tooltip="Take a run from the queue"),
    Binding("d", "descriptions", "Read", id="train.run.read", tooltip="Read its descriptions"),
    Binding("e", "export", "Export", id="train.run.export", tooltip="Export a trained model"),
    Binding("v", "page", "Curves", id="train.watch.page", tooltip="Turn curves and outcome over"),
    _quiet("m", "metric(1)", "Metric", "watch.next", "Turn to the next curves"),
    _quiet("M", "metric(-1)", "Back", "watch.before", "Turn to the curves before"),
    _quiet("a", "advice", "Advice", "watch.advice", "Read the run doctor's advice"),
    _quiet("w", "watch", "Alone", "watch.alone", "Watch the run alone, or all of them"),
    _quiet("c", "compare", "Compare", "run.compare", "Compare the settings of two runs"),
    Binding("escape", "leave", show=False),
]
"""An id's middle names the group in which the key is told."""
