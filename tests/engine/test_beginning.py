"""A run that begins with the adapter of another, in its real child: on a random model."""

import json
from pathlib import Path

import pytest
from numpy import float32, zeros
from numpy.linalg import norm
from safetensors.numpy import load_file, save_file

from engine import desk, editing, jobs, runs
from engine.domain import Run, RunKind
from engine.export_order import ExportOrder
from engine.jobs import RunDir
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.tailoring.sets import subject_of
from engine.train.beginning import BEGINNING, begins_with, check_beginning, readers_within
from engine.train.checkpoints import made_sha256
from engine.train.config import TrainConfig, config_for
from engine.training_input import training_input
from models.errors import BadInput
from models.events import Finished, Note
from tests.engine.conftest import WHEN, read
from tests.engine.tailoring_rows import DATASET, fill
from tests.engine.test_forget_review import FOUND, TEXTS, trained

SMALL: dict[str, object] = {"learning_rate": 5e-3, "epochs": 2, "batch_size": 4}


async def done(data_dir: Path, base: Path, **changes: object) -> tuple[Run, RunDir, list[str]]:
    """A finished training on the dataset, and what it told."""
    run = runs.start_training(
        data_dir, [subject_of(DATASET)], str(base), "persona-quick", SMALL | changes
    )
    directory = runs.run_dir(data_dir, run.id)
    events = [event async for event in jobs.follow(directory)]
    assert isinstance(events[-1], Finished), events[-1]
    return run, directory, [event.text for event in events if isinstance(event, Note)]


async def test_a_run_begins_with_what_another_has_learned(data_dir: Path, tiny_base: Path) -> None:
    """With steps that move nothing it ends where the other did, and is told beside the base."""
    fill(data_dir)
    first, source, _ = await done(data_dir, tiny_base)
    again, directory, notes = await done(
        data_dir, tiny_base, start_from=first.id[:-1], learning_rate=1e-12, epochs=1
    )
    assert f"It begins with what run {first.id} has learned." in notes
    learned, kept = (
        load_file(run.adapter / "adapter_model.safetensors") for run in (source, directory)
    )
    assert any(norm(matrix) > 0 for name, matrix in learned.items() if "lora_B" in name)
    assert learned.keys() == kept.keys()
    for name, matrix in learned.items():
        assert norm(kept[name] - matrix) <= 1e-6 * norm(matrix), name
    before, after = (
        json.loads(json.dumps(found.result["held_out"])) for found in runs.runs(data_dir, "train")
    )
    assert abs(before["mean_margin"]) > 1e-3
    for name in ("reward_accuracy", "turned", "opposite", "mean_margin"):
        assert before[name] == pytest.approx(after[name], rel=0.05), name
    job = json.loads(directory.job.read_text())
    assert job["config"]["start_from"] == first.id
    assert readers_within(job) == [subject_of(DATASET)]
    told = {one.name: (one.a, one.b) for one in runs.differences(data_dir, first.id, again.id)}
    assert told["start_from"] == ("", first.id)
    weights = made_sha256(source, data_dir / "cache")
    assert told["beginning hash"] == (None, weights[:12])
    assert (directory.path / BEGINNING / "adapter_model.safetensors").exists()


def of_bo(data_dir: Path, run_id: str, kind: RunKind, **settings: object) -> RunDir:
    """The directory of a run of Bo's that has ended."""
    told = {"reader_ids": ["bo"], **settings}
    directory = jobs.prepare(runs.run_dir(data_dir, run_id).path, kind, told)
    with opened(data_dir) as db:
        run_rows.add(db, Run(run_id, kind, "bo", f"{kind} for bo", WHEN))
    return directory


def an_adapter(data_dir: Path, run_id: str, **settings: object) -> RunDir:
    """A finished run with an adapter that holds nothing."""
    run = of_bo(data_dir, run_id, "train", **settings)
    run.adapter.mkdir()
    (run.adapter / "adapter_config.json").write_text("{}")
    save_file({"a": zeros(1, float32)}, run.adapter / "adapter_model.safetensors")
    return run


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lora_rank": 8}, "another adapter than this one would be: lora_rank 16"),
        ({"adapter": "full"}, "A run that trains every weight cannot begin"),
        ({"start_from": "train-2"}, "Run train-2 has no adapter to begin with"),
        ({"start_from": "train-9"}, "train-9"),
    ],
)
def test_what_a_run_cannot_begin_with_is_said(
    data_dir: Path, changes: dict[str, object], says: str
) -> None:
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    an_adapter(data_dir, "train-1")
    of_bo(data_dir, "train-2", "train")
    config = config_for("quick", "embedded", {"start_from": "train-1"} | changes)
    with pytest.raises(BadInput, match=says):
        training_input(data_dir, ["ann"], config)


def test_the_same_run_from_other_weights_is_another_input(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    source = an_adapter(data_dir, "train-1")
    config = config_for("quick", "embedded", {"start_from": "train-1"})
    before, _ = training_input(data_dir, ["ann"], config)
    assert begins_with(before)["reader_ids"] == ("bo",)
    save_file({"a": zeros(2, float32)}, source.adapter / "adapter_model.safetensors")
    after, _ = training_input(data_dir, ["ann"], config)
    assert before["fingerprint"] != after["fingerprint"]


def test_readers_of_the_beginning_are_in_what_begins_with_it(data_dir: Path) -> None:
    source = an_adapter(data_dir, "train-1")
    began = {"run_id": "train-0", "reader_ids": ["cy", "bo"]}
    job = json.loads(source.job.read_text()) | {"begins_with": began}
    source.job.write_text(json.dumps(job))
    found = check_beginning(source, TrainConfig(start_from="train-1"), data_dir / "cache")
    assert (found.run_id, found.reader_ids) == ("train-1", ("bo", "cy"))


def test_a_forgotten_review_is_in_what_began_with_a_model_of_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", lambda run: None)
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    trained(data_dir, "train-1")
    for run_id, source in (("train-2", "train-1"), ("train-3", "train-2")):
        began = {"run_id": source, "reader_ids": ["ann"]}
        an_adapter(data_dir, run_id, begins_with=began)
    an_adapter(data_dir, "train-4")
    export, _ = (runs.start_export(data_dir, f"train-{n}", ExportOrder()) for n in (3, 4))
    forgotten = editing.forget_review(data_dir, "ann", "r0")
    named = {run.id for run in forgotten.runs}
    assert named == {"train-1", "export-of-train-1", "train-2", "train-3", export.id}
