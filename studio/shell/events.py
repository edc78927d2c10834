"""Read long work to its end on a terminal: its events as lines of narration."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import NoReturn, cast

import click

from engine.domain import Run, RunKind
from engine.jobs import RunDir
from models.errors import JobFailed
from models.events import Event, Failed, Finished, JsonObject, Metric, Note, Step
from studio.shell.base import tell
from studio.text import duration

A_LINE_EVERY_S = 3.0


class Narrator:
    """Tells events as lines, at a rate one can read."""

    def __init__(self) -> None:
        self._told_at = float("-inf")
        self._stage = ""

    def see(self, event: Event) -> None:
        match event:
            case Step(done, total, note):
                stage = note.partition(" ")[0]
                if stage != self._stage or self._is_time():
                    self._tell(f"{note} {done} of {total}".strip() if total else note)
                self._stage = stage
            case Metric(step, values):
                if self._is_time():
                    self._tell(metric_line(step, values))
            case Note(text):
                tell(f"  {text}")
            case _:
                pass

    def _is_time(self) -> bool:
        return time.monotonic() - self._told_at >= A_LINE_EVERY_S

    def _tell(self, line: str) -> None:
        self._told_at = time.monotonic()
        if line:
            tell(f"  {line}")


_FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "loss": ("loss", "{:.3f}".format),
    "rewards/accuracies": ("accuracy", "{:.0%}".format),
    "rewards/margins": ("margin", "{:+.2f}".format),
    "pairs_per_second": ("", "{:.2f} pairs/s".format),
    "eta_s": ("", lambda seconds: f"{duration(seconds)} left"),
}


def metric_line(step: int, values: Mapping[str, float]) -> str:
    """The figures of one training step on a line."""
    told = [
        f"{name} {as_text(values[key])}".strip()
        for key, (name, as_text) in _FIGURES.items()
        if key in values
    ]
    return f"step {step}: " + " · ".join(told)


async def read_to_end(events: AsyncIterator[Event]) -> JsonObject:
    """Tell the events and return the result of the last.

    Raises:
        JobFailed: the work failed; what it had finished is kept.
    """
    narrator = Narrator()
    async with aclosing(cast("AsyncGenerator[Event, None]", events)) as all_events:
        async for event in all_events:
            match event:
                case Finished(result):
                    return result
                case Failed(message, hint):
                    raise JobFailed(message, hint)
            narrator.see(event)
    raise JobFailed("The work ended without a result.")


def follow_run(data_dir: Path, run: Run) -> JsonObject:
    """Watch a run to its end; Ctrl+C stops watching, and the run goes on.

    Raises:
        JobFailed: the run failed or was stopped.
    """
    from engine import runs

    try:
        return asyncio.run(read_to_end(runs.follow(data_dir, run.id)))
    except KeyboardInterrupt:
        _left_running(run)


def result_of_run(data_dir: Path, run: Run) -> JsonObject:
    """What a run came to: at once where it has finished, else watched to its end.

    Raises:
        JobFailed: the run failed or was stopped.
    """
    return run.result if run.state == "finished" else follow_run(data_dir, run)


def _left_running(run: Run) -> NoReturn:
    tell(
        f"\nNo longer watching; {run.id} goes on. `persona-studio runs follow {run.id}` watches "
        f"it again, `persona-studio runs stop {run.id}` stops it."
    )
    click.get_current_context().exit(130)


def run_of_same_input(data_dir: Path, kind: RunKind, subject: str, print_: object) -> Run | None:
    """The newest run with this fingerprint that is whole, goes on, or can be resumed."""
    from engine import runs

    for run in runs.runs(data_dir, kind, subject):
        directory = runs.run_dir(data_dir, run.id)
        if not directory.job.exists() or not _is_of_use(directory, run):
            continue
        if json.loads(directory.job.read_text(encoding="utf-8")).get("fingerprint") == print_:
            return run
    return None


def _is_of_use(directory: RunDir, run: Run) -> bool:
    if run.state == "finished":
        made = Path(str(run.result["gguf"])) if run.kind == "export" else directory.adapter
        return made.exists()
    return run.state in ("running", "stopped")


def reuse_or_start(data_dir: Path, known: Run | None, start: Callable[[], Run]) -> tuple[Run, str]:
    """A run to wait for, and the word for how it was come by; starts one where none is known."""
    from engine import runs

    if known is None:
        run = start()
        return run, f"started: {run.id}"
    if known.state == "finished":
        return known, f"reused: {known.id}, which had the same input"
    if known.state == "running":
        return known, f"joined: {known.id} is running already"
    return runs.resume(data_dir, known.id), f"resumed: {known.id} goes on from where it stopped"
