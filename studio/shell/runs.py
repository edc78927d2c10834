"""Commands about long work: train, export, runs."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click

from engine.domain import Run
from engine.export_order import ExportOrder, check_order
from engine.train.config import PRESETS, Method, PersonaSet
from engine.train.run_doctor import diagnose
from engine.train.settings import value_of
from models.errors import BadInput
from models.quantisations import QUANTS
from studio.shell.base import Command, Group, give, shared, tell
from studio.shell.following import (
    follow_run,
    result_of_run,
    reuse_or_start,
    run_of_same_input,
)
from studio.shell.run_lines import (
    difference_lines,
    export_lines,
    list_line,
    show_lines,
    training_lines,
)


@click.command("train", cls=Command)
@click.argument("readers", nargs=-1, metavar="READER...")
@click.option("--dataset", help="Train on a dataset's pairs with personas, not for readers.")
@click.option(
    "--personas",
    type=click.Choice(get_args(PersonaSet)),
    help="Of a dataset: whose personas stand in the prompts; those of `rejected` turn their pairs "
    "round.  [default: the preset's]",
)
@click.option("--unchecked", is_flag=True, help="Take personas that were not checked too.")
@click.option("--method", type=click.Choice(get_args(Method)), help="[default: the preset's]")
@click.option("--base", default="embedded", show_default=True, help="A GGUF, a folder, or an id.")
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    help="[default: quick; persona-quick for a dataset]",
)
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option(
    "--processes", type=click.IntRange(1), default=1, help="Share each step: one process a GPU."
)
@click.option("--detach", is_flag=True, help="Start the run and return at once.")
@click.option("--queue", is_flag=True, help="Train when the runs before it have ended.")
@click.option("--fresh", is_flag=True, help="Train again, though a run had the same input.")
@click.option("--check", "only_check", is_flag=True, help="Measure what it would need; no run.")
@click.option("--take-plan", is_flag=True, help="Where it does not fit, train as the plan says.")
def train(
    readers: tuple[str, ...],
    dataset: str | None,
    personas: str | None,
    unchecked: bool,
    method: str | None,
    base: str,
    preset: str | None,
    changes: tuple[str, ...],
    processes: int,
    detach: bool,
    queue: bool,
    fresh: bool,
    only_check: bool,
    take_plan: bool,
) -> None:
    """Train a model by DPO for one reader, one for several, or one for a dataset's personas.

    Ctrl+C leaves it running.

    What the run needs is told before; `--check` has two steps measured for it and ends there.
    """
    from engine import desk, jobs, pair_doctor, runs
    from engine.tailoring.sets import subject_of
    from engine.train.config import config_for
    from engine.training_input import training_input
    from studio.shell.preflight import checked, give_check

    data_dir = _data_dir()
    changed = dict(map(_change, changes))
    if dataset is not None:
        reader_ids = [subject_of(dataset), *readers]
        if personas:
            changed["personas"] = personas
        if unchecked:
            changed["unchecked_personas"] = True
    elif personas or unchecked:
        raise BadInput("Personas are of a dataset.", "Name it: `train --dataset DATASET`.")
    else:
        reader_ids = [desk.reader_id_of(data_dir, reader) for reader in readers]
        if wrong := pair_doctor.stops(data_dir, reader_ids):
            tell(f"{wrong} `persona-studio pairs doctor READER` shows and mends it.")
    preset = preset or ("quick" if dataset is None else "persona-quick")
    if method is not None:
        changed["method"] = method
    if processes > 1:
        changed["processes"] = processes
    if only_check:
        give_check(data_dir, reader_ids, config_for(preset, base, changed), fresh)
        return
    changed |= checked(data_dir, reader_ids, config_for(preset, base, changed), take_plan)
    known = None
    if not fresh:
        config = config_for(preset, base, changed)
        settings, _ = training_input(data_dir, reader_ids, config)
        known = run_of_same_input(data_dir, "train", reader_ids[0], settings["fingerprint"])
    run, told = reuse_or_start(
        data_dir,
        known,
        lambda: runs.start_training(data_dir, reader_ids, base, preset, changed, queue),
        queue,
    )
    tell(told)
    if processes > 1:
        tell(f"by: {shlex.join(jobs.command(runs.run_dir(data_dir, run.id), processes))}")
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
    if not equals:
        raise BadInput(f"{told!r} changes no setting.", "Write it as KEY=VALUE.")
    return key, value_of(key, value)


@click.command("export", cls=Command)
@click.argument("run")
@click.option(
    "--quant",
    "quants",
    multiple=True,
    metavar="TYPE[,TYPE...]",
    help=f"Several make a file each: {', '.join(QUANTS)}.  [default: Q4_K_M]",
)
@click.option("--adapter", is_flag=True, help="Also, or only, the adapter as a GGUF of its own.")
@click.option("--importance", is_flag=True, help="Round by what the run's own pairs show to count.")
@click.option("--fresh", is_flag=True, help="Export again, though it was done before.")
def export(run: str, quants: tuple[str, ...], adapter: bool, importance: bool, fresh: bool) -> None:
    """Make GGUFs of a training run: merge, quantise, check."""
    from engine import runs

    named = tuple(name.strip() for told in quants for name in told.split(","))
    order = ExportOrder(named or (() if adapter else ("Q4_K_M",)), adapter, importance)
    check_order(order)
    data_dir = shared().data_dir
    trained = runs.find_run(data_dir, run)
    known = None
    if not fresh and runs.run_dir(data_dir, trained.id).made.exists():
        print_ = runs.export_fingerprint(data_dir, trained.id, order)
        known = run_of_same_input(data_dir, "export", trained.subject, print_)
    exported, told = reuse_or_start(
        data_dir, known, lambda: runs.start_export(data_dir, trained.id, order)
    )
    tell(told)
    result = result_of_run(data_dir, exported)
    give(result, export_lines(result))


@click.group("runs", cls=Group, invoke_without_command=True)
@click.pass_context
def runs_(ctx: click.Context) -> None:
    """List the runs, or follow, stop, resume, compare them. RUN may be the beginning of an id."""
    if ctx.invoked_subcommand is None:
        _list()


def _data_dir() -> Path:
    """The data directory, in which a queue that stood still now goes on."""
    from engine import runs

    data_dir = shared().data_dir
    for run in runs.revive_queue(data_dir):
        tell(f"The queue stood still, as after a restart; {run} waits for its turn again.")
    return data_dir


def _list() -> None:
    from engine import runs

    data_dir = _data_dir()
    found, places = runs.runs(data_dir), runs.places(data_dir)
    lines = [list_line(run, places.get(run.id)) for run in found]
    give(
        {"runs": [{**_run_as_json(run), "place": places.get(run.id)} for run in found]},
        lines or ["No runs yet."],
    )


def _run_as_json(run: Run) -> dict[str, object]:
    return {**asdict(run), "created_at": run.created_at.isoformat()}


@runs_.command("follow")
@click.argument("run")
@click.option("--new", is_flag=True, help="Leave out what came before now.")
@click.option("--samples", is_flag=True, help="Print the descriptions written at checkpoints.")
def follow(run: str, new: bool, samples: bool) -> None:
    """Watch a run to its end; Ctrl+C stops watching, not the run.

    On a terminal one line is kept current; through a pipe or into a file all are plain lines.
    """
    from engine import runs

    _follow(runs.find_run(_data_dir(), run), new, samples)


def _follow(run: Run, new: bool = False, samples: bool = False) -> None:
    result = follow_run(shared().data_dir, run, new, samples, aloud=True)
    lines = {"train": training_lines, "export": export_lines}.get(run.kind)
    give(result, lines(result) if lines else [f"{run.id} has finished."])


@runs_.command("stop")
@click.argument("run")
def stop(run: str) -> None:
    """Ask a run to write a checkpoint and stop; a waiting one leaves the queue."""
    from engine import runs

    data_dir = shared().data_dir
    found = runs.find_run(data_dir, run)
    asked = found.state in ("running", "waiting")
    runs.stop(data_dir, found.id)
    told = f"{found.id} was asked to stop; `persona-studio runs resume {found.id}` goes on later."
    give(
        {"run": found.id, "asked_to_stop": asked},
        [told if asked else f"{found.id} is not running: it is {found.state}."],
    )


@runs_.command("cancel")
@click.argument("run")
def cancel(run: str) -> None:
    """Take a waiting run out of the queue; it can be resumed later."""
    from engine import runs

    cancelled = runs.cancel(shared().data_dir, run)
    told = f"{cancelled.id} no longer waits; `persona-studio runs resume {cancelled.id}` starts it."
    give({"run": cancelled.id, "state": cancelled.state}, [told])


@runs_.command("resume")
@click.argument("run")
@click.option("--detach", is_flag=True, help="Return at once.")
@click.option("--queue", is_flag=True, help="Go on when the runs before it have ended.")
def resume(run: str, detach: bool, queue: bool) -> None:
    """Go on with a stopped or failed run, and watch it from there on."""
    from engine import runs

    resumed = runs.resume(_data_dir(), run, queue)
    if detach:
        told = f"{resumed.id} {'waits in the queue' if queue else 'goes on'}."
        give({"run": resumed.id, "state": resumed.state}, [told])
        return
    _follow(resumed)


@runs_.command("diff")
@click.argument("a", metavar="RUN")
@click.argument("b", metavar="OTHER")
def diff(a: str, b: str) -> None:
    """Show what two training runs were told differently, and what became of both."""
    from engine import runs

    data_dir = shared().data_dir
    one, other = runs.find_run(data_dir, a).id, runs.find_run(data_dir, b).id
    found = runs.differences(data_dir, one, other)
    document = {
        "runs": [one, other],
        "differences": [{"name": each.name, "values": [each.a, each.b]} for each in found],
    }
    give(document, difference_lines(one, other, found))


@runs_.command("pick")
@click.argument("run")
@click.argument("step", type=int)
def pick(run: str, step: int) -> None:
    """Make the checkpoint of STEP the one that a run's exports are made of."""
    from engine import runs

    data_dir = shared().data_dir
    found = runs.find_run(data_dir, run)
    picked = runs.pick_checkpoint(data_dir, found.id, step)
    told = f"{found.id} is now what it was at step {step}; `persona-studio export {found.id}`."
    give({"run": found.id, "step": step, "checkpoint": str(picked.path)}, [told])


@runs_.command("show")
@click.argument("run")
def show(run: str) -> None:
    """Show one run: settings, where it stands, the run doctor's advice, where its files are."""
    from engine import jobs, runs
    from engine.train.input_files import read_config

    data_dir = _data_dir()
    found = runs.find_run(data_dir, run)
    directory = runs.run_dir(data_dir, found.id)
    has_job = directory.job.exists()
    config = read_config(directory.path) if has_job and found.kind == "train" else None
    metrics = jobs.metrics(directory)
    document = {
        **_run_as_json(found),
        "directory": str(directory.path),
        "settings": json.loads(directory.job.read_text()) if has_job else {},
        "metrics": [{"step": metric.step, **metric.values} for metric in metrics],
        "checkpoints": [each.step for each in runs.checkpoints(data_dir, found.id)],
        "advice": [asdict(each) for each in diagnose(metrics, config)] if config else [],
    }
    give(document, show_lines(found, directory, config, metrics))
