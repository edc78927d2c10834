"""The adapter of an earlier run, where a run begins with that one and not with a fresh one.

What a base learns of reading cards it learns from many readers, in a long run; a short run on one
reader's own pairs can begin where that ended. The reference stays the base, so loss, margins and
what is told of held-out pairs are beside the base, as they always are. No torch here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.jobs import RunDir
from engine.train.checkpoints import made_sha256
from engine.train.config import TrainConfig
from engine.train.input_files import read_config
from models.errors import BadInput

BEGINNING = "beginning"
"""A run's own copy of the adapter that it begins with: the other run may be deleted."""
SAME = ("base", "lora_rank", "lora_alpha", "lora_targets")
"""What both runs must have alike: else the weights have no place, or another strength."""


@dataclass(frozen=True)
class Beginning:
    """What a run begins with, as it is written into its `job.json`."""

    run_id: str
    sha256: str
    """Of the weights (`made_sha256`)."""
    reader_ids: Sequence[str]
    """Whose pairs taught it: made-up readers aside, these are in the new model too."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def check_beginning(source: RunDir, config: TrainConfig, cache_dir: Path) -> Beginning:
    """Whether a run may begin with what another has made.

    Args:
        source: an existing run's.
        config: of the new run; its base is absolute.

    Raises:
        BadInput: the other made no adapter, or another kind of one.
    """
    if config.adapter != "lora":
        raise BadInput(
            "A run that trains every weight cannot begin with another run's adapter.",
            "Leave out start_from, or set adapter=lora.",
        )
    if not (source.adapter / "adapter_config.json").exists():
        raise BadInput(
            f"Run {source.id} has no adapter to begin with.",
            "Name a training run that has finished: `persona-studio runs` lists them.",
        )
    theirs = read_config(source.path)
    if other := [name for name in SAME if getattr(theirs, name) != getattr(config, name)]:
        told = ", ".join(f"{name} {getattr(theirs, name)}" for name in other)
        raise BadInput(
            f"Run {source.id} has another adapter than this one would be: {told}.",
            "Set the same here, or leave out start_from.",
        )
    job: Mapping[str, object] = json.loads(source.job.read_text(encoding="utf-8"))
    return Beginning(source.id, made_sha256(source, cache_dir), tuple(readers_within(job)))


def begins_with(job: Mapping[str, object]) -> Mapping[str, object]:
    """What a run's settings say of its beginning: empty where it begins with a fresh adapter."""
    found = job.get("begins_with")
    return found if isinstance(found, Mapping) else {}


def readers_within(job: Mapping[str, object]) -> list[str]:
    """Whose pairs are in what a run makes: its readers, then those of what it began with."""
    return list(dict.fromkeys((*_ids(job), *_ids(begins_with(job)))))


def _ids(told: Mapping[str, object]) -> list[str]:
    found = told.get("reader_ids")
    return [str(one) for one in found] if isinstance(found, list) else []
