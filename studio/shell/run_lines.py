"""What the commands about runs print of them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from engine.domain import Run
from engine.export_order import files_in
from engine.jobs import RunDir
from engine.run_differences import Difference
from engine.train.config import PRESETS, TrainConfig
from engine.train.run_doctor import diagnose
from models.events import JsonObject, Metric
from studio.shell.events import metric_line
from studio.shell.following import HELD_OUT, advice_line, held_out_line
from studio.shell.outcome_lines import outcome_lines
from studio.text import duration, one_line, size
from studio.truth_words import truth_lines


def list_line(run: Run, place: int | None) -> str:
    """A run in the list, with its place in the queue."""
    state = f"{run.state}, {ordinal(place)} in the queue" if place else run.state
    return f"{run.id}  {state}  {one_line(run.title)}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def show_lines(
    run: Run, directory: RunDir, config: TrainConfig | None, metrics: Sequence[Metric]
) -> Iterator[str]:
    """All about one run.

    Args:
        config: of a training run.
    """
    yield f"{run.id}: {run.state}"
    yield f"  {one_line(run.title)}"
    yield f"  started {run.created_at:%Y-%m-%d %H:%M} UTC, files in {directory.path}"
    if config is not None:
        yield f"  {preset_line(config)}"
        yield "  " + ", ".join(f"{key}={value}" for key, value in asdict(config).items())
    for metric in metrics:
        if metric.values.keys() & HELD_OUT.keys():
            yield f"  {held_out_line(metric.step, metric.values)}"
    if told := [metric for metric in metrics if "loss" in metric.values]:
        yield f"  {metric_line(told[-1].step, told[-1].values)}"
    if config is not None:
        for found in diagnose(metrics, config):
            yield f"  step {found.step}: {advice_line(found)}"
    if run.kind == "train" and run.state == "finished":
        yield from (f"  {line}" for line in training_lines(run.result))
    if run.kind == "export" and run.state == "finished":
        yield from (f"  {line}" for line in export_lines(run.result))
    if "picked" in run.result:
        yield f"  The checkpoint of step {run.result['picked']} was picked: it is what is exported."


def preset_line(config: TrainConfig) -> str:
    """The preset, and what was told otherwise."""
    preset = asdict(PRESETS.get(config.preset, TrainConfig()))
    other = {name: value for name, value in asdict(config).items() if value != preset[name]}
    told = ", ".join(f"{name}={value} ({preset[name]})" for name, value in other.items())
    return f"preset {config.preset}" + (f", but {told}" if told else "")


def difference_lines(a: str, b: str, found: Sequence[Difference]) -> Iterator[str]:
    """Two runs side by side, a line for each difference."""
    if not found:
        yield f"{a} and {b} were told the same."
        return
    rows = [("", a, b), *((each.name, _cell(each.a), _cell(each.b)) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, left, right in rows:
        yield f"{name:<{widths[0]}}  {left:<{widths[1]}}  {right}".rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else one_line(str(value), 60)


def training_lines(result: JsonObject) -> Iterator[str]:
    """What a training run came to."""
    yield (
        f"{result['run']}: {result['steps']} steps on {result['device']} in "
        f"{duration(float(str(result['seconds'])))}, {result['pairs_per_second']} pairs/s."
    )
    yield from outcome_lines(result)


def export_lines(result: JsonObject) -> Iterator[str]:
    """What an export made."""
    for file in files_in(result):
        size_bytes = int(str(file["size_bytes"]))
        yield f"{file['gguf']}: {file['quant']}, {size(size_bytes)}, sha256 {file['sha256']}"
    yield from truth_lines(result)
