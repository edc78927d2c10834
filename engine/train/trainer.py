"""TRL's DPOTrainer as it is, with the prefix tree under it, as a generator of events.

TRL runs in a thread of its own and a callback passes its metrics on; SIGTERM's flag makes it write
a checkpoint and stop. Losses, optimiser, schedule and checkpoints are TRL's and transformers'.
"""

import ctypes
import queue
import resource
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any, cast

import datasets
import torch
from datasets import Dataset
from peft import PeftModel
from peft.helpers import disable_input_dtype_casting
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from engine.train import shared_prefix
from engine.train.config import TrainConfig
from engine.train.data import TrainingData
from engine.train.device import Place
from engine.train.scoring import PairLogps
from models.events import Event, Metric, Note, Step

STEPS_PER_TRIM = 4
"""Steps between returning freed memory to the system, which then has to hand it out again."""


@dataclass(frozen=True)
class TrainingEnd:
    """What a training that ran to its end can say of itself."""

    steps: int
    pairs_per_second: float
    """Of this process's steps; reference and held-out scoring are not counted."""
    last_metrics: dict[str, float]


@dataclass(frozen=True)
class Stage:
    """One of a run's trainings, which follow one another over the same adapter."""

    loss: str
    learning_rate: float
    epochs: int
    told: str
    """What its steps are called."""
    steps_before: int = 0
    """Of the stages before it."""


def fine_tuning(config: TrainConfig) -> Stage:
    """The chosen answers alone, by TRL's loss `sft`."""
    told = "fine-tuning on the chosen answers"
    return Stage("sft", config.sft_learning_rate, config.sft_epochs, told)


def preferring(config: TrainConfig, steps_before: int = 0) -> Stage:
    """DPO proper."""
    return Stage(config.loss, config.learning_rate, config.epochs, "training", steps_before)


@dataclass
class _Watch(TrainerCallback):
    """Passes each step's metrics on, and stops the training when asked to."""

    events: "queue.SimpleQueue[Event | None]"
    asked_to_stop: Flag
    batch_size: int
    stage: Stage
    started: float = field(default_factory=time.monotonic)
    first_step: int = -1
    last: dict[str, float] = field(default_factory=dict)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.first_step < 0:
            self.first_step, self.started = state.global_step, time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step % STEPS_PER_TRIM == 0:
            give_back_memory()
        if self.asked_to_stop.is_set() and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **details: Any,
    ) -> None:
        logs: dict[str, float] = details["logs"]
        if "loss" not in logs:
            return
        done, total = state.global_step, state.max_steps
        rate = self.steps_per_second(done)
        self.last = {key: float(value) for key, value in logs.items()}
        speed = {
            "pairs_per_second": rate * self.batch_size,
            "eta_s": (total - done) / rate if rate else 0.0,
            "memory_bytes": float(peak_memory_bytes()),
        }
        before = self.stage.steps_before
        self.events.put(Metric(before + done, self.last | speed))
        self.events.put(Step(done, total, self.stage.told))

    def steps_per_second(self, done: int) -> float:
        return (done - self.first_step) / max(time.monotonic() - self.started, 1e-9)


def give_back_memory() -> None:
    """Have glibc return what a step freed; batches differ in length, and the rest would pile up.

    Measured over eight steps: 1.1 GB held between steps where it was 3.0 GB.
    """
    with suppress(OSError, AttributeError):  # no glibc here: nothing to do
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def peak_memory_bytes() -> int:
    """The most memory this process ever held (macOS counts in bytes, Linux in KiB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def train(
    model: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    data: TrainingData,
    reference: dict[str, PairLogps],
    config: TrainConfig,
    place: Place,
    checkpoints: Path,
    asked_to_stop: Flag,
    stage: Stage,
) -> Generator[Event, None, TrainingEnd | None]:
    """Train the adapter; yields metrics, returns `TrainingEnd`, or None when asked to stop.

    Goes on from the newest whole checkpoint in `checkpoints`, if there is one.
    """
    trainer = build_trainer(model, tokenizer, data, reference, config, place, checkpoints, stage)
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    watch = _Watch(events, asked_to_stop, config.batch_size, stage)
    trainer.add_callback(watch)
    checkpoint = newest_checkpoint(checkpoints)
    if checkpoint is not None:
        yield Note(f"Going on from {checkpoint.name}.")
    failure: list[BaseException] = []

    def run_trainer() -> None:
        try:
            # Autocast brings the input to the adapter's precision; PEFT's own float32 copies of it
            # would cost a third of the memory.
            with disable_input_dtype_casting(model, active=place.dtype == torch.bfloat16):
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        except BaseException as error:
            failure.append(error)
        finally:
            events.put(None)

    thread = Thread(target=run_trainer, name="trainer")
    thread.start()
    while (event := events.get()) is not None:
        yield event
    thread.join()
    if failure:
        raise failure[0]
    done = trainer.state.global_step
    if done < trainer.state.max_steps:
        yield Note(f"Stopped after step {done} of {trainer.state.max_steps}; a checkpoint is kept.")
        return None
    return TrainingEnd(done, watch.steps_per_second(done) * config.batch_size, watch.last)


def build_trainer(
    model: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    data: TrainingData,
    reference: dict[str, PairLogps],
    config: TrainConfig,
    place: Place,
    checkpoints: Path,
    stage: Stage,
) -> DPOTrainer:
    """TRL's trainer on the run's pairs, its forward replaced.

    Args:
        reference: the reference's log-probs of the training pairs; where they are not all there,
            TRL computes them itself, on each batch, with the adapter as it is now.
    """
    datasets.disable_progress_bars()
    if "ref" in model.peft_config:
        model.delete_adapter("ref")  # TRL's copy of the adapter, of the stage before
    trainer = DPOTrainer(
        model=model,
        args=dpo_config(config, place, checkpoints, stage),
        train_dataset=Dataset.from_list(list(data.rows)),
        processing_class=tokenizer,
    )
    shared_prefix.install(cast(PreTrainedModel, model.get_base_model()))
    _check_tokens(trainer, data)
    if all(example.pair_id in reference for example in data.train):
        _give_reference(trainer, data, reference)
    return trainer


def dpo_config(config: TrainConfig, place: Place, checkpoints: Path, stage: Stage) -> DPOConfig:
    """The run's settings in TRL's words."""
    return DPOConfig(
        output_dir=str(checkpoints),
        beta=config.beta,
        loss_type=[stage.loss],
        label_smoothing=config.label_smoothing,
        learning_rate=stage.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.1,
        per_device_train_batch_size=config.batch_size,
        num_train_epochs=stage.epochs,
        max_length=None,
        logging_steps=1,
        logging_first_step=True,
        save_steps=config.checkpoint_every,
        save_total_limit=2,
        gradient_checkpointing=False,
        bf16=place.dtype == torch.bfloat16,
        use_cpu=place.device == "cpu",
        dataloader_pin_memory=place.device == "cuda",
        report_to="none",
        disable_tqdm=True,
        seed=config.seed,
    )


def _check_tokens(trainer: DPOTrainer, data: TrainingData) -> None:
    """TRL must read the very tokens that were checked and that held-out pairs are scored with."""
    for row, example in zip(cast(Dataset, trainer.train_dataset), data.train, strict=True):
        ids = tuple(tuple(row[name]) for name in ("prompt_ids", "chosen_ids", "rejected_ids"))
        assert ids == (example.prompt_ids, example.chosen_ids, example.rejected_ids), (
            f"TRL tokenised pair {example.pair_id} otherwise than it was checked"
        )


def _give_reference(
    trainer: DPOTrainer, data: TrainingData, reference: dict[str, PairLogps]
) -> None:
    """Hand TRL the reference log-probs that it would have computed."""
    logps = [reference[example.pair_id] for example in data.train]
    rows = cast(Dataset, trainer.train_dataset)
    rows = rows.add_column("ref_chosen_logps", [pair.chosen for pair in logps])
    rows = rows.add_column("ref_rejected_logps", [pair.rejected for pair in logps])
    trainer.train_dataset = rows
    trainer.precompute_ref_logps = True


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; a kill can leave a half one behind."""
    found = [
        path
        for path in folder.glob("checkpoint-*")
        if (path / "trainer_state.json").exists() and (path / "adapter_model.safetensors").exists()
    ]
    return max(found, key=lambda path: int(path.name.rsplit("-", 1)[1]), default=None)
