"""One run, live or of yesterday: where it stands, its curves, and what came of it."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.domain import Run
from models.events import Failed, Finished
from studio.text import count, duration, one_line, progress, size, visible
from studio.tracker import Work
from studio.widgets.metric_chart import MetricChart

METRICS = ("loss", "rewards/margins", "rewards/accuracies")


class RunView(VerticalScroll):
    """The lower part of the train screen."""

    def compose(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        with Horizontal(id="charts"):
            for metric in METRICS:
                yield MetricChart(metric)
        yield Static(id="outcome", markup=False)

    def show(self, run: Run, work: Work | None) -> None:
        """Show a run and what its events told so far."""
        self.border_title = Content(one_line(run.title, 70))
        self.query_one("#state", Static).update(_state(run, work))
        self.query_one("#charts").display = run.kind == "train"
        for metric, chart in zip(METRICS, self.query(MetricChart), strict=True):
            chart.show(work.series(metric) if work else [])
        self.query_one("#outcome", Static).update(_outcome(run, work))


def _state(run: Run, work: Work | None) -> Content:
    ended = work.ended if work else None
    state = "running" if work and ended is None else run.state
    parts: list[str | tuple[str, str]] = [(state.capitalize(), "bold")]
    if work and work.step and ended is None:
        parts.append(f"  {progress(work.step.done, work.step.total)}  {visible(work.step.note)}")
    if work and work.metrics:
        parts.append("\n" + _figures(work))
    if work and work.notes:
        # The first note of a training names the device, the last what is being done now.
        told = " ".join(dict.fromkeys((work.notes[0], work.notes[-1])))
        parts.append((f"\n{visible(told)}", "$text-muted"))
    return Content.assemble(*parts)


def _figures(work: Work) -> str:
    """Speed, time left and memory, as far as the newest metrics tell them."""
    newest: dict[str, float] = {}
    for metric in work.metrics:
        newest.update(metric.values)
    told = []
    if "pairs_per_second" in newest:
        told.append(f"{newest['pairs_per_second']:.2f} pairs/s")
    if "eta_s" in newest and work.ended is None:
        told.append(f"{duration(newest['eta_s'])} left")
    if "memory_bytes" in newest:
        told.append(f"{size(newest['memory_bytes'])} memory")
    return "   ".join(told)


def _outcome(run: Run, work: Work | None) -> Content:
    ended = work.ended if work else None
    if isinstance(ended, Failed):
        # The hint for a stopped run names the command line's way; here it is a key.
        hint = (
            "Press g to go on from the last checkpoint." if run.state == "stopped" else ended.hint
        )
        return Content(f"{visible(ended.message)}\n{visible(hint)}")
    result = ended.result if isinstance(ended, Finished) else run.result
    if not result:
        return Content("")
    return Content(_trained(result) if run.kind == "train" else _exported(result))


def _trained(result: Mapping[str, object]) -> str:
    held_out = result.get("held_out")
    sentences = []
    if isinstance(held_out, Mapping) and held_out.get("pairs"):
        before, after = held_out.get("accuracy_before"), held_out.get("accuracy")
        pairs = count(int(_number(held_out["pairs"])), "pair")
        sentences.append(
            f"On {pairs} it never trained on, the model preferred this reader's answer in "
            f"{_number(after):.0%} after training, {_number(before):.0%} before. Beside the base, "
            f"training moved it the reader's way in {_number(held_out.get('reward_accuracy')):.0%} "
            "of them (50% would be chance)."
        )
    else:
        sentences.append("There were no held-out pairs to test it on.")
    took = f"{count(int(_number(result.get('steps'))), 'step')} on {result.get('device')}"
    sentences.append(f"{took}, {duration(_number(result.get('seconds')))}.")
    sentences.append("Press e to export the model for the previews.")
    return visible(" ".join(sentences))


def _exported(result: Mapping[str, object]) -> str:
    return visible(
        f"{result.get('quant')} model of {size(_number(result.get('size_bytes')))}, "
        f"hash {str(result.get('sha256'))[:12]}. Press 5 to read its descriptions.\n"
        f"{result.get('gguf')}"
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
