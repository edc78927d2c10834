"""Two real steps and a little scoring, before a run and apart from it: how fast, how much memory.

The work of a child process (`engine.preflight` starts it), in a directory that is thrown away: no
seed, adapter or score of the run that comes after is touched. The first step takes the biggest
batch that is to be expected and fills the memory; the second takes a middling one and is timed, by
then all is warm.
"""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import SaveStrategy

from engine.jobs import RunDir
from engine.train import shared_prefix
from engine.train.config import TrainConfig
from engine.train.data import Example
from engine.train.input_files import read_near, read_pairs
from engine.train.job import choose_forward
from engine.train.loading import Loaded, load
from engine.train.prefix_tree import pack
from engine.train.preflight_memory import CONTEXT_BYTES, memory_parts, place_of
from engine.train.preflight_probe import Probe
from engine.train.preflight_work import END_TOKENS, FRAME_TOKENS, Batch, as_asked, bytes_of, drawn
from engine.train.scoring import PairLogps, packs, score_pairs
from engine.train.trainer import build_trainer, preferring
from models.base_shape import shape_of
from models.events import Event, Finished, Item, Step
from models.hardware import forget_peak_memory, peak_memory_bytes
from models.library import resolve_base

SCORED_TOKENS = 2048
"""Enough for a rate; a whole pack would take seconds more."""


@dataclass(frozen=True)
class _Measuring:
    """What is measured with."""

    run: RunDir
    config: TrainConfig
    loaded: Loaded
    batches: Sequence[Sequence[Example]]
    """Of one epoch, the smallest first."""


def work(run: RunDir, settings: Mapping[str, Any], asked_to_stop: Flag) -> Iterator[Event]:
    """Measure what `job.json` says; every `Item` is a `Probe` of what is known so far."""
    # There is nothing to keep, and its memory is wanted: being asked to stop ends it at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if asked_to_stop.is_set():
        return
    config = TrainConfig(**settings["config"])
    yield Step(0, STEPS, "loading the base")
    loaded = yield from load(run, config, Path(settings["cache_dir"]))
    yield from choose_forward(loaded)
    place = loaded.place
    probe = Probe(
        place_of(place.device, place.dtype.itemsize, place.told),
        _bytes_per_token(run, loaded),
        # Since the child was asked for: importing takes longer than loading a small base.
        time.time() - run.job.stat().st_mtime,
        config.gradient_checkpointing,
    )
    yield Item(probe.as_json())
    measuring = _Measuring(run, config, loaded, _batches(loaded, config))
    for done, (told, measure) in enumerate(MEASURES.items(), start=1):
        yield Step(done, STEPS, told)
        probe = measure(measuring, probe)
        yield Item(probe.as_json())
    yield Finished(probe.as_json())


def _bytes_per_token(run: RunDir, loaded: Loaded) -> float:
    pairs, cards = read_pairs(run.path)
    near = read_near(run.path)
    by_id = {pair.id: as_asked(pair, near) for pair in pairs}
    taken = [(by_id[example.pair_id], example) for example in loaded.data.own]
    size_bytes = sum(bytes_of(pair, cards[pair.reader_id]) for pair, _ in taken)
    tokens = sum(len(ex.prompt_ids) + len(ex.chosen_ids) + len(ex.rejected_ids) for _, ex in taken)
    return size_bytes / max(1, tokens - len(taken) * (FRAME_TOKENS + 2 * END_TOKENS))


def _batches(loaded: Loaded, config: TrainConfig) -> list[list[Example]]:
    return sorted(drawn(loaded.data.train, config.batch_size, config.seed), key=_tokens)


def _rows(batch: Sequence[Example]) -> list[tuple[int, ...]]:
    return [(*ex.prompt_ids, *own) for ex in batch for own in (ex.chosen_ids, ex.rejected_ids)]


def _tokens(batch: Sequence[Example]) -> int:
    """Packed; of a base that the tree cannot serve the order is the same, near enough."""
    return pack(_rows(batch)).input_ids.shape[1]


def _size(batch: Sequence[Example]) -> Batch:
    longest = max(example.longest for example in batch)
    return Batch(_tokens(batch), 2 * len(batch) * longest, longest)


def _score(at: _Measuring, probe: Probe) -> Probe:
    """The speed of scoring with the adapter off, which is the reference."""
    scored: list[Example] = []
    for example in next(packs(at.loaded.data.train)):
        if scored and _tokens([*scored, example]) > SCORED_TOKENS:
            break
        scored.append(example)
    at.loaded.model.eval()
    started = time.monotonic()
    with at.loaded.as_base():
        list(score_pairs(at.loaded.causal, scored))
    tokens = _size(scored).tokens(shared_prefix.is_installed(at.loaded.causal))
    return replace(probe, scoring_tokens_per_s=tokens / (time.monotonic() - started))


def _fill(at: _Measuring, probe: Probe) -> Probe:
    """The memory of the biggest batch's step."""
    batch = at.batches[-1]
    is_known = forget_peak_memory()
    _step(at, batch)
    if at.loaded.place.device == "cuda":
        peak_bytes = torch.cuda.max_memory_reserved() + CONTEXT_BYTES
    elif is_known:
        peak_bytes = peak_memory_bytes()
    else:
        return probe
    shape = shape_of(resolve_base(at.config.base))
    if shape is None:
        return probe
    parts = memory_parts(shape, at.config, _size(batch), Batch(), probe.place)
    forecast_bytes = sum(part.bytes for part in parts)
    return replace(probe, peak_bytes=peak_bytes, forecast_bytes=forecast_bytes)


def _time(at: _Measuring, probe: Probe) -> Probe:
    """The speed of a middling batch's step."""
    batch = at.batches[len(at.batches) // 2]
    tokens = _size(batch).tokens(shared_prefix.is_installed(at.loaded.causal))
    return replace(probe, training_tokens_per_s=tokens / _step(at, batch))


MEASURES: Mapping[str, Callable[[_Measuring, Probe], Probe]] = {
    "scoring": _score,
    "a step of the biggest batch": _fill,
    "a step of a middling batch": _time,
}
STEPS = 1 + len(MEASURES)


def _step(at: _Measuring, batch: Sequence[Example]) -> float:
    """Take one step of the optimiser on these pairs as a run would; the seconds of it."""
    loaded = at.loaded
    ids = {example.pair_id for example in batch}
    kept = [n for n, example in enumerate(loaded.data.train) if example.pair_id in ids]
    data = replace(
        loaded.data,
        train=tuple(loaded.data.train[n] for n in kept),
        rows=tuple(loaded.data.rows[n] for n in kept),
    )
    trainer = build_trainer(
        loaded.model,
        loaded.tokenizer,
        data,
        dict.fromkeys(ids, PairLogps(0.0, 0.0)),
        replace(at.config, batch_size=len(batch), epochs=1),
        loaded.place,
        at.run.checkpoints,
        preferring(replace(at.config, epochs=1)),
    )
    trainer.args.save_strategy = SaveStrategy.NO
    clock = _Clock()
    trainer.add_callback(clock)
    with disable_input_dtype_casting(loaded.model, active=loaded.place.dtype == torch.bfloat16):
        trainer.train()
    return clock.seconds


@dataclass
class _Clock(TrainerCallback):
    """Times the steps, and nothing around them."""

    started: float = 0.0
    seconds: float = 0.0

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.started = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.seconds += time.monotonic() - self.started
