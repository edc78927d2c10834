"""Who can answer a prompt of a dataset: the base, with exemplars or without, and exported runs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import runs
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import opened
from engine.tailoring.cases import EXEMPLARS as EXEMPLARS_FILE
from engine.tailoring.cases import cases_of, exemplars_of, read_messages
from engine.tailoring.margins import BASE
from engine.tailoring.sets import subject_of
from engine.tuned_models import TunedModel, tuned_models
from models.chat import Message
from models.errors import BadInput
from models.library import resolve_base

FEW_SHOT = "few-shot"


@dataclass(frozen=True)
class Speaker:
    """A model that answers, and what stands in its context before the question."""

    name: str
    """`base`, `few-shot`, the id of a training run, or the provider."""
    title: str
    provider: str
    """As `models.providers` has it."""
    before: tuple[Message, ...] = ()


def speakers(data_dir: Path, dataset_id: str) -> list[Speaker]:
    """Who can answer for a dataset: the newest export of each of its training runs, its base, and
    the base with exemplars where there are personas."""
    tuned = _newest(tuned_models(data_dir, subject_of(dataset_id)))
    base = f"local:{tuned[0].base_gguf}" if tuned else "embedded"
    found = [Speaker(BASE, "Base model", base)]
    if exemplars := _exemplars(data_dir, dataset_id):
        found.append(Speaker(FEW_SHOT, "Base, with five examples", base, exemplars))
    return found + [
        Speaker(model.train_run_id, f"Tuned, {model.quant}", f"local:{model.gguf}")
        for model in tuned
    ]


def find_speaker(data_dir: Path, dataset_id: str, name: str) -> Speaker:
    """One of them by its name or the beginning of a run's id; or any provider.

    Raises:
        BadInput: there is none, or the run has not been exported.
    """
    offered = speakers(data_dir, dataset_id)
    if found := [one for one in offered if one.name == name]:
        return found[0]
    begins = [one for one in offered if name and one.name.startswith(name)]
    if len(begins) == 1:
        return begins[0]
    if name == "embedded" or name.startswith(("local:", "endpoint:")):
        return Speaker(name, name, name)
    raise BadInput(
        f"{name!r} cannot answer for {dataset_id!r}.",
        f"There are {', '.join(one.name for one in offered)}, local:FILE.gguf and endpoint:NAME; "
        "a training run once it is exported: `persona-studio export RUN`.",
    )


def speakers_of(data_dir: Path, evaluation_id: str) -> tuple[list[Speaker], list[str]]:
    """The arms of an evaluation that can answer; and the runs that are not exported yet.

    Raises:
        BadInput: the base is no GGUF, and nothing made from it was exported.
    """
    directory = runs.run_dir(data_dir, evaluation_id)
    told = json.loads(directory.job.read_text(encoding="utf-8"))
    models = {one.train_run_id: one for one in reversed(tuned_models(data_dir))}
    tuned = [models[name] for name in told["runs"] if name in models]
    base = f"local:{tuned[0].base_gguf}" if tuned else _provider_of(str(told["base"]))
    arms = [Speaker(BASE, "Base model", base)]
    if before := read_messages(directory.path / EXEMPLARS_FILE):
        arms.append(Speaker(FEW_SHOT, "Base, with five examples", base, before))
    arms += (Speaker(one.train_run_id, f"Tuned, {one.quant}", f"local:{one.gguf}") for one in tuned)
    return arms, [name for name in told["runs"] if name not in models]


def _provider_of(base: str) -> str:
    if base == "embedded":
        return base
    found = resolve_base(base)
    if found.kind != "gguf":
        raise BadInput(
            f"The base {base} is no GGUF, which answers are written by.",
            "Export one of the runs first, which makes one of its base: `persona-studio export`.",
        )
    return f"local:{found.path}"


def _newest(tuned: Sequence[TunedModel]) -> list[TunedModel]:
    by_run = {one.train_run_id: one for one in reversed(tuned)}
    return list(reversed(by_run.values()))


def _exemplars(data_dir: Path, dataset_id: str) -> tuple[Message, ...]:
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, dataset_id)
        personas = persona_rows.personas_of(db, dataset_id)
    _, pool = cases_of(examples, personas, unchecked=True)
    return exemplars_of(pool)
