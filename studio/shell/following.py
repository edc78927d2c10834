"""Wait for runs on a terminal, through a pipe or over SSH, and look for one that is of use already.

On a terminal one line is kept current and what matters stands above it; elsewhere all are lines.
Nothing here ends a run: it is a process of its own.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import click

from engine.domain import Run, RunKind
from engine.export_order import files_in
from engine.jobs import RunDir, keep_metric
from engine.train.config import TrainConfig
from engine.train.run_doctor import Advice, diagnose
from models.events import Event, Item, JsonObject, Metric, Note, Step
from studio.shell.base import shared, tell
from studio.shell.events import Narrator, figures_told, metric_line, read_to_end
from studio.text import one_line, visible

HELD_OUT = {
    "held_out/loss": "loss",
    "held_out/accuracies": "rewards/accuracies",
    "held_out/margins": "rewards/margins",
}
"""Figures of the held-out pairs → those of the training pairs that are told in the same words."""


class Watcher:
    """Tells of one run: its figures, its held-out pairs, the run doctor's advice, its samples."""

    def __init__(self, config: TrainConfig | None, samples: bool, err: bool) -> None:
        """
        Args:
            config: of a training run, for the doctor; None for other work.
            samples: print the descriptions written at checkpoints.
            err: to stderr.
        """
        self._config = config
        self._samples = samples
        self._err = err
        self._metrics: list[Metric] = []
        self._advised: set[tuple[str, int]] = set()
        self._note = self._head = self._figures = ""
        self._are_new = False
        self._is_live = _is_terminal(err)
        self._plain = Narrator(self._line)

    def know(self, metrics: list[Metric]) -> None:
        """Take in what came before one began to watch, without telling of it."""
        self._metrics = list(metrics)
        self._new_advice()

    def see(self, event: Event) -> None:
        match event:
            case Metric(step, values) if values.keys() & HELD_OUT.keys():
                keep_metric(self._metrics, event)
                self._keep(held_out_line(step, values))
            case Metric(_, values):
                keep_metric(self._metrics, event)
                self._figures, self._are_new = figures_told(values), True
                self._tell_plainly(event)
                for line in self._new_advice():
                    self._keep(line)
            case Step(done, total, note):
                if note != self._note and not self._are_new:
                    self._figures = ""  # they were another stage's
                self._note, self._are_new = note, False
                self._head = f"{note} {done} of {total}" if total else note
                self._tell_plainly(event)
            case Note(text):
                self._keep(one_line(text, 1000))
            case Item(value) if self._samples and value.get("kind") == "sample":
                for line in sample_lines(value):
                    self._keep(line)
            case _:
                pass

    def end(self) -> None:
        """Leave the line that was kept current as it is, and go below it."""
        if self._is_live and self._head:
            click.echo(err=self._err)

    def _new_advice(self) -> list[str]:
        if self._config is None:
            return []
        found = diagnose(self._metrics, self._config)
        new = [each for each in found if (each.id, each.step) not in self._advised]
        self._advised |= {(each.id, each.step) for each in new}
        return [advice_line(each) for each in new]

    def _keep(self, line: str) -> None:
        """A line that stays."""
        self._erase()
        self._line(f"  {line}")
        self._draw()

    def _tell_plainly(self, event: Event) -> None:
        if self._is_live:
            self._draw()
        else:
            self._plain.see(event)

    def _line(self, text: str) -> None:
        click.echo(visible(text), err=self._err)

    def _draw(self) -> None:
        if self._is_live and self._head:
            self._erase()
            told = " · ".join(filter(None, (self._head, self._figures)))
            width = shutil.get_terminal_size().columns
            click.echo(f"  {one_line(told, max(width - 3, 20))}", nl=False, err=self._err)

    def _erase(self) -> None:
        if self._is_live and self._head:
            click.echo("\r\x1b[2K", nl=False, err=self._err)


def _is_terminal(err: bool) -> bool:
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def held_out_line(step: int, values: Mapping[str, float]) -> str:
    """How the held-out pairs fare at a checkpoint."""
    told = {HELD_OUT[key]: value for key, value in values.items() if key in HELD_OUT}
    return f"held out, {metric_line(step, told)}"


def advice_line(advice: Advice) -> str:
    """What the run doctor says."""
    word = "Warning" if advice.grave else "Advice"
    return one_line(f"{word}: {advice.says} {advice.next_step}", 1000)


def sample_lines(sample: JsonObject) -> list[str]:
    """A description that was written at a checkpoint, under its step and book."""
    text = visible(str(sample.get("text", ""))).splitlines()
    return [
        f"step {sample.get('step')}, {one_line(str(sample.get('title', '')))}:",
        *(f"  {line}" for line in text),
    ]


def follow_run(
    data_dir: Path, run: Run, new_only: bool = False, samples: bool = False, aloud: bool = False
) -> JsonObject:
    """Watch a run to its end; Ctrl+C stops watching, and the run goes on.

    Args:
        new_only: leave out what came before now.
        aloud: what is told is what was asked for: on stdout, unless that is to be JSON.

    Raises:
        JobFailed: the run failed or was stopped.
    """
    from engine import jobs, runs
    from engine.train.input_files import read_config

    directory = runs.run_dir(data_dir, run.id)
    config = read_config(directory.path) if run.kind == "train" else None
    watcher = Watcher(config, samples, err=shared().as_json or not aloud)
    if new_only:
        watcher.know(jobs.metrics(directory))
    try:
        events = runs.follow(data_dir, run.id, from_start=not new_only)
        return asyncio.run(read_to_end(events, watcher.see))
    except KeyboardInterrupt:
        pass  # told below, once the line that was kept current is left
    finally:
        watcher.end()
    _left_running(run)


def result_of_run(data_dir: Path, run: Run) -> JsonObject:
    """What a run came to: at once where it has finished, else watched to its end.

    Raises:
        JobFailed: the run failed or was stopped.
    """
    return run.result if run.state == "finished" else follow_run(data_dir, run)


def _left_running(run: Run) -> NoReturn:
    tell(
        f"No longer watching; {run.id} goes on. `persona-studio runs follow {run.id}` watches "
        f"it again, `persona-studio runs stop {run.id}` stops it."
    )
    click.get_current_context().exit(130)


def run_of_same_input(data_dir: Path, kind: RunKind, subject: str, print_: object) -> Run | None:
    """The newest run with this fingerprint that is whole, goes on, waits, or can be resumed."""
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
        if run.kind == "export":
            return all(Path(str(file["gguf"])).exists() for file in files_in(run.result))
        return run.kind == "evaluate" or directory.made.exists()
    return run.state in ("running", "stopped") or directory.queued.exists()


def reuse_or_start(
    data_dir: Path, known: Run | None, start: Callable[[], Run], queue: bool = False
) -> tuple[Run, str]:
    """A run to wait for, and the word for how it was come by; starts one where none is known.

    Args:
        queue: one that has to be resumed waits for its turn.
    """
    from engine import runs

    if known is None:
        run = start()
        return run, f"{'queued' if run.state == 'waiting' else 'started'}: {run.id}"
    if known.state == "finished":
        return known, f"reused: {known.id}, which had the same input"
    if known.state == "running":
        return known, f"joined: {known.id} is running already"
    if known.state == "waiting":
        return known, f"joined: {known.id} waits in the queue already"
    told = "waits to go on" if queue else "goes on"
    return runs.resume(
        data_dir, known.id, queue
    ), f"resumed: {known.id} {told} from where it stopped"
