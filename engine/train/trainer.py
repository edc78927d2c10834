"""TRL's DPOTrainer as it is, with the prefix tree under it, as a generator of events.

TRL runs in a thread of its own and a callback (`watch.py`) tells how it goes; SIGTERM's flag makes
it write a checkpoint and stop. Losses, optimiser, schedule and checkpoints are TRL's and
transformers'.
"""

import queue
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import cast

import datasets
import torch
from datasets import Dataset
from peft import PeftModel
from peft.helpers import disable_input_dtype_casting
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from engine.train import shared_prefix
from engine.train.checkpoints import going_on, newest_checkpoint
from engine.train.config import TrainConfig
from engine.train.data import TrainingData
from engine.train.device import Place
from engine.train.look import Sights
from engine.train.saving import SavingTrainer
from engine.train.scoring import PairLogps
from engine.train.watch import Watch
from models.events import Event, Note


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
    sights: Sights,
    reached: int = 0,
) -> Generator[Event, None, TrainingEnd | None]:
    """Train the adapter; yields its events, returns `TrainingEnd`, or None when asked to stop.

    Goes on from the newest whole checkpoint in `checkpoints`, if there is one.

    Args:
        reached: the last step that the run told of before it was stopped or killed.
    """
    trainer = build_trainer(model, tokenizer, data, reference, config, place, checkpoints, stage)
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    watch = Watch(events, asked_to_stop, trainer, sights, stage.told, stage.steps_before)
    trainer.add_callback(watch)
    checkpoint = newest_checkpoint(checkpoints)
    if told := going_on(checkpoint, stage.steps_before, reached):
        yield Note(told)
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
    return TrainingEnd(done, watch.pairs_per_second(done), watch.last)


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
    trainer = SavingTrainer(
        model=model,
        args=dpo_config(config, place, checkpoints, stage),
        train_dataset=Dataset.from_list(list(data.rows)),
        processing_class=tokenizer,
    )
    trainer.steps_before = stage.steps_before
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
