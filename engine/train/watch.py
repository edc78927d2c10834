"""The callback by which a training tells how it goes: figures of each step, looks, its stopping."""

import queue
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Any, cast

from datasets import Dataset
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.dpo_trainer import DPOTrainer

from engine.train import processes
from engine.train.checkpoints import to_go_on_from
from engine.train.look import Sights, look
from engine.train.machine_figures import give_back_memory, machine_figures
from models.aside import remove
from models.events import Event, Metric, Step

STEPS_PER_TRIM = 4
"""Steps between returning freed memory to the system, which then has to hand it out again."""
KEPT_TO_GO_ON = 2
"""Checkpoints that training can go on from: the newest, and one should the disk lose that."""
FOR_GOING_ON = ("optimizer.pt", "scheduler.pt", "rng_state*.pth", "ref")
"""What a checkpoint needs beyond its weights to go on from, TRL's copy of the adapter among it."""


@dataclass
class Watch(TrainerCallback):
    """Passes figures on, looks at every checkpoint, and stops the training when asked to."""

    events: "queue.SimpleQueue[Event | None]"
    asked_to_stop: Flag
    trainer: DPOTrainer
    sights: Sights
    told: str
    """What the steps are called."""
    steps_before: int
    """Of the stages before this one."""
    pairs_per_step: int
    started: float = field(default_factory=time.monotonic)
    first_step: int = -1
    looking_s: float = 0.0
    """Spent on looks since the first step."""
    last: dict[str, float] = field(default_factory=dict)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step == 0 and self.trainer.loss_types != ["sft"]:
            self.events.put(Metric(self.steps_before, self._lengths()))
        if self.steps_before + state.global_step == 0:
            self._look(0)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.first_step < 0:
            self.first_step, self.started = state.global_step, time.monotonic()
            self.looking_s = 0.0

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step % STEPS_PER_TRIM == 0:
            give_back_memory()
        if processes.agreed(self.asked_to_stop.is_set()) and state.global_step < state.max_steps:
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
        self.last = {key: float(value) for key, value in logs.items()}
        per_step_s = (time.monotonic() - self.started) / max(done - self.first_step, 1)
        speed = {
            "pairs_per_second": self.pairs_per_second(done),
            "eta_s": (total - done) * per_step_s,
        }
        figures = self.last | speed | machine_figures(args.device.type)
        self.events.put(Metric(self.steps_before + done, figures))
        self.events.put(Step(done, total, self.told))

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        stage = Path(str(args.output_dir))
        if processes.is_first():
            for checkpoint in to_go_on_from(stage)[:-KEPT_TO_GO_ON]:
                for pattern in FOR_GOING_ON:
                    for path in checkpoint.glob(pattern):
                        remove(path)
        self._look(self.steps_before + state.global_step)

    def pairs_per_second(self, done: int) -> float:
        """Of the steps since this process began; looks are not counted."""
        seconds = time.monotonic() - self.started - self.looking_s
        pairs = (done - self.first_step) * self.pairs_per_step
        return pairs / max(seconds, 1e-9)

    def _lengths(self) -> dict[str, float]:
        """Mean tokens of the training pairs' answers."""
        rows = cast(Dataset, self.trainer.train_dataset)
        return {
            f"data/{side}_tokens": sum(map(len, rows[f"{side}_ids"])) / len(rows)
            for side in ("chosen", "rejected")
        }

    def _look(self, step: int) -> None:
        if processes.agreed(self.asked_to_stop.is_set()):
            return
        began = time.monotonic()
        for event in look(self.trainer, self.sights, step, self.asked_to_stop):
            self.events.put(event)
        give_back_memory()
        self.looking_s += time.monotonic() - began
