"""A training run's work in its child: load, score the reference, train, score again, save.

Training and held-out pairs are scored by the base before the adapter moves, once each, and TRL
trains with those numbers. In bfloat16 two packings of the same pair differ: the margins of 32
pairs of the embedded model by 0.25 nats (root mean square) between packs of 8 and of 16, where
bfloat16 itself is 0.58 from float32. So a first step's loss there is near ln 2 and not at it.
"""

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any, cast

import torch
from peft import (
    LoraConfig,
    PeftModel,
    get_peft_model,
    load_peft_weights,
    set_peft_model_state_dict,
)
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.jobs import RunDir
from engine.train import shared_prefix
from engine.train.config import TrainConfig
from engine.train.data import Example, TrainingData, chosen_alone, prepare_data
from engine.train.device import Place, choose_place
from engine.train.input_files import read_pairs
from engine.train.scoring import (
    PairLogps,
    ReferenceCache,
    accuracy,
    margin,
    score_pairs,
    weights_key,
)
from engine.train.trainer import TrainingEnd, fine_tuning, preferring, train
from models.aside import written_aside
from models.events import Event, Finished, Note, Step
from models.library import resolve_base
from models.torch_base import load_base


@dataclass(frozen=True)
class Loaded:
    """What a run trains: the model with a fresh adapter, and its data."""

    model: PeftModel
    tokenizer: PreTrainedTokenizerBase
    data: TrainingData
    place: Place

    @property
    def causal(self) -> PreTrainedModel:
        """The base under the adapter's layers."""
        return cast(PreTrainedModel, self.model.get_base_model())


def work(run: RunDir, settings: Mapping[str, Any], asked_to_stop: Flag) -> Iterator[Event]:
    """Train as `job.json` says; ends without `Finished` when it was asked to stop."""
    started = time.monotonic()
    config = TrainConfig(**settings["config"])
    cache_dir = Path(settings["cache_dir"])
    loaded = yield from _load(run, config, cache_dir)
    data = loaded.data
    yield from _choose_forward(loaded)
    base = resolve_base(config.base)
    named = f"{weights_key(loaded.causal, base, cache_dir)}/{loaded.place.dtype}"
    cache = ReferenceCache(cache_dir / "reference" / f"{base.name.replace('/', '--')}.jsonl", named)
    of_base = data.held_out if config.method != "dpo" else (*data.train, *data.held_out)
    with loaded.model.disable_adapter():
        reference = yield from _reference(loaded, of_base, cache, asked_to_stop)
    if reference is None:
        return
    end = None
    if config.method != "dpo":
        end = yield from _fine_tuned(run, config, loaded, asked_to_stop)
        if end is None:
            return
    if config.method == "sft-dpo":
        own = ReferenceCache(run.path / "reference.jsonl", f"{named}/fine-tuned")
        tuned = yield from _reference(loaded, data.train, own, asked_to_stop)
        if tuned is None:
            return
        reference |= tuned
    if config.method != "sft":
        end = yield from train(
            loaded.model,
            loaded.tokenizer,
            data,
            reference,
            config,
            loaded.place,
            run.checkpoints,
            asked_to_stop,
            preferring(config, end.steps if end else 0),
        )
    if end is None:
        return
    loaded.model.save_pretrained(str(run.adapter), selected_adapters=["default"])
    yield Note("Scoring the held-out pairs with the tuned model.")
    policy = yield from _scores(loaded, data.held_out, "held-out pairs")
    yield Finished(_result(run, config, loaded, end, reference, policy, time.monotonic() - started))


def _load(run: RunDir, config: TrainConfig, cache_dir: Path) -> Generator[Event, None, Loaded]:
    place = choose_place()
    yield Note(place.told)
    base, tokenizer = load_base(resolve_base(config.base), cache_dir, place.dtype)
    pairs, cards = read_pairs(run.path)
    data = prepare_data(pairs, cards, tokenizer, config)
    yield Note(f"{len(data.train)} pairs to train on, {len(data.held_out)} held out.")
    if data.too_long:
        yield Note(
            f"{len(data.too_long)} pairs are longer than {config.max_length} tokens and are left "
            f"out: {', '.join(data.too_long)}."
        )
    torch.manual_seed(config.seed)
    model = get_peft_model(
        torch.nn.Module.to(base, place.device),
        LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    return Loaded(cast(PeftModel, model), tokenizer, data, place)


def _choose_forward(loaded: Loaded) -> Iterator[Event]:
    if reason := shared_prefix.why_not(loaded.causal):
        yield Note(
            f"Training goes by TRL's own forward, several times slower: {reason}. A llama, mistral "
            "or qwen model would go by the prefix tree."
        )
    shared_prefix.install(loaded.causal)


def _fine_tuned(
    run: RunDir, config: TrainConfig, loaded: Loaded, asked_to_stop: Flag
) -> Generator[Event, None, TrainingEnd | None]:
    """Fine-tune the adapter on the chosen answers, unless that was done before a stop."""
    stage = fine_tuning(config)
    done = run.path / "fine_tuned"
    if done.exists():
        yield Note("The fine-tuning was finished before.")
        set_peft_model_state_dict(loaded.model, load_peft_weights(str(done)))
        steps = stage.epochs * math.ceil(len(loaded.data.train) / config.batch_size)
        return TrainingEnd(steps, 0.0, {})
    end = yield from train(
        loaded.model,
        loaded.tokenizer,
        chosen_alone(loaded.data),
        # The loss reads no reference: zeros spare the time.
        {example.pair_id: PairLogps(0.0, 0.0) for example in loaded.data.train},
        config,
        loaded.place,
        run.checkpoints / "sft",
        asked_to_stop,
        stage,
    )
    if end is not None:
        with written_aside(done) as aside:
            loaded.model.save_pretrained(str(aside), selected_adapters=["default"])
    return end


def _reference(
    loaded: Loaded, examples: Sequence[Example], cache: ReferenceCache, asked_to_stop: Flag
) -> Generator[Event, None, dict[str, PairLogps] | None]:
    """Log-probabilities under the model as it stands, from the cache where a pair was seen."""
    known = {ex.pair_id: found for ex in examples if (found := cache.find(ex))}
    missing = [ex for ex in examples if ex.pair_id not in known]
    if known:
        yield Note(f"{len(known)} of {len(examples)} reference scores are known from before.")
    loaded.model.eval()
    for batch in score_pairs(loaded.causal, missing):
        if asked_to_stop.is_set():
            return None
        cache.add(missing, batch)
        known |= batch
        yield Step(len(known), len(examples), "reference log-probabilities")
    return known


def _scores(
    loaded: Loaded, examples: tuple[Example, ...], note: str
) -> Generator[Event, None, dict[str, PairLogps]]:
    known: dict[str, PairLogps] = {}
    loaded.model.eval()
    for batch in score_pairs(loaded.causal, examples):
        known |= batch
        yield Step(len(known), len(examples), note)
    return known


def _result(
    run: RunDir,
    config: TrainConfig,
    loaded: Loaded,
    end: TrainingEnd,
    reference: dict[str, PairLogps],
    policy: dict[str, PairLogps],
    seconds: float,
) -> dict[str, object]:
    held_out = [ex.pair_id for ex in loaded.data.held_out]
    margins = [margin(policy[key], reference[key], config.beta) for key in held_out]
    return {
        "run": run.id,
        "state": "finished",
        "device": loaded.place.device,
        "dtype": str(loaded.place.dtype).removeprefix("torch."),
        "steps": end.steps,
        "pairs": len(loaded.data.train),
        "pairs_per_second": round(end.pairs_per_second, 3),
        "metrics": end.last_metrics,
        "held_out": {
            "pairs": len(held_out),
            "accuracy": accuracy([policy[key] for key in held_out]),
            "accuracy_before": accuracy([reference[key] for key in held_out]),
            "reward_accuracy": (
                sum(value > 0 for value in margins) / len(margins) if margins else None
            ),
            "mean_margin": sum(margins) / len(margins) if margins else None,
        },
        "adapter": str(run.adapter),
        "too_long": list(loaded.data.too_long),
        "seconds": round(seconds, 1),
    }
