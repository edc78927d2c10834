"""What a probe measured on this machine, kept for the next preflight: a small file in the cache.

One file for each base, adapter and machine; it may be deleted at any time. The probe itself, which
computes, is `engine.train.probe`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.train.config import TrainConfig
from engine.train.preflight_memory import Place
from models.aside import written_aside
from models.hardware import cores, gpu, processor, ram_bytes
from models.library import BaseModel


@dataclass(frozen=True)
class Probe:
    """Measured so far; None where that has not come yet."""

    place: Place
    bytes_per_token: float
    """Of the run's own texts."""
    start_s: float
    """Until the model and the pairs were loaded."""
    checkpointed: bool = False
    """Whether steps computed their layers again."""
    scoring_tokens_per_s: float | None = None
    training_tokens_per_s: float | None = None
    """Of a step: forward, backward, optimiser."""
    peak_bytes: int | None = None
    """Of this process, or of the GPU where it ran on one."""
    forecast_bytes: int | None = None
    """What was forecast for the batches that it took."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @property
    def is_whole(self) -> bool:
        return self.training_tokens_per_s is not None


def probe_path(cache_dir: Path, base: BaseModel, config: TrainConfig) -> Path:
    """Where the measurements of this base, under this kind of training, on this machine are."""
    stat = base.path.stat() if base.path else None
    found = gpu()
    parts = (
        *(str(base.path or base.spec), (stat.st_size, stat.st_mtime_ns) if stat else None),
        *(
            config.adapter,
            config.lora_targets,
            config.lora_rank,
            config.gradient_checkpointing,
            config.four_bit,
        ),
        *(processor(), cores(), ram_bytes(), found.name if found else "", version("torch")),
    )
    key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
    return cache_dir / "preflight" / f"{key}.json"


def read_probe(path: Path) -> Probe | None:
    """The measurements of a file; None where there are none that can be read."""
    try:
        return probe_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def probe_from(row: Mapping[str, Any]) -> Probe:
    """Read what `as_json` gave.

    Raises:
        KeyError, TypeError: it is something else.
    """
    return Probe(**{**row, "place": Place(**row["place"])})


def write_probe(path: Path, probe: Probe) -> None:
    """Keep the measurements.

    Raises:
        JobFailed: the disk refuses.
    """
    with written_aside(path) as aside:
        aside.write_text(json.dumps(probe.as_json()), encoding="utf-8")
