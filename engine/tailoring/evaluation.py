"""Evaluations as a front end sees them: start one, find it again.

An evaluation is a run of its own kind. Its directory holds what was asked, what every arm made of
it, the answers that were written and what judges said of them; the report is read from there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import runs
from engine.domain import Run
from engine.jobs import RunDir
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import opened
from engine.tailoring.cases import (
    CASES,
    EXEMPLARS,
    POOL,
    cases_of,
    cases_text,
    exemplars_of,
    limited,
)
from engine.tailoring.sets import subject_of
from engine.train.checkpoints import made_sha256
from engine.train.config import TrainConfig
from engine.train.input_files import read_config
from engine.training_input import fingerprint
from models.chat_tokens import token_pattern
from models.errors import BadInput
from models.library import resolve_base

MAX_LENGTH = 2048
"""Tokens of a prompt, with exemplars, and the longer answer."""


@dataclass(frozen=True)
class EvaluationOrder:
    """What is to be evaluated on a dataset's held-out pairs."""

    dataset_id: str
    run_ids: tuple[str, ...] = ()
    """Training runs, each an arm; all of one base."""
    base: str = ""
    """Where no run is named; empty is the embedded one."""
    few_shot: bool = True
    """Whether the base with five exemplars in its context is an arm too."""
    limit: int = 100
    """Held-out pairs at the most; 0 takes all."""
    unchecked: bool = False
    fixed: str = ""
    """A persona that every prompt is scored with beside its own; empty for none."""


def ordered(
    data_dir: Path, order: EvaluationOrder
) -> tuple[dict[str, object], dict[str, str], str]:
    """What an evaluation reads: its settings, its files by name; and its title.

    Raises:
        BadInput: no such dataset or run, no held-out pair with both personas, runs of several
            bases, or a fixed persona with tokens of a chat template in it.
    """
    if token_pattern().search(order.fixed):
        raise BadInput(
            f"The persona has a chat template's token in it: {order.fixed}",
            "Write it as a plain sentence.",
        )
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, order.dataset_id)
        personas = persona_rows.personas_of(db, order.dataset_id)
    held_out, pool = cases_of(examples, personas, order.unchecked)
    if not held_out:
        raise BadInput(
            f"No held-out pair of {order.dataset_id!r} has both its personas.",
            "One prompt in five is held out. Infer personas of more pairs and check them: i and k "
            f"on the Persona screen, or `persona-studio persona infer {order.dataset_id}`, then "
            f"`persona check {order.dataset_id}`."
            + ("" if order.unchecked else " Those that were not checked can be taken too."),
        )
    cases = limited(held_out, order.limit)
    tuned = [_tuned(data_dir, run_id, order.dataset_id) for run_id in order.run_ids]
    base = _one_base(order.base, [config for _, config in tuned])
    files = {CASES: cases_text(cases), POOL: cases_text(pool)}
    if order.few_shot and pool:
        shown = [vars(message) for message in exemplars_of(pool)]
        files[EXEMPLARS] = json.dumps(shown, ensure_ascii=False, indent=1)
    settings: dict[str, object] = {
        "order": asdict(order),
        "dataset_id": order.dataset_id,
        "base": base,
        "runs": {run.id: str(runs.run_dir(data_dir, run.id).path) for run, _ in tuned},
        "cache_dir": str(data_dir / "cache"),
        "max_length": MAX_LENGTH,
        "held_out": len(held_out),
        "unchecked": order.unchecked,
        "fixed": order.fixed,
    }
    cache = data_dir / "cache"
    weights = [made_sha256(runs.run_dir(data_dir, run.id), cache) for run, _ in tuned]
    settings["fingerprint"] = fingerprint(settings, files, weights)
    arms = ", ".join(("base", *(["few-shot"] if EXEMPLARS in files else []), *order.run_ids))
    return settings, files, f"{len(cases)} held-out pairs of {order.dataset_id} by {arms}"


def start_evaluation(data_dir: Path, order: EvaluationOrder) -> Run:
    """Start scoring in a child; see `engine.tailoring.scoring`.

    Raises:
        BadInput: as `ordered`.
    """
    settings, files, title = ordered(data_dir, order)
    subject = subject_of(order.dataset_id)
    return runs.launch(data_dir, "evaluate", subject, title, settings, files)


def find_evaluation(data_dir: Path, dataset_id: str, run_id: str | None = None) -> Run:
    """A finished evaluation of a dataset, by the beginning of its id; the newest otherwise.

    Raises:
        BadInput: there is none.
    """
    found = runs.runs(data_dir, "evaluate", subject_of(dataset_id))
    of_id = (run for run in found if run_id is None or run.id.startswith(run_id))
    if run := next((run for run in of_id if run.state == "finished"), None):
        return run
    wanted = f" {run_id!r}" if run_id else ""
    raise BadInput(
        f"{dataset_id!r} has no finished evaluation{wanted}.",
        f"Make one: `persona-studio persona evaluate {dataset_id}`.",
    )


def settings_of(directory: RunDir) -> Mapping[str, object]:
    """What an evaluation was told."""
    told: Mapping[str, object] = json.loads(directory.job.read_text(encoding="utf-8"))
    return told


def _tuned(data_dir: Path, run_id: str, dataset_id: str) -> tuple[Run, TrainConfig]:
    run = runs.find_run(data_dir, run_id)
    directory = runs.run_dir(data_dir, run.id)
    if run.kind != "train" or not directory.made.exists():
        raise BadInput(
            f"Run {run.id} has made no model to evaluate.",
            "Name a training run that has finished: `persona-studio runs` lists them.",
        )
    if run.subject != subject_of(dataset_id):
        raise BadInput(
            f"Run {run.id} was not trained on {dataset_id!r}: it may have seen what is held out.",
            f"Train one: `persona-studio train --dataset {dataset_id}`.",
        )
    return run, read_config(directory.path)


def _one_base(told: str, configs: Sequence[TrainConfig]) -> str:
    bases = dict.fromkeys(filter(None, (told, *(config.base for config in configs))))
    if len(bases) > 1:
        raise BadInput(
            f"These are models of several bases: {', '.join(bases)}.",
            "An evaluation compares with one base; evaluate them one by one.",
        )
    base = next(iter(bases), "embedded")
    resolved = resolve_base(base)
    return base if resolved.path is None or base == "embedded" else str(resolved.path)
