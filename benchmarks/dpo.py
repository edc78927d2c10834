"""DPO over the prefix tree against TRL's own trainer: the same pairs, adapter, seed and steps.

    python benchmarks/dpo.py [--quick]

Each way runs in a process of its own, one after the other. Reference scoring is inside the time of
all of them. The last line printed is one JSON object: {benchmark, ratios, figures, machine}.
The profile is made up (sides drawn with a fixed seed), which changes no shape.
"""

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from typing import cast

from engine.domain import Framework, PreferencePair, Profile, Trait
from engine.frameworks import all_dimensions, all_statements, genres
from engine.pairs.build import pairs_for
from engine.profile.card import card_of

WAYS = ("tree-bfloat16", "trl-bfloat16", "tree-float32", "trl-float32")
QUICK = ("tree-bfloat16", "trl-bfloat16")


@dataclass(frozen=True)
class Figures:
    """What one way came to."""

    way: str
    pairs_per_second: float
    """Reference included, loading not."""
    losses: tuple[float, ...]
    peak_memory_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="bfloat16 only, two steps")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--way", choices=WAYS, help="run one way in this process")
    given = parser.parse_args()
    steps = given.steps or (2 if given.quick else 4)
    if given.way:
        print(json.dumps(asdict(measured(given.way, steps))))
        return
    found = [in_child(way, steps) for way in (QUICK if given.quick else WAYS)]
    rates = {figures.way: figures.pairs_per_second for figures in found}
    kinds = [way.removeprefix("trl-") for way in rates if way.startswith("trl-")]
    ratios = {
        f"pairs/s, prefix tree / TRL, {kind}": rates[f"tree-{kind}"] / rates[f"trl-{kind}"]
        for kind in kinds
    }
    machine = {"cpu": platform.processor() or platform.machine(), "python": sys.version.split()[0]}
    figures = [asdict(one) for one in found]
    print(
        json.dumps({"benchmark": "dpo", "ratios": ratios, "figures": figures, "machine": machine})
    )


def in_child(way: str, steps: int) -> Figures:
    print(f"{way}, {steps} steps of 8 pairs", file=sys.stderr)
    command = [sys.executable, __file__, "--way", way, "--steps", str(steps)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    row = json.loads(output.splitlines()[-1])
    return Figures(**{**row, "losses": tuple(row["losses"])})


def measured(way: str, steps: int) -> Figures:
    import torch
    from datasets import Dataset
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import PreTrainedModel
    from trl.trainer.dpo_trainer import DPOTrainer

    from engine.train import shared_prefix
    from engine.train.config import TrainConfig
    from engine.train.data import prepare_data
    from engine.train.device import Place
    from engine.train.scoring import PairLogps, score_pairs
    from engine.train.trainer import dpo_config, peak_memory_bytes, preferring, train
    from models.events import Metric
    from models.library import resolve_base
    from models.torch_base import load_base

    kind, dtype_name = way.split("-")
    place = Place("cpu", getattr(torch, dtype_name), "")
    config = TrainConfig(max_pairs=8 * steps, max_held_out=1)
    with tempfile.TemporaryDirectory() as folder:
        cache_dir = Path(tempfile.gettempdir()) / "persona-studio-benchmark"
        base, tokenizer = load_base(resolve_base("embedded"), cache_dir, place.dtype)
        pairs, cards = made_up_pairs()
        data = prepare_data(pairs, cards, tokenizer, config)
        torch.manual_seed(0)
        lora = LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        model = cast(PeftModel, get_peft_model(base, lora))
        started = time.monotonic()
        losses: list[float] = []
        if kind == "trl":
            trainer = DPOTrainer(
                model=model,
                args=dpo_config(config, place, Path(folder), preferring(config)),
                train_dataset=Dataset.from_list(list(data.rows)),
                processing_class=tokenizer,
            )
            trainer.train()
            losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
        else:
            causal = cast(PreTrainedModel, model.get_base_model())
            shared_prefix.install(causal)
            reference: dict[str, PairLogps] = {}
            with model.disable_adapter():
                for scores in score_pairs(causal, data.train):
                    reference |= scores
            stage = preferring(config)
            for event in train(
                model, tokenizer, data, reference, config, place, Path(folder), Flag(), stage
            ):
                if isinstance(event, Metric):
                    losses.append(event.values["loss"])
        seconds = time.monotonic() - started
    return Figures(way, len(data.train) / seconds, tuple(losses), peak_memory_bytes())


def made_up_pairs() -> tuple[list[PreferencePair], dict[str, str]]:
    """Pairs of a reader with random sides, and the card, by reader id."""
    drawn = random.Random(3)

    def known(trait_id: str, framework: Framework) -> Trait:
        return Trait(trait_id, framework, drawn.choice((-0.6, 0.6)), 0.6, "known")

    traits = [known(one.id, one.framework) for one in all_statements().values()]
    traits += [known(one.id, "ocean") for one in all_dimensions().values() if one.parent]
    traits += [known(f"interests.{genre}", "interests") for genre in genres()]
    half = tuple(trait for trait in traits if drawn.random() < 0.5)
    profile = Profile("made-up", "none", half, datetime.now(UTC))
    pairs = pairs_for(profile)
    drawn.shuffle(pairs)
    return pairs, {"made-up": card_of(profile).text}


if __name__ == "__main__":
    main()
