"""The models that exports made and that previews can take."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.runs import run_dir, runs


@dataclass(frozen=True)
class TunedModel:
    """A GGUF that an export made."""

    run_id: str
    train_run_id: str
    reader_ids: tuple[str, ...]
    title: str
    gguf: Path
    base_gguf: Path
    """The base it was made from, for panes that show what tuning changed."""
    quant: str
    sha256: str
    size_bytes: int
    created_at: datetime

    @property
    def reader_id(self) -> str:
        return self.reader_ids[0]


def tuned_models(data_dir: Path, reader_id: str | None = None) -> list[TunedModel]:
    """The models that exports made and that are still on disk, the newest first."""
    found = []
    for run in runs(data_dir, "export"):
        job = run_dir(data_dir, run.id).job
        if run.state != "finished" or "gguf" not in run.result or not job.exists():
            continue
        settings = json.loads(job.read_text())
        gguf = Path(str(run.result["gguf"]))
        if gguf.exists() and (reader_id is None or reader_id in settings["reader_ids"]):
            found.append(
                TunedModel(
                    run_id=run.id,
                    train_run_id=settings["train_run_id"],
                    reader_ids=tuple(settings["reader_ids"]),
                    title=run.title,
                    gguf=gguf,
                    base_gguf=Path(str(run.result["base_gguf"])),
                    quant=str(run.result["quant"]),
                    sha256=str(run.result["sha256"]),
                    size_bytes=int(str(run.result["size_bytes"])),
                    created_at=run.created_at,
                )
            )
    return found
