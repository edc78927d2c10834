"""Runs as a front end sees them: start, queue, follow, stop, resume, compare, pick a checkpoint."""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from engine import jobs, run_differences, run_queue
from engine.domain import Run, RunKind
from engine.export_order import ExportOrder, check_order, settings_of
from engine.jobs import RunDir
from engine.record import record_profile
from engine.run_differences import Difference
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.train.beginning import BEGINNING, begins_with, readers_within
from engine.train.checkpoints import (
    Checkpoint,
    made_sha256,
    pick,
    picked_step,
    whole_checkpoints,
)
from engine.train.config import TrainConfig, config_for
from engine.train.settings import differing, told
from engine.training_input import fingerprint, training_input
from models.errors import BadInput
from models.events import Event, Finished
from models.library import resolve_base

NO_FOLDERS: Mapping[str, Path] = MappingProxyType({})


def run_dir(data_dir: Path, run_id: str) -> RunDir:
    """The directory of a run."""
    return RunDir(data_dir / "runs" / run_id)


def runs(data_dir: Path, kind: RunKind | None = None, subject: str | None = None) -> list[Run]:
    """Runs with where each stands, the newest first."""
    with opened(data_dir) as db:
        found = run_rows.everything(db, kind, subject)
    return [_with_state(data_dir, run) for run in found]


def find_run(data_dir: Path, run_id: str) -> Run:
    """One run by its id or the beginning of it, with where it stands.

    Raises:
        BadInput: none or several begin so.
    """
    with opened(data_dir) as db:
        run = run_rows.find(db, run_id)
    return _with_state(data_dir, run)


def _with_state(data_dir: Path, run: Run) -> Run:
    directory = run_dir(data_dir, run.id)
    state, told = jobs.standing(directory)
    result = dict(told)
    if (step := picked_step(directory)) is not None:
        result["picked"] = step
    return replace(run, state=state, result=result)


def launch(
    data_dir: Path,
    kind: RunKind,
    subject: str,
    title: str,
    settings: Mapping[str, object],
    files: Mapping[str, str],
    queue: bool = False,
    folders: Mapping[str, Path] = NO_FOLDERS,
) -> Run:
    """Make a run with its input files and start its child.

    Args:
        folders: copied into the run's directory, by their names there.
        queue: wait for the runs that train or were queued before; of training runs only.

    Raises:
        UserError: the disk refuses; nothing is left behind.
    """
    now = datetime.now(UTC)
    run = Run(
        id=f"{kind}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        kind=kind,
        subject=subject,
        title=title,
        created_at=now,
        state="running",
    )
    path = run_dir(data_dir, run.id).path
    try:
        directory = jobs.prepare(path, kind, settings)
        for name, text in files.items():
            _write_private(path / name, text)
        for name, folder in folders.items():
            shutil.copytree(folder, path / name)
        if queue:
            run_queue.join(directory)
        with opened(data_dir) as db:
            run_rows.add(db, run)
        jobs.start(directory)
    except BaseException:
        if not (path / "pid").exists():
            shutil.rmtree(path, ignore_errors=True)
        raise
    return replace(run, state="waiting") if queue else run


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def start_training(
    data_dir: Path,
    reader_ids: Sequence[str],
    base: str = "embedded",
    preset: str = "quick",
    changes: Mapping[str, object] | None = None,
    queue: bool = False,
) -> Run:
    """Start DPO on the pairs of one reader, of a dataset, or one adapter over several readers.

    Args:
        reader_ids: as `engine.training_input.training_texts` takes them.
        queue: train when the runs that were started or queued before have ended.

    Raises:
        BadInput: no such reader or preset, no profile or pairs, the base cannot be found, or
            `start_from` is no run to begin with.
    """
    config = with_absolute_base(config_for(preset, base, changes or {}))
    settings, files = training_input(data_dir, reader_ids, config)
    changed = told(differing(config))
    title = f"{preset}{f' ({changed})' if changed else ''} on {config.base}"
    title += f" for {', '.join(reader_ids)}"
    begun = begins_with(settings).get("run_id")
    folders = {BEGINNING: run_dir(data_dir, str(begun)).adapter} if begun else NO_FOLDERS
    return launch(data_dir, "train", reader_ids[0], title, settings, files, queue, folders)


def with_absolute_base(config: TrainConfig) -> TrainConfig:
    """The configuration with a base that a child finds from wherever it stands.

    Raises:
        BadInput: there is no such base.
    """
    base = resolve_base(config.base)
    if base.path is None or config.base == "embedded":
        return config
    return replace(config, base=str(base.path))


def start_export(data_dir: Path, run_id: str, order: ExportOrder) -> Run:
    """Start merging, quantising and checking what a training run made.

    Raises:
        BadInput: no such run, it is not a training run, it has no adapter yet, or the order cannot
            be made.
    """
    check_order(order)
    trained = find_run(data_dir, run_id)
    source = run_dir(data_dir, trained.id)
    made = (source.adapter / "adapter_config.json", source.model / "config.json")
    if trained.kind != "train" or not any(file.exists() for file in made):
        raise BadInput(
            f"Run {trained.id} has no adapter to export.",
            "Export a training run that has finished: the Train screen and `persona-studio runs` "
            "list them.",
        )
    job = json.loads(source.job.read_text())
    settings: dict[str, object] = {
        "train_run": str(source.path),
        "train_run_id": trained.id,
        "made_sha256": made_sha256(source, data_dir / "cache"),
        "reader_ids": job["reader_ids"],
        "begins_with": begins_with(job),
        "cache_dir": str(data_dir / "cache"),
        "fingerprint": export_fingerprint(data_dir, trained.id, order),
        **settings_of(order),
    }
    step = picked_step(source)
    of_step = "" if step is None else f", step {step}"
    title = f"{order.words} of {trained.id}{of_step}"
    return launch(data_dir, "export", trained.subject, title, settings, {})


def export_fingerprint(data_dir: Path, train_run_id: str, order: ExportOrder) -> str:
    """What an export's result depends on: of another checkpoint it is another model.

    Raises:
        BadInput: the training run has made no weights.
    """
    weights = made_sha256(run_dir(data_dir, train_run_id), data_dir / "cache")
    return fingerprint(train_run_id, weights, order.words)


def finished_like(data_dir: Path, kind: RunKind, subject: str, print_: object) -> Run | None:
    """The newest finished run whose input was the same; None if there is none."""
    for run in runs(data_dir, kind, subject):
        job = run_dir(data_dir, run.id).job
        if run.state == "finished" and json.loads(job.read_text()).get("fingerprint") == print_:
            return run
    return None


def stop(data_dir: Path, run_id: str) -> None:
    """Ask a run to write a checkpoint and stop; one that waits leaves the queue."""
    directory = run_dir(data_dir, find_run(data_dir, run_id).id)
    if not run_queue.leave(directory):
        jobs.stop(directory)


def cancel(data_dir: Path, run_id: str) -> Run:
    """Take a waiting run out of the queue; it can be resumed like a stopped one.

    Raises:
        BadInput: it does not wait.
    """
    run = find_run(data_dir, run_id)
    if not run_queue.leave(run_dir(data_dir, run.id)):
        raise BadInput(
            f"Run {run.id} does not wait in the queue: it is {find_run(data_dir, run.id).state}.",
            f"`persona-studio runs stop {run.id}` ends one that runs, keeping a checkpoint.",
        )
    return find_run(data_dir, run.id)


def places(data_dir: Path) -> dict[str, int]:
    """The waiting runs' ids with their places in the queue, from 1 on."""
    queue = run_queue.waiting(data_dir / "runs")
    return {run.id: place for place, run in enumerate(queue, 1)}


def revive_queue(data_dir: Path) -> list[str]:
    """Have a queue go on that stands still, as after a restart of the machine; the runs revived.

    For a front end that opens: nobody else is there to do it.
    """
    return [run.id for run in run_queue.revive(data_dir / "runs")]


def resume(data_dir: Path, run_id: str, queue: bool = False) -> Run:
    """Start a stopped or failed run again, from what it left.

    Args:
        queue: at the end of the queue, instead of now.

    Raises:
        BadInput: it is running, waits, or it finished; or it is no training run to be queued.
    """
    run = find_run(data_dir, run_id)
    if run.state == "finished":
        raise BadInput(f"Run {run.id} is finished; there is nothing to resume.")
    if queue and run.kind != "train":
        raise BadInput(f"Run {run.id} is no training run.", "Only these are queued.")
    directory = run_dir(data_dir, run.id)
    if queue and run.state != "running" and not directory.queued.exists():
        run_queue.join(directory)
    jobs.start(directory)
    return replace(run, state="waiting" if queue else "running")


def differences(data_dir: Path, a: str, b: str) -> list[Difference]:
    """What two training runs were told differently, and their results where both finished.

    Raises:
        BadInput: no such run, or not a training run.
    """
    found = [find_run(data_dir, run_id) for run_id in (a, b)]
    one, other = ((run, run_dir(data_dir, run.id)) for run in found)
    return run_differences.differences(one, other)


def checkpoints(data_dir: Path, run_id: str) -> list[Checkpoint]:
    """The whole checkpoints of a run, the oldest first."""
    return whole_checkpoints(run_dir(data_dir, find_run(data_dir, run_id).id))


def pick_checkpoint(data_dir: Path, run_id: str, step: int) -> Checkpoint:
    """Make what one checkpoint learned the run's own; its exports and panes are of that step.

    Raises:
        BadInput: it is no training run, is still training, or has no such checkpoint.
        JobFailed: the disk refuses; the adapter or model is what it was.
    """
    run = find_run(data_dir, run_id)
    if run.kind != "train" or run.state in ("running", "waiting"):
        why = f"is {run.state}" if run.kind == "train" else "is no training run"
        raise BadInput(
            f"Run {run.id} {why}.", "A checkpoint is picked of a training run that has ended."
        )
    directory = run_dir(data_dir, run.id)
    found = {checkpoint.step: checkpoint for checkpoint in whole_checkpoints(directory)}
    if step not in found:
        there = ", ".join(map(str, found)) or "none"
        raise BadInput(f"Run {run.id} has no checkpoint of step {step}.", f"There are: {there}.")
    pick(directory, found[step])
    return found[step]


async def follow(
    data_dir: Path, run_id: str, from_start: bool = True
) -> AsyncGenerator[Event, None]:
    """Yield a run's events, live or of yesterday; what it made is recorded when it has finished.

    Closing the iterator only stops watching.
    """
    run = await asyncio.to_thread(find_run, data_dir, run_id)
    async with aclosing(jobs.follow(run_dir(data_dir, run.id), from_start)) as events:
        async for event in events:
            if isinstance(event, Finished) and run.kind == "profile":
                await asyncio.to_thread(record_profile, data_dir, run.id, event.result)
            yield event


def forget_runs(data_dir: Path, reader_id: str) -> list[Run]:
    """Delete the runs of a reader that hold the reviews; return the other runs of it.

    Training and export runs are left to the person: others may be in the same model.
    """
    carrying = []
    for run in runs(data_dir):
        if run.kind in ("profile", "suggest") and run.subject == reader_id:
            shutil.rmtree(run_dir(data_dir, run.id).path, ignore_errors=True)
            with opened(data_dir) as db:
                run_rows.remove(db, run.id)
        elif run.subject == reader_id or reader_id in _readers_of(data_dir, run):
            carrying.append(run)
    return carrying


def _readers_of(data_dir: Path, run: Run) -> list[str]:
    job = run_dir(data_dir, run.id).job
    return readers_within(json.loads(job.read_text())) if job.exists() else []
