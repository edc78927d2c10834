"""What two training runs were told differently, and what became of both."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import NamedTuple

from engine.domain import Run
from engine.jobs import RunDir
from engine.pairs.made_up import MADE_UP
from engine.train.beginning import begins_with
from engine.train.input_files import CARDS, PAIRS, read_config, read_near, read_opposite
from models.errors import BadInput

RESULT = "result."
"""How the names of results begin; all others are what the run was told."""
NOT_COMPARED = ("run", "state", "adapter", "model", "checkpoints", "picked", "samples")
"""Of a result: names and paths, which always differ, and what no line can show."""
HASH_LETTERS = 12


class Difference(NamedTuple):
    """One thing that two runs do not have in common; a side is None where it has no such thing."""

    name: str
    a: object
    b: object


def differences(a: tuple[Run, RunDir], b: tuple[Run, RunDir]) -> list[Difference]:
    """Settings and input that differ, then the results of both side by side once both finished.

    Raises:
        BadInput: one is no training run, or its directory is gone.
    """
    one, other = dict(_told(*a)), dict(_told(*b))
    found = [
        Difference(name, one.get(name), other.get(name))
        for name in dict.fromkeys((*one, *other))
        if one.get(name) != other.get(name)
    ]
    if a[0].state == b[0].state == "finished":
        one, other = dict(_came_to(a[0].result)), dict(_came_to(b[0].result))
        found += [
            Difference(RESULT + name, one.get(name), other.get(name))
            for name in dict.fromkeys((*one, *other))
        ]
    return found


def _told(run: Run, directory: RunDir) -> Iterator[tuple[str, object]]:
    if run.kind != "train":
        raise BadInput(
            f"Run {run.id} is no training run.", "`persona-studio runs` lists what each run is."
        )
    try:
        job = json.loads(directory.job.read_text(encoding="utf-8"))
        pairs = (directory.path / PAIRS).read_bytes()
        cards = (directory.path / CARDS).read_bytes()
    except OSError as error:
        raise BadInput(
            f"What run {run.id} was told cannot be read: {error.filename}: {error.strerror}.",
            "Compare another run.",
        ) from error
    yield "readers", ", ".join(job["reader_ids"])
    yield from asdict(read_config(directory.path)).items()
    lines = [json.loads(line) for line in pairs.splitlines()]
    made_up = sum(line["reader_id"].startswith(MADE_UP) for line in lines)
    yield "training pairs", sum(not line["held_out"] for line in lines) - made_up
    yield "pairs of made-up readers", made_up
    yield "held-out pairs", sum(bool(line["held_out"]) for line in lines)
    yield "pairs hash", sha256(pairs).hexdigest()[:HASH_LETTERS]
    yield "card hash", sha256(cards).hexdigest()[:HASH_LETTERS]
    near = json.dumps(dict(read_near(directory.path)), sort_keys=True)
    yield "near hash", sha256(near.encode()).hexdigest()[:HASH_LETTERS]
    opposite = json.dumps(asdict(read_opposite(directory.path)), sort_keys=True)
    yield "opposite hash", sha256(opposite.encode()).hexdigest()[:HASH_LETTERS]
    if begun := begins_with(job):
        yield "beginning hash", str(begun["sha256"])[:HASH_LETTERS]


def _came_to(result: Mapping[str, object], under: str = "") -> Iterator[tuple[str, object]]:
    """A result's figures and words, those of its parts under `part.name`; lists by their length."""
    for name, value in result.items():
        if not under and name in NOT_COMPARED:
            continue
        if isinstance(value, dict):
            yield from _came_to(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", len(value) if isinstance(value, list) else value
