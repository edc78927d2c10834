"""A few steps of our trainer and of TRL's unmodified one, from the same seed: the same losses."""

from pathlib import Path
from threading import Event as Flag
from typing import Literal, cast

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl.trainer.dpo_trainer import DPOTrainer

from engine.domain import PreferencePair
from engine.train import shared_prefix
from engine.train.config import TrainConfig
from engine.train.data import TrainingData, chosen_alone, prepare_data
from engine.train.device import Place
from engine.train.look import Sights
from engine.train.scoring import PairLogps, score_pairs
from engine.train.shared_prefix import causal_of
from engine.train.trainer import Stage, dpo_config, train
from models.events import Event
from models.library import resolve_base
from models.torch_base import load_base
from tests.engine.test_training import capped_base
from tests.engine.tiny_training import a_pair, steps_of

__all__ = ["capped_base"]

CARDS = {"ann": "Reads poetry, and family sagas by the sea.", "bo": "Reads about trains."}
TEXTS = ["The ferry left at noon.", "Nobody had asked the stationmaster.", "Rain, and a red coat."]
UNSEEN = Sights((), {}, None)
CPU = Place("cpu", torch.float32, "")


def pooled_pairs() -> list[PreferencePair]:
    """Of two readers in turns, each with answers of their own."""
    pairs = []
    for n in range(8):
        values = {**vars(a_pair(n)), "reader_id": ("ann", "bo")[n % 2], "chosen": TEXTS[n % 3]}
        pairs.append(PreferencePair(**values))
    return pairs


def fresh(base: Path, cache_dir: Path, config: TrainConfig) -> PreTrainedModel | PeftModel:
    model, _ = load_base(resolve_base(str(base)), cache_dir, torch.float32)
    if config.adapter == "full":
        return model
    torch.manual_seed(config.seed)
    adapted = get_peft_model(
        model, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    return cast(PeftModel, adapted)


def by_trl(
    model: PreTrainedModel | PeftModel,
    data: TrainingData,
    tokenizer: PreTrainedTokenizerBase,
    config: TrainConfig,
    stage: Stage,
    folder: Path,
) -> list[dict[str, float]]:
    args = dpo_config(config, CPU, folder, stage)
    args.precompute_ref_log_probs = False
    trainer = DPOTrainer(
        model=model,
        args=args,
        train_dataset=Dataset.from_list(list(data.rows)),
        processing_class=tokenizer,
    )
    trainer.train()
    return [row for row in trainer.state.log_history if "loss" in row]


def by_us(
    model: PreTrainedModel | PeftModel,
    data: TrainingData,
    tokenizer: PreTrainedTokenizerBase,
    config: TrainConfig,
    stage: Stage,
    folder: Path,
) -> list[dict[str, float]]:
    shared_prefix.install(causal_of(model))
    torch.nn.Module.eval(model)
    reference: dict[str, PairLogps] = {}
    for scores in score_pairs(causal_of(model), data.train):
        reference |= scores
    events: list[Event] = list(
        train(model, tokenizer, data, reference, config, CPU, folder, Flag(), stage, UNSEEN)
    )
    return [dict(event.values) for event in steps_of(events)]


@pytest.mark.parametrize("adapter", ["lora", "full"])
@pytest.mark.parametrize(
    ("loss", "checkpointing"),
    [("sigmoid", False), ("ipo", False), ("hinge", False), ("sft", False), ("sigmoid", True)],
)
def test_losses_and_metrics_are_trls(
    loss: str,
    checkpointing: bool,
    adapter: Literal["lora", "full"],
    tiny_base: Path,
    cache_dir: Path,
    tmp_path: Path,
) -> None:
    config = TrainConfig(
        adapter=adapter,
        batch_size=2,
        gradient_accumulation=2,
        checkpoint_every=100,
        gradient_checkpointing=checkpointing,
        max_pairs=0,
        seed=3,
    )
    stage = Stage(loss, 5e-3, 2, "")
    found = []
    for way in (by_trl, by_us):
        model = fresh(tiny_base, cache_dir, config)
        _, tokenizer = load_base(resolve_base(str(tiny_base)), cache_dir, torch.float32)
        data = prepare_data(pooled_pairs(), CARDS, tokenizer, config)
        if loss == "sft":
            data = chosen_alone(data)
        found.append(way(model, data, tokenizer, config, stage, tmp_path / way.__name__))
    trls, ours = found
    assert len(trls) == len(ours) == 4  # 8 pairs, 2 x 2 a step, 2 epochs
    assert abs(trls[-1]["loss"] - trls[0]["loss"]) > 1e-2, "nothing was learned"
    for theirs, own in zip(trls, ours, strict=True):
        assert own["loss"] == pytest.approx(theirs["loss"], abs=1e-4)
        for name in ("rewards/margins", "logps/chosen", "grad_norm", "entropy"):
            if (loss, name) != ("sft", "rewards/margins"):
                assert own[name] == pytest.approx(theirs[name], rel=1e-3, abs=1e-3), name
