"""Training runs as front ends prepare them, with what they left, for tests of the commands."""

from datetime import UTC, datetime
from pathlib import Path

from engine import jobs, runs
from engine.domain import Run
from engine.jobs import RunDir
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.train.input_files import input_files
from models.events import Event, to_line

RESULT: dict[str, object] = {
    "run": "train-1",
    "state": "finished",
    "device": "cpu",
    "steps": 4,
    "pairs_per_second": 1.5,
    "held_out": {
        "pairs": 10,
        "accuracy": 0.9,
        "accuracy_before": 0.5,
        "reward_accuracy": 0.75,
        "tracks": {"values": {"pairs": 6, "accuracy": 0.8333}},
    },
    "seconds": 12.0,
}


def a_run(data_dir: Path, run_id: str, *events: Event, **changes: object) -> RunDir:
    """A training run of the reader ana as a front end prepares it, with events of the past."""
    path = runs.run_dir(data_dir, run_id).path
    config = {"preset": "quick", **changes}
    settings = {"reader_ids": ["ana"], "base": "embedded", "config": config, "result": RESULT}
    directory = jobs.prepare(path, "train", settings)
    for name, text in input_files([], {"ana": "A card."}).items():
        (path / name).write_text(text)
    if events:
        directory.events.write_text("".join(to_line(event) + "\n" for event in events))
    with opened(data_dir) as db:
        title = "quick on embedded for ana"
        run_rows.add(db, Run(run_id, "train", "ana", title, datetime.now(UTC)))
    return directory
