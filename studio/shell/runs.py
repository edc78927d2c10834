"""Commands about long work: train, export, runs, models."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

import click

from engine.domain import Run
from engine.train.config import PRESETS, TrainConfig
from models.errors import BadInput
from models.events import JsonObject, Metric
from studio.shell.base import Command, Group, give, shared, tell
from studio.shell.events import (
    follow_run,
    metric_line,
    result_of_run,
    reuse_or_start,
    run_of_same_input,
)
from studio.text import duration, one_line, size

QUANTS = ("Q4_K_M", "Q8_0", "F16")


@click.command("train", cls=Command)
@click.argument("readers", nargs=-1, required=True, metavar="READER...")
@click.option("--base", default="embedded", show_default=True, help="A GGUF, a folder, or an id.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="quick", show_default=True)
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--detach", is_flag=True, help="Start the run and return at once.")
@click.option("--fresh", is_flag=True, help="Train again, though a run had the same input.")
def train(
    readers: tuple[str, ...],
    base: str,
    preset: str,
    changes: tuple[str, ...],
    detach: bool,
    fresh: bool,
) -> None:
    """Train a model by DPO for one reader, or one for several. Ctrl+C leaves it running."""
    from engine import desk, pair_doctor, runs
    from engine.train.config import config_for

    data_dir = shared().data_dir
    reader_ids = [desk.reader_id_of(data_dir, reader) for reader in readers]
    if wrong := pair_doctor.stops(data_dir, reader_ids):
        tell(f"{wrong} `persona-studio pairs doctor READER` shows and mends it.")
    changed = dict(map(_change, changes))
    known = None
    if not fresh:
        config = config_for(preset, base, changed)
        settings, _ = runs.training_input(data_dir, reader_ids, config)
        known = run_of_same_input(data_dir, "train", reader_ids[0], settings["fingerprint"])
    run, told = reuse_or_start(
        data_dir,
        known,
        lambda: runs.start_training(data_dir, reader_ids, base, preset, changed),
    )
    tell(told)
    if detach:
        state = runs.find_run(data_dir, run.id).state
        hint = f"`persona-studio runs follow {run.id}` watches it."
        give({"run": run.id, "state": state}, [f"{run.id} is {state}. {hint}"])
        return
    result = result_of_run(data_dir, run)
    give(result, training_lines(result))


def _change(told: str) -> tuple[str, object]:
    """One KEY=VALUE of --set, as the kind of value that the setting has."""
    key, equals, value = told.partition("=")
    names = [field.name for field in fields(TrainConfig)]
    if not equals or key not in names:
        raise BadInput(f"{told!r} changes no setting.", f"KEY is one of {', '.join(names)}.")
    default = getattr(TrainConfig(), key)
    try:
        return key, type(default)(value)
    except ValueError as error:
        noun = "a whole number" if isinstance(default, int) else "a number"
        raise BadInput(f"The setting {key} is {noun}, not {value!r}.") from error


def training_lines(result: JsonObject) -> Iterator[str]:
    """What a training run came to."""
    held_out = result["held_out"]
    assert isinstance(held_out, dict)
    yield (
        f"{result['run']}: {result['steps']} steps on {result['device']} in "
        f"{duration(float(str(result['seconds'])))}, {result['pairs_per_second']} pairs/s."
    )
    if held_out["pairs"]:
        yield (
            f"Of {held_out['pairs']} held-out pairs the model prefers the chosen answer in "
            f"{held_out['accuracy']:.0%}; before training in {held_out['accuracy_before']:.0%}."
        )
        yield (
            f"Beside the base, training moved it towards the chosen answer in "
            f"{held_out['reward_accuracy']:.0%} of them (50% would be chance)."
        )


@click.command("export", cls=Command)
@click.argument("run")
@click.option("--quant", type=click.Choice(QUANTS), default="Q4_K_M", show_default=True)
@click.option("--fresh", is_flag=True, help="Export again, though it was done before.")
def export(run: str, quant: str, fresh: bool) -> None:
    """Make a GGUF of a training run: merge, quantise, check."""
    from engine import runs

    data_dir = shared().data_dir
    trained = runs.find_run(data_dir, run)
    print_ = runs.fingerprint(trained.id, quant)
    known = None if fresh else run_of_same_input(data_dir, "export", trained.subject, print_)
    exported, told = reuse_or_start(
        data_dir, known, lambda: runs.start_export(data_dir, trained.id, quant)
    )
    tell(told)
    result = result_of_run(data_dir, exported)
    give(result, export_lines(result))


def export_lines(result: JsonObject) -> Iterator[str]:
    """What an export made."""
    size_bytes = int(str(result["size_bytes"]))
    yield f"{result['gguf']}: {result['quant']}, {size(size_bytes)}, sha256 {result['sha256']}"


@click.group("runs", cls=Group, invoke_without_command=True)
@click.pass_context
def runs_(ctx: click.Context) -> None:
    """List the runs, or follow, stop, resume, show one. RUN may be the beginning of an id."""
    if ctx.invoked_subcommand is None:
        _list()


def _list() -> None:
    from engine import runs

    found = runs.runs(shared().data_dir)
    lines = [f"{run.id}  {run.state}  {one_line(run.title)}" for run in found]
    give({"runs": [_run_as_json(run) for run in found]}, lines or ["No runs yet."])


def _run_as_json(run: Run) -> dict[str, object]:
    return {**asdict(run), "created_at": run.created_at.isoformat()}


@runs_.command("follow")
@click.argument("run")
def follow(run: str) -> None:
    """Watch a run to its end; Ctrl+C stops watching, not the run."""
    from engine import runs

    _follow(runs.find_run(shared().data_dir, run))


def _follow(run: Run) -> None:
    result = follow_run(shared().data_dir, run)
    lines = {"train": training_lines, "export": export_lines}.get(run.kind)
    give(result, lines(result) if lines else [f"{run.id} has finished."])


@runs_.command("stop")
@click.argument("run")
def stop(run: str) -> None:
    """Ask a run to write a checkpoint and stop."""
    from engine import runs

    data_dir = shared().data_dir
    found = runs.find_run(data_dir, run)
    asked = found.state == "running"
    runs.stop(data_dir, found.id)
    told = f"{found.id} was asked to stop; `persona-studio runs resume {found.id}` goes on later."
    give(
        {"run": found.id, "asked_to_stop": asked},
        [told if asked else f"{found.id} is not running: it is {found.state}."],
    )


@runs_.command("resume")
@click.argument("run")
@click.option("--detach", is_flag=True, help="Return at once.")
def resume(run: str, detach: bool) -> None:
    """Go on with a stopped or failed run, and watch it."""
    from engine import runs

    resumed = runs.resume(shared().data_dir, run)
    if detach:
        give({"run": resumed.id, "state": resumed.state}, [f"{resumed.id} goes on."])
        return
    _follow(resumed)


@runs_.command("show")
@click.argument("run")
def show(run: str) -> None:
    """Show one run: its settings, where it stands, where its files are."""
    from engine import jobs, runs

    data_dir = shared().data_dir
    found = runs.find_run(data_dir, run)
    directory = runs.run_dir(data_dir, found.id)
    job = json.loads(directory.job.read_text()) if directory.job.exists() else {}
    metrics = [event for event in jobs.read_events(directory) if isinstance(event, Metric)]
    document = {
        **_run_as_json(found),
        "directory": str(directory.path),
        "settings": job,
        "metrics": [{"step": metric.step, **metric.values} for metric in metrics],
    }
    give(document, _run_lines(found, directory.path, job, metrics[-1:]))


def _run_lines(run: Run, directory: Path, job: JsonObject, last: list[Metric]) -> Iterator[str]:
    yield f"{run.id}: {run.state}"
    yield f"  {one_line(run.title)}"
    yield f"  started {run.created_at:%Y-%m-%d %H:%M} UTC, files in {directory}"
    config = job.get("config", {})
    if isinstance(config, dict) and config:
        yield "  " + ", ".join(f"{key}={value}" for key, value in config.items())
    for metric in last:
        yield f"  {metric_line(metric.step, metric.values)}"
    if run.kind == "train" and run.result:
        yield from (f"  {line}" for line in training_lines(run.result))


@click.command("models", cls=Command)
def models() -> None:
    """List the models that were tuned here, and the bases on offer."""
    from engine import runs
    from models.catalogue import offers

    tuned = runs.tuned_models(shared().data_dir)
    document: dict[str, object] = {
        "tuned": [
            {**asdict(model), "gguf": str(model.gguf), "created_at": model.created_at.isoformat()}
            for model in tuned
        ],
        "bases": [asdict(offer) for offer in offers()],
    }
    lines = ["Tuned here:" if tuned else "No model was tuned here yet."]
    lines += [
        f"  {model.gguf}: {size(model.size_bytes)}, sha256 {model.sha256[:12]}, "
        f"for {', '.join(model.reader_ids)}"
        for model in tuned
    ]
    lines += ["", "Bases on offer (any other: a GGUF, a folder, or a Hugging Face id):"]
    lines += [
        f"  {offer.spec}: {offer.parameters / 1e6:,.0f} M parameters, {offer.licence}, "
        f"from {offer.source}. {offer.note}"
        for offer in offers()
    ]
    give(document, lines)
