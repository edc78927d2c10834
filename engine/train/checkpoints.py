"""The checkpoints of a run: which are whole, which to go on from, which one the editor picked.

No torch here: front ends read this too. A checkpoint is whole once its last file, `whole.json`, is
there; that is written when all others are on the disk, so a kill leaves none that only seems so.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine.jobs import RunDir, metrics
from models.aside import alone, flush, written_aside
from models.errors import BadInput, JobFailed
from models.library import sha256_of

WHOLE = "whole.json"
TO_GO_ON = ("trainer_state.json", "optimizer.pt", "scheduler.pt")
"""What going on needs beyond the weights; older checkpoints may have lost it to save space."""
OF_THE_ADAPTER = ("adapter_*",)
OF_THE_MODEL = ("config.json", "generation_config.json", "model*.safetensors*")
PICKED = "picked.json"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint on disk."""

    step: int
    """Of the run, over its stages."""
    path: Path


def mark_whole(folder: Path, step: int) -> None:
    """Say that all files of a checkpoint are written.

    Raises:
        JobFailed: the disk refuses.
    """
    flush(folder)
    with written_aside(folder / WHOLE) as aside:
        aside.write_text(json.dumps({"step": step}))


def whole_checkpoints(run: RunDir) -> list[Checkpoint]:
    """Those of all stages of a run, the oldest first."""
    marks = run.checkpoints.rglob(WHOLE)
    found = [Checkpoint(json.loads(mark.read_text())["step"], mark.parent) for mark in marks]
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def newest_checkpoint(stage: Path) -> Path | None:
    """The newest whole checkpoint of one stage that training can go on from."""
    return next(reversed(to_go_on_from(stage)), None)


def to_go_on_from(stage: Path) -> list[Path]:
    """The whole checkpoints of one stage that training can go on from, the oldest first."""
    found = [
        path
        for path in stage.glob("checkpoint-*")
        if all((path / name).exists() for name in (WHOLE, *TO_GO_ON))
    ]
    return sorted(found, key=_step_of_stage)


def _step_of_stage(checkpoint: Path) -> int:
    return int(checkpoint.name.rsplit("-", 1)[1])


def step_reached(run: RunDir) -> int:
    """The last step that the run has told of; 0 before the first."""
    return max((metric.step for metric in metrics(run)), default=0)


def going_on(checkpoint: Path | None, steps_before: int, reached: int) -> str:
    """What is said of a stage that was begun before: empty where it was not.

    Args:
        steps_before: of the stages before it.
        reached: the run's `step_reached`.
    """
    begun_at = steps_before + (_step_of_stage(checkpoint) if checkpoint else 0)
    lost = reached - begun_at
    again = f"{lost} {'step is' if lost == 1 else 'steps are'} done again."
    if checkpoint is None:
        return f"Step {reached} was reached, before a checkpoint: {again}" if lost > 0 else ""
    going = f"oing on from the checkpoint of step {begun_at}"
    return f"Step {reached} was reached; g{going}: {again}" if lost > 0 else f"G{going}."


@contextmanager
def disk_refusals_told(what: str, hint: str) -> Iterator[None]:
    """Have a disk that refuses tell `what` it refused; the libraries have errors of their own.

    Raises:
        JobFailed: the disk refused.
    """
    try:
        yield
    except Exception as error:
        if not _is_of_the_disk(error):
            raise
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise JobFailed(f"{what} could not be written: {reason}.", hint) from error


def _is_of_the_disk(error: Exception) -> bool:
    """Rust's libraries put the system's error into words; PyTorch's writer says less."""
    told = str(error)
    return isinstance(error, OSError) or "(os error" in told or "PytorchStreamWriter" in told


def pick(run: RunDir, checkpoint: Checkpoint) -> None:
    """Make what a checkpoint learned the run's own; exports and previews take it from now on.

    Raises:
        JobFailed: the disk refuses; the adapter or model is what it was.
    """
    is_adapter = any(checkpoint.path.glob(OF_THE_ADAPTER[0]))
    target = run.adapter if is_adapter else run.model
    with alone(run.path / "picking.lock"):
        with written_aside(target) as aside:
            aside.mkdir()
            for pattern in OF_THE_ADAPTER if is_adapter else OF_THE_MODEL:
                for file in checkpoint.path.glob(pattern):
                    shutil.copyfile(file, aside / file.name)
        with written_aside(run.path / PICKED) as aside:
            aside.write_text(json.dumps({"step": checkpoint.step, "path": str(checkpoint.path)}))


def made_sha256(run: RunDir, cache_dir: Path) -> str:
    """Of the weights that a run made, an adapter's or a whole model's.

    Raises:
        BadInput: it made none.
    """
    weights = sorted(run.made.glob("*.safetensors"))
    if not weights:
        raise BadInput(f"Run {run.id} has no weights in {run.made}.", "Train it again.")
    hashes = "".join(sha256_of(file, cache_dir) for file in weights)
    return sha256(hashes.encode()).hexdigest()


def picked_step(run: RunDir) -> int | None:
    """The step of the checkpoint that was picked; None where the last one stands."""
    picked = run.path / PICKED
    return int(json.loads(picked.read_text())["step"]) if picked.exists() else None
