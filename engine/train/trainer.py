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

from engine.train import processes, shared_prefix
from engine.train.checkpoints import going_on, newest_checkpoint
from engine.train.config import TrainConfig, pairs_per_step
from engine.train.data import TrainingData
from engine.train.device import Place
from engine.train.look import Sights
from engine.train.order import Together
from engine.train.saving import SavingTrainer
from engine.train.scoring import PairLogps
from engine.train.watch import Watch
from models.errors import JobFailed
from models.events import Event, Note


@dataclass(frozen=True)
class TrainingEnd:
    """What a training that ran to its end can say of itself."""

    steps: int
    pairs_per_second: float
    """Of the steps since this process began; reference and held-out scoring are not counted."""
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
    model: PreTrainedModel | PeftModel,
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
    """Train what learns of the model; returns `TrainingEnd`, or None when asked to stop.

    Goes on from the newest whole checkpoint in `checkpoints`, if there is one.

    Args:
        reached: the last step that the run told of before it was stopped or killed.
    """
    trainer = build_trainer(model, tokenizer, data, reference, config, place, checkpoints, stage)
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    per_step = pairs_per_step(config)
    told, before = stage.told, stage.steps_before
    watch = Watch(events, asked_to_stop, trainer, sights, told, before, per_step)
    trainer.add_callback(watch)
    checkpoint = newest_checkpoint(checkpoints)
    if going := going_on(checkpoint, stage.steps_before, reached):
        yield Note(going)
    failure: list[BaseException] = []

    def run_trainer() -> None:
        try:
            processes.take_own_device()
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
    model: PreTrainedModel | PeftModel,
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
        model: all of whose weights learn, or a base with its adapter.
        reference: the reference's log-probs of the training pairs.
    """
    datasets.disable_progress_bars()
    if isinstance(model, PeftModel) and "ref" in model.peft_config:
        model.delete_adapter("ref")  # TRL's copy of the adapter, of the stage before
    rows = [
        {**row, "ref_chosen_logps": known.chosen, "ref_rejected_logps": known.rejected}
        for row, example in zip(data.rows, data.train, strict=True)
        for known in (reference[example.pair_id],)
    ]
    trainer = SavingTrainer(
        model=model,
        args=dpo_config(config, place, checkpoints, stage),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.steps_before = stage.steps_before
    if data.images:
        trainer.order = Together(data.train, config.seed)
    trainer.precompute_ref_logps = True
    shared_prefix.install(shared_prefix.causal_of(model))
    _check_tokens(trainer, data)
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
        gradient_accumulation_steps=config.gradient_accumulation,
        num_train_epochs=stage.epochs,
        max_length=None,
        logging_steps=1,
        logging_first_step=True,
        save_steps=config.checkpoint_every,
        gradient_checkpointing=config.gradient_checkpointing,
        # Else TRL would load a second model as the reference of one that has no adapter.
        precompute_ref_log_probs=config.adapter == "full",
        ddp_find_unused_parameters=False,  # every weight that learns has its part in every loss
        bf16=place.dtype == torch.bfloat16,
        use_cpu=place.device == "cpu",
        dataloader_pin_memory=place.device == "cuda",
        report_to="none",
        disable_tqdm=True,
        seed=config.seed,
    )


def _check_tokens(trainer: DPOTrainer, data: TrainingData) -> None:
    """TRL must read the very tokens that were checked and that held-out pairs are scored with.

    Raises:
        JobFailed: it tokenised a pair otherwise.
    """
    for row, example in zip(cast(Dataset, trainer.train_dataset), data.train, strict=True):
        ids = tuple(tuple(row[name]) for name in ("prompt_ids", "chosen_ids", "rejected_ids"))
        if ids != (example.prompt_ids, example.chosen_ids, example.rejected_ids):
            raise JobFailed(
                f"TRL tokenises pair {example.pair_id} otherwise than it was checked.",
                "Take another base: this one's chat template is not steady.",
            )
