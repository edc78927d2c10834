"""What a run will need, against what there is: memory, disk, time; and what would make it fit.

A forecast from sizes alone (`preflight_work`, `preflight_memory`), made better by what a probe has
measured on this machine (`preflight_probe`). Nothing here leads to torch, reads the store or
starts a process: `engine.preflight` does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.domain import PreferencePair
from engine.train.config import TrainConfig
from engine.train.preflight_memory import (
    Device,
    Part,
    Place,
    has_tree,
    memory_parts,
    trained_parameters,
)
from engine.train.preflight_probe import Probe
from engine.train.preflight_work import BYTES_PER_TOKEN, Batch, Work, work_of
from models.library import BaseModel
from models.shape import Shape

NeedName = Literal["memory", "GPU memory", "disk", "disk with an export", "download"]
GUESSED_FLOPS: Mapping[tuple[Device, int], float] = {
    ("cpu", 2): 60e9,
    ("cpu", 4): 25e9,
    ("mps", 4): 1e12,
    ("cuda", 2): 5e13,
    ("cuda", 4): 1e13,
}
"""Operations a second, of a core or a GPU, by device and bytes of a number: a guess within three
times, that holds only until something was measured."""
GUESSED_START_S = 20.0
AGAIN = 1.37
"""Time of a step whose layers are computed twice forward, as `TrainConfig` has it measured."""
LOOKED_AT, WRITTEN_TOKENS = 24, 120
"""Held-out pairs scored, and tokens of a description written, before the first step and at every
checkpoint."""
TOKENS_PER_WRITTEN = 20
"""Tokens that are scored while one is written: writing reads all weights for each."""
TOKENIZER_BYTES = 4_000_000
"""Of a tokenizer, which every checkpoint holds."""
OPTIMISER_STATES = 2
"""Checkpoints that keep the optimiser's state."""
LARGEST_QUANT = 8.5 / 16
"""A quantised GGUF against the 16-bit one; `models.quantisations`."""


@dataclass(frozen=True)
class Machine:
    """What is there, as it was found."""

    place: Place
    ram_bytes: int
    gpu_bytes: int | None
    disk_bytes: int
    hub_disk_bytes: int
    """Free where models of the hub are kept."""
    cores: int


@dataclass(frozen=True)
class Base:
    """The base of a run, as far as a forecast goes."""

    model: BaseModel
    shape: Shape
    is_here: bool
    """Whether it is on this disk."""
    is_converted: bool
    """Whether nothing of it is yet to be converted for training."""


@dataclass(frozen=True)
class Need:
    """One thing that a run needs, against what is there."""

    name: NeedName
    parts: tuple[Part, ...]
    there_bytes: int

    @property
    def need_bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def fits(self) -> bool:
        return self.need_bytes <= self.there_bytes


@dataclass(frozen=True)
class Duration:
    """One of the things that take time."""

    what: str
    seconds: float


@dataclass(frozen=True)
class Forecast:
    """What a run with this configuration will need and take."""

    config: TrainConfig
    base: Base
    place: Place
    work: Work
    needs: tuple[Need, ...]
    durations: tuple[Duration, ...]
    is_measured: bool
    """Whether the speed was measured here, and not guessed."""

    @property
    def seconds(self) -> float:
        return sum(duration.seconds for duration in self.durations)

    @property
    def fits(self) -> bool:
        return all(need.fits for need in self.needs)

    @property
    def batch_tokens(self) -> int:
        """Of the biggest batch, as it is computed."""
        return self.work.biggest.tokens(has_tree(self.base.shape))

    def need(self, name: NeedName) -> Need | None:
        return next((need for need in self.needs if need.name == name), None)


def forecast(
    config: TrainConfig,
    base: Base,
    pairs: Sequence[PreferencePair],
    cards: Mapping[str, str],
    machine: Machine,
    probe: Probe | None = None,
    probed: Base | None = None,
    has_image: Collection[str] = (),
) -> Forecast:
    """Reckon what a run will need and take.

    Args:
        cards: by reader id.
        probe: what was measured, with the base `probed`, or with this one where that is None.
        has_image: ids of the pairs that the opposite reader has a say on.
    """
    place = probe.place if probe else machine.place
    bytes_per_token = probe.bytes_per_token if probe else BYTES_PER_TOKEN
    work = work_of(pairs, cards, config, bytes_per_token, has_image)
    found = Forecast(config, base, place, work, (), (), is_measured=False)
    found = replace(found, needs=_needs(found, machine, probe))
    return _timed(found, machine, probe, probed or base)


def _needs(found: Forecast, machine: Machine, probe: Probe | None) -> tuple[Need, ...]:
    of_run, of_export = _disk_parts(found)
    work = found.work
    parts = memory_parts(
        found.base.shape, found.config, work.biggest, work.biggest_pack, found.place
    )
    parts = _corrected(parts, probe)
    on_gpu = found.place.device == "cuda" and machine.gpu_bytes is not None
    needs = [
        Need("GPU memory", parts, machine.gpu_bytes or 0)
        if on_gpu
        else Need("memory", parts, machine.ram_bytes),
        Need("disk", of_run, machine.disk_bytes),
        Need("disk with an export", (*of_run, *of_export), machine.disk_bytes),
    ]
    if not found.base.is_here:
        weights = Part("weights", found.base.shape.parameters * 2)
        needs.append(Need("download", (weights,), machine.hub_disk_bytes))
    return tuple(needs)


def _corrected(parts: tuple[Part, ...], probe: Probe | None) -> tuple[Part, ...]:
    """More where the probe took more than was forecast for it; a run never takes less for that.

    A run's later batches take what two steps did not: freed memory in pieces.
    """
    if probe is None or not probe.peak_bytes or not probe.forecast_bytes:
        return parts
    factor = max(1.0, probe.peak_bytes / probe.forecast_bytes)
    return tuple(replace(part, bytes=round(part.bytes * factor)) for part in parts)


def _disk_parts(found: Forecast) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """What a run writes, and what an export of it does."""
    shape, config = found.base.shape, found.config
    adapter = trained_parameters(shape, config) * 4
    checkpoints = _checkpoints(found)
    # Beside an adapter lies TRL's copy of it as it began.
    copies = 1 if config.adapter == "full" else 2
    kept = checkpoints * (copies * adapter + TOKENIZER_BYTES)
    kept += min(checkpoints, OPTIMISER_STATES) * 2 * adapter
    of_run = [Part(f"{checkpoints} checkpoints", kept), Part("the adapter", adapter)]
    halves = shape.parameters * 2
    if not found.base.is_converted:
        of_run.append(Part("the base, converted for training", halves))
    of_export = [Part("merged GGUF", halves), Part("quantised", round(halves * LARGEST_QUANT))]
    if found.base.model.kind != "gguf":
        of_export.insert(0, Part("the base as a GGUF", halves))
    return tuple(of_run), tuple(of_export)


def _checkpoints(found: Forecast) -> int:
    return max(1, -(-found.work.steps // found.config.checkpoint_every))


def _timed(found: Forecast, machine: Machine, probe: Probe | None, probed: Base) -> Forecast:
    work = found.work
    tree = has_tree(found.base.shape)
    gpus = found.config.processes if found.place.device == "cuda" else 1
    scoring, training = _speeds(found, machine, probe, probed)

    def tokens(batches: Sequence[Batch]) -> int:
        return sum(batch.tokens(tree) for batch in batches)

    durations = [
        Duration("loading the base", probe.start_s if probe else GUESSED_START_S),
        Duration(
            f"reference of {work.pairs + work.held_out:,} pairs",
            (tokens(work.packs) + tokens(work.held_out_packs)) / scoring,  # these without card too
        ),
        Duration(f"{work.steps:,} steps", tokens(work.batches) / training / gpus),
    ]
    checkpoints = _checkpoints(found) + 1
    looked_at = LOOKED_AT / max(LOOKED_AT, work.held_out) * tokens(work.held_out_packs)
    per_look = looked_at + WRITTEN_TOKENS * TOKENS_PER_WRITTEN
    durations.append(
        Duration(f"{checkpoints:,} looks at it on the way", checkpoints * per_look / scoring)
    )
    if work.held_out:
        # Under either card, and some of its own.
        after = (2 * tokens(work.held_out_packs) + looked_at) / scoring
        durations.append(Duration(f"{work.held_out:,} held-out pairs, after", after))
    is_measured = probe is not None and probe.is_whole
    return replace(found, durations=tuple(durations), is_measured=is_measured)


def _speeds(
    found: Forecast, machine: Machine, probe: Probe | None, probed: Base
) -> tuple[float, float]:
    """Tokens a second of scoring, and of a step.

    A token costs two operations a weight in each pass: one to score it; three, of which LoRA
    spares one, to train on it; one more where layers are computed again.
    """
    parameters = found.base.shape.parameters
    rate = GUESSED_FLOPS[found.place.device, found.place.number_bytes]
    rate *= machine.cores if found.place.device == "cpu" else 1
    scoring = rate / (2 * parameters)
    training = scoring / 2
    if probe is not None:
        smaller = probed.shape.parameters / parameters
        scoring = probe.scoring_tokens_per_s * smaller if probe.scoring_tokens_per_s else scoring
        training = (
            probe.training_tokens_per_s * smaller if probe.training_tokens_per_s else training
        )
    was_checkpointed = probe.checkpointed if probe else False
    if found.config.gradient_checkpointing and not was_checkpointed:
        training /= AGAIN
    return scoring, training
