"""A look at the model in training: how it does on held-out pairs, and what it writes.

Taken between two steps, in TRL's own thread. It draws no random number and leaves the model in
the mode it found it in, so a training that is looked at takes the same steps as one that is not.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event as Flag
from typing import cast

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl.trainer.dpo_trainer import DPOTrainer

from engine.train import processes, shared_prefix
from engine.train.data import Example
from engine.train.samples import SampleRequest, repeated_share, write_sample
from engine.train.scoring import PairLogps
from models.events import Event, Item, Metric

HELD_OUT_KEYS = {
    "rewards/accuracies": "held_out/accuracies",
    "rewards/margins": "held_out/margins",
    "logps/chosen": "held_out/logps/chosen",
    "logps/rejected": "held_out/logps/rejected",
}
"""TRL's figures of a batch → what they are called of the held-out pairs."""
OPPOSED = "For somebody who would prefer the other answer:"
"""Stands between a sample's two answers to one prompt."""


@dataclass(frozen=True)
class Sights:
    """What a look takes in."""

    held_out: tuple[Example, ...]
    reference: Mapping[str, PairLogps]
    """Of the held-out pairs at least, under the reference of this stage."""
    sample: SampleRequest | None


def look(trainer: DPOTrainer, sights: Sights, step: int, asked_to_stop: Flag) -> Iterator[Event]:
    """Score the held-out pairs and write the sample; yields a `Metric` and an `Item`.

    All processes of a run score the same pairs, as TRL takes the mean over them; the first writes.
    """
    values: dict[str, float] = {}
    items = []
    with _at_rest(trainer):
        if sights.held_out:
            values |= held_out_figures(trainer, sights)
        if sights.sample is not None and processes.is_first() and not asked_to_stop.is_set():
            item, figures = _sample(trainer, sights.sample, step, asked_to_stop)
            values |= figures
            items.append(item)
    if asked_to_stop.is_set():
        return  # what was begun is not whole
    if values:
        yield Metric(step, values)
    yield from items


@contextmanager
def _at_rest(trainer: DPOTrainer) -> Iterator[None]:
    model = cast(torch.nn.Module, trainer.model)
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), trainer.accelerator.autocast():
            yield
    finally:
        model.train(was_training)


def held_out_figures(trainer: DPOTrainer, sights: Sights) -> dict[str, float]:
    """TRL's own loss and figures of the held-out pairs, batch by batch as it trains.

    Args:
        trainer: its model in eval mode, so that TRL keeps these figures apart from training's.
    """
    sums = dict.fromkeys(("held_out/loss", *HELD_OUT_KEYS.values()), 0.0)
    size = trainer.args.per_device_train_batch_size
    told = trainer._metrics["eval"]
    loss_of: Callable[..., Tensor] = trainer.compute_loss  # TRL leaves it without types
    for start in range(0, len(sights.held_out), size):
        batch = sights.held_out[start : start + size]
        rows = [_row(example, sights.reference[example.pair_id]) for example in batch]
        inputs = trainer._prepare_inputs(trainer.data_collator(rows))
        sums["held_out/loss"] += float(loss_of(trainer.model, inputs)) * len(batch)
        for name, ours in HELD_OUT_KEYS.items():
            sums[ours] += told[name][-1] * len(batch)
    told.clear()
    return {name: total / len(sights.held_out) for name, total in sums.items()}


def _row(example: Example, reference: PairLogps) -> dict[str, object]:
    """A pair as TRL has it once it is tokenised."""
    return {
        "prompt_ids": list(example.prompt_ids),
        "chosen_ids": list(example.chosen_ids),
        "rejected_ids": list(example.rejected_ids),
        "ref_chosen_logps": reference.chosen,
        "ref_rejected_logps": reference.rejected,
    }


def _sample(
    trainer: DPOTrainer, request: SampleRequest, step: int, asked_to_stop: Flag
) -> tuple[Item, dict[str, float]]:
    began = time.monotonic()
    tokenizer = cast(PreTrainedTokenizerBase, trainer.processing_class)
    model = shared_prefix.causal_of(cast(PreTrainedModel | PeftModel, trainer.model))
    tokens = write_sample(model, tokenizer, request, asked_to_stop)
    text = str(tokenizer.decode(tokens)).strip()
    if request.opposed_ids:
        other = write_sample(model, tokenizer, request, asked_to_stop, opposed=True)
        text += f"\n\n{OPPOSED}\n{str(tokenizer.decode(other)).strip()}"
        tokens += other
    figures = {"sample/tokens": float(len(tokens)), "sample/repeated": repeated_share(text)}
    value: dict[str, object] = {
        "kind": "sample",
        "step": step,
        "book": request.book_id,
        "title": request.title,
        "text": text,
        "seconds": round(time.monotonic() - began, 2),
    }
    return Item(value), figures
