"""Commands about runs of the past: shown, compared, followed, exported from another checkpoint."""

import fcntl
import json
from pathlib import Path

from engine import runs
from engine.export_order import ExportOrder
from engine.jobs import RunDir
from engine.train.checkpoints import mark_whole
from models.events import Event, Finished, Item, Metric, Note
from tests.studio.command_line import command, document
from tests.studio.past_runs import RESULT, a_run


def test_two_runs_are_compared(data_dir: Path) -> None:
    a_run(data_dir, "train-1", Finished(RESULT), beta=0.2)
    a_run(data_dir, "train-2", Finished({**RESULT, "steps": 9}), epochs=3)
    found = document(data_dir, "runs", "diff", "train-1", "train-2")
    values = {row["name"]: row["values"] for row in found["differences"]}
    assert values["beta"] == [0.2, 0.1]
    assert values["epochs"] == [1, 3]
    assert values["result.steps"] == [4, 9]
    assert values["result.held_out.tracks.values.accuracy"] == [0.8333, 0.8333]
    assert "card hash" not in values
    told = command(data_dir, "runs", "diff", "train-1", "train-2").stdout.splitlines()
    assert told[0].split() == ["train-1", "train-2"]
    assert ["beta", "0.2", "0.1"] in [line.split() for line in told]


def test_a_run_of_other_pairs_and_another_card_is_told_by_their_hashes(data_dir: Path) -> None:
    one, other = a_run(data_dir, "train-1"), a_run(data_dir, "train-2")
    assert command(data_dir, "runs", "diff", one.id, other.id).stdout == (
        "train-1 and train-2 were told the same.\n"
    )
    (other.path / "cards.json").write_text('{"ana": "Another card."}')
    (other.path / "pairs.jsonl").write_text(
        json.dumps({"reader_id": "ana", "held_out": False}) + "\n"
    )
    found = runs.differences(data_dir, one.id, other.id)
    assert [each.name for each in found] == ["training pairs", "pairs hash", "card hash"]
    assert (found[0].a, found[0].b) == (0, 1)


def with_checkpoint(run: RunDir, step: int, adapter: bytes) -> None:
    folder = run.checkpoints / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(adapter)
    (folder / "optimizer.pt").write_bytes(b"large")
    mark_whole(folder, step)


def test_a_picked_checkpoint_is_the_runs_adapter_and_another_export(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1", Finished(RESULT))
    with_checkpoint(run, 2, b"early")
    with_checkpoint(run, 4, b"late")
    torn = run.checkpoints / "checkpoint-6"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"torn")
    runs.pick_checkpoint(data_dir, "train-1", 4)
    late = runs.export_fingerprint(data_dir, "train-1", ExportOrder(("Q8_0",)))

    told = document(data_dir, "runs", "pick", "train-1", "2")
    assert told["checkpoint"] == str(run.checkpoints / "checkpoint-2")
    assert (run.adapter / "adapter_model.safetensors").read_bytes() == b"early"
    assert sorted(file.name for file in run.adapter.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert runs.export_fingerprint(data_dir, "train-1", ExportOrder(("Q8_0",))) != late
    assert document(data_dir, "runs", "show", "train-1")["result"]["picked"] == 2
    assert "step 2 was picked" in command(data_dir, "runs", "show", "train-1").stdout
    refused = command(data_dir, "runs", "pick", "train-1", "6")
    assert refused.exit_code == 2
    assert "no checkpoint of step 6. There are: 2, 4." in refused.stderr


def test_a_checkpoint_of_a_run_that_trains_is_not_picked(data_dir: Path) -> None:
    run = a_run(data_dir, "train-1", Metric(2, {"loss": 0.5}))
    with_checkpoint(run, 2, b"early")
    with run.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = command(data_dir, "runs", "pick", "train-1", "2")
    assert (refused.exit_code, run.adapter.exists()) == (2, False)
    assert "train-1 is running" in refused.stderr


def test_show_tells_what_differs_from_the_preset_and_each_step_once(data_dir: Path) -> None:
    steps = [Metric(step, {"loss": 0.5}) for step in (1, 2, 3, 2, 3)]
    seen = Metric(2, {"held_out/loss": 0.6, "held_out/accuracies": 0.75})
    a_run(data_dir, "train-1", *steps[:4], seen, steps[4], Finished(RESULT), beta=0.2)
    shown = document(data_dir, "runs", "show", "train-1")
    assert [row["step"] for row in shown["metrics"] if "loss" in row] == [1, 2, 3]
    told = command(data_dir, "runs", "show", "train-1").stdout
    assert "held out, step 2: loss 0.600 · accuracy 75%" in told
    assert "preset quick, but beta=0.2 (0.1)" in told
    assert "values, 6 pairs: prefers 83%" in told


def test_follow_tells_held_out_figures_and_samples_that_were_asked_for(data_dir: Path) -> None:
    sample = {"kind": "sample", "step": 2, "book": "b1", "title": "Emma", "text": "Two\nlines [b]"}
    events: list[Event] = [
        Metric(2, {"loss": 0.5}),
        Metric(2, {"held_out/loss": 0.6, "held_out/accuracies": 0.75}),
        Item({**sample, "seconds": 1.0}),
        Note("Stopped."),
    ]
    a_run(data_dir, "train-1", *events, Finished(RESULT))
    told = command(data_dir, "runs", "follow", "train-1").stdout
    assert "held out, step 2: loss 0.600 · accuracy 75%" in told
    assert "Two" not in told
    asked = command(data_dir, "runs", "follow", "train-1", "--samples").stdout
    assert "  step 2, Emma:\n    Two\n    lines [b]\n" in asked
