"""TRL's trainer, whose checkpoints are either whole or not there, whose rows have all, and in whose
batches mirror images stay together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from datasets import Dataset
from torch import nn
from torch.utils.data import Sampler
from trl.trainer.dpo_trainer import DPOTrainer

from engine.train.checkpoints import disk_refusals_told, mark_whole, newest_checkpoint
from models.aside import remove

Saving = Callable[[nn.Module, Any], None]


class SavingTrainer(DPOTrainer):
    """Marks each checkpoint that was written to its end, and removes one that was not.

    The reference's log-probs are in the rows already.
    """

    steps_before: int = 0
    """Of the run's stages before this one."""
    order: Sampler[int] | None = None
    """Of the training rows; None for transformers' own."""

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int] | None:
        if self.order is not None:
            return self.order
        return cast("Sampler[int] | None", super()._get_train_sampler(train_dataset))

    def _precompute_ref_logps(self, dataset: Dataset, name: str, batch_size: int) -> Dataset:
        return dataset

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """transformers' own, which every trainer of TRL extends in this way."""
        step = self.steps_before + self.state.global_step
        stage = Path(str(self.args.output_dir))
        folder = stage / f"checkpoint-{self.state.global_step}"
        last = newest_checkpoint(stage)
        kept = f"goes on from {last.name}" if last else "begins again: there was no checkpoint yet"
        hint = f"Free some space, then resume the run; it {kept}."
        try:
            with disk_refusals_told(f"The checkpoint of step {step} in {folder}", hint):
                cast("Saving", super()._save_checkpoint)(model, trial)
                self.accelerator.wait_for_everyone()  # each process writes its random state
                if self.args.should_save:
                    mark_whole(folder, step)
        except Exception:
            if self.args.should_save:
                remove(folder)
            raise
