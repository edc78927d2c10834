"""DPO over the prefix tree against TRL's own trainer: the same pairs, adapter, seed and steps.

    python -m benchmarks.dpo [--quick] [--steps 4]
    python -m benchmarks.dpo --grow 100 1000 10000 [--layers 2]

Each way runs in a process of its own, one after the other, and pays for everything but loading:
its reference, its steps. TRL's fastest way is bfloat16 with the reference computed first. `--grow`
trains our way on as many pairs as it says, and prints what a pair comes to in processor time, which
other work on the machine hardly changes; `--layers` keeps only the base's first layers, so that
10,000 pairs take minutes. The last line printed is one JSON object: {benchmark, layers, ratios,
figures, machine}. The profiles are made up (sides drawn with a fixed seed), which changes no shape.
"""

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, cast

from engine.domain import Framework, PreferencePair, Profile, Trait
from engine.frameworks import all_dimensions, all_statements, genres
from engine.pairs.build import pairs_for
from engine.profile.card import card_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

    from engine.train.data import Example

OURS, FASTEST, DOCUMENTED = "tree-bfloat16", "trl-bfloat16-precomputed", "trl-float32"
WAYS = (OURS, FASTEST, "tree-float32", DOCUMENTED)
QUICK = (OURS, FASTEST)
BATCH = 8


@dataclass(frozen=True)
class Figures:
    """What one way came to."""

    way: str
    pairs: int
    pairs_per_second: float
    """Reference included, loading not."""
    processor_seconds: float
    """Of all threads, over the same stretch."""
    losses: tuple[float, ...]
    peak_memory_bytes: int
    share_of_products: float | None
    """The layers' and the head's matrix products per second, as a share of what one large product
    reaches in this process; attention's own products are not counted. None for TRL."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the fastest ways only, two steps")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--grow", type=int, nargs="+", default=[], metavar="PAIRS")
    parser.add_argument("--layers", type=int, default=0, help="of the base; 0 keeps all")
    parser.add_argument("--way", choices=WAYS, help="run one way in this process")
    given = parser.parse_args()
    steps = given.steps or (2 if given.quick else 4)
    if given.way:
        print(json.dumps(asdict(measured(given.way, BATCH * steps, given.layers))))
        return
    if given.grow:
        found = [in_child(OURS, pairs // BATCH, given.layers) for pairs in given.grow]
        each = {figures.pairs: figures.processor_seconds / figures.pairs for figures in found}
        ratios = {
            f"processor time a pair, {more.pairs} / {found[0].pairs} pairs": (
                each[more.pairs] / each[found[0].pairs]
            )
            for more in found[1:]
        }
    else:
        ways = QUICK if given.quick else WAYS
        found = [in_child(way, steps, given.layers) for way in ways]
        rates = {figures.way: figures.pairs_per_second for figures in found}
        ratios = {
            f"pairs/s, {ours} / {theirs}": rates[ours] / rates[theirs]
            for ours, theirs in ((OURS, FASTEST), (OURS, DOCUMENTED), ("tree-float32", DOCUMENTED))
            if ours in rates and theirs in rates
        }
    machine = {"cpu": platform.processor() or platform.machine(), "python": sys.version.split()[0]}
    told = {"benchmark": "dpo", "layers": given.layers or "all", "ratios": ratios}
    print(json.dumps({**told, "figures": [asdict(one) for one in found], "machine": machine}))


def in_child(way: str, steps: int, layers: int) -> Figures:
    print(f"{way}, {steps} steps of {BATCH} pairs", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.dpo", "--way", way]
    command += ["--steps", str(steps), "--layers", str(layers)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(
        output.splitlines()[-1], file=sys.stderr
    )  # what is measured stays, should a later way end
    row = json.loads(output.splitlines()[-1])
    return Figures(**{**row, "losses": tuple(row["losses"])})


def measured(way: str, count: int, layers: int) -> Figures:
    import torch
    from datasets import Dataset
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import PreTrainedModel
    from trl.trainer.dpo_trainer import DPOTrainer

    from engine.train import shared_prefix
    from engine.train.config import TrainConfig
    from engine.train.data import prepare_data
    from engine.train.device import Place
    from engine.train.look import Sights
    from engine.train.machine_figures import keep_few_kernels
    from engine.train.scoring import PairLogps, score_pairs
    from engine.train.trainer import dpo_config, preferring, train
    from models.events import Metric
    from models.hardware import peak_memory_bytes
    from models.library import resolve_base
    from models.torch_base import load_base

    kind, dtype_name, *rest = way.split("-")
    if kind == "tree":
        keep_few_kernels()
    place = Place("cpu", getattr(torch, dtype_name), "")
    config = TrainConfig(max_pairs=count, max_held_out=1, batch_size=BATCH)
    stage = preferring(config)
    with tempfile.TemporaryDirectory() as folder:
        cache_dir = Path(tempfile.gettempdir()) / "persona-studio-benchmark"
        base, tokenizer = load_base(resolve_base("embedded"), cache_dir, place.dtype)
        if layers:
            blocks = cast(torch.nn.ModuleList, base.get_submodule("model.layers"))
            del blocks[layers:]
        pairs, cards = made_up_pairs(count)
        data = prepare_data(pairs, cards, tokenizer, config)
        torch.manual_seed(0)
        lora = LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        model = cast(PeftModel, get_peft_model(base, lora))
        causal = cast(PreTrainedModel, model.get_base_model())
        started, started_working = time.monotonic(), time.process_time()
        losses: list[float] = []
        share = None
        if kind == "trl":
            args = dpo_config(config, place, Path(folder), stage)
            args.precompute_ref_log_probs = bool(rest)
            trainer = DPOTrainer(
                model=model,
                args=args,
                train_dataset=Dataset.from_list(list(data.rows)),
                processing_class=tokenizer,
            )
            trainer.train()
            losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
            seconds, worked = time.monotonic() - started, time.process_time() - started_working
        else:
            shared_prefix.install(causal)
            reference: dict[str, PairLogps] = {}
            with model.disable_adapter():
                for scores in score_pairs(causal, data.train):
                    reference |= scores
            sights, stop = Sights((), {}, None), Flag()
            for event in train(
                model,
                tokenizer,
                data,
                reference,
                config,
                place,
                Path(folder),
                stop,
                stage,
                sights,
            ):
                if isinstance(event, Metric) and "loss" in event.values:
                    losses.append(event.values["loss"])
            seconds, worked = time.monotonic() - started, time.process_time() - started_working
            share = products(causal, data.train) / seconds / large_product(place.dtype)
    rate = len(data.train) / seconds
    peak = peak_memory_bytes()
    return Figures(way, len(data.train), rate, worked, tuple(losses), peak, share)


def products(model: "PreTrainedModel", examples: "Sequence[Example]") -> float:
    """Floating-point operations of one epoch's matrix products with the base's weights.

    Forward and the gradient of what goes in, for packs of `BATCH`, as they come; the forward alone
    for the reference's packs. The adapter's own products, a tenth of them, are not counted.
    """
    from torch.nn import Linear

    from engine.train.prefix_tree import pack
    from engine.train.scoring import packs

    weights = {id(m.weight): m.weight.numel() for m in model.modules() if type(m) is Linear}
    output_embeddings: Callable[[], Linear] = model.get_output_embeddings
    head = output_embeddings().weight
    adapters = sum(p.numel() for name, p in model.named_parameters() if "lora_" in name)
    layers = sum(weights.values()) - weights.get(id(head), 0) - adapters
    steps = [examples[start : start + BATCH] for start in range(0, len(examples), BATCH)]
    total = 0.0
    for batches, passes in ((steps, 2), (list(packs(examples)), 1)):
        for batch in batches:
            sides = [(ex, own) for ex in batch for own in (ex.chosen_ids, ex.rejected_ids)]
            tree = pack([(*ex.prompt_ids, *own) for ex, own in sides])
            labelled = sum(len(own) for _, own in sides)
            total += 2 * passes * (tree.input_ids.shape[1] * layers + labelled * head.numel())
    return total


def large_product(dtype: "torch.dtype", side: int = 4096, times: int = 3) -> float:
    """Floating-point operations a second of the best of a few large matrix products."""
    import torch

    a, b = (torch.randn(side, side).to(dtype) for _ in range(2))
    a @ b
    best = float("inf")
    for _ in range(times):
        started = time.monotonic()
        a @ b
        best = min(best, time.monotonic() - started)
    return 2 * side**3 / best


def made_up_pairs(count: int) -> tuple[list[PreferencePair], dict[str, str]]:
    """At least `count` training pairs of readers with random sides, and the cards by reader id."""
    drawn = random.Random(3)
    pairs: list[PreferencePair] = []
    cards: dict[str, str] = {}
    while sum(not pair.held_out for pair in pairs) < count:
        profile = made_up_profile(f"made-up-{len(cards)}", drawn)
        own = pairs_for(profile)
        drawn.shuffle(own)
        pairs += own
        cards[profile.reader_id] = card_of(profile).text
    return pairs, cards


def made_up_profile(reader_id: str, drawn: random.Random) -> Profile:
    def known(trait_id: str, framework: Framework) -> Trait:
        return Trait(trait_id, framework, drawn.choice((-0.6, 0.6)), 0.6, "known")

    traits = [known(one.id, one.framework) for one in all_statements().values()]
    traits += [known(one.id, "ocean") for one in all_dimensions().values() if one.parent]
    traits += [known(f"interests.{genre}", "interests") for genre in genres()]
    half = tuple(trait for trait in traits if drawn.random() < 0.5)
    return Profile(reader_id, "none", half, datetime.now(UTC))


if __name__ == "__main__":
    main()
