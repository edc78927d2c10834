"""A training run's work in its child: load, score the reference, train, save, score again.

Training and held-out pairs are scored by the base before the adapter moves, once each, and TRL
trains with those numbers. In bfloat16 two packings of the same pair differ: the margins of 32
pairs of the embedded model by 0.25 nats (root mean square) between packs of 8 and of 16, where
bfloat16 itself is 0.58 from float32. So a first step's loss there is near ln 2 and not at it.
"""

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event as Flag
from typing import Any

from engine.jobs import RunDir
from engine.train import processes, shared_prefix
from engine.train.checkpoints import PICKED, step_reached
from engine.train.config import TrainConfig, pairs_per_step
from engine.train.data import Example, chosen_alone
from engine.train.judged import Scores, judgement
from engine.train.kept_checkpoints import kept_checkpoints
from engine.train.loading import Loaded, load
from engine.train.look import Sights
from engine.train.machine_figures import keep_few_kernels
from engine.train.scoring import PairLogps, ReferenceCache, score_pairs, weights_key
from engine.train.trainer import TrainingEnd, fine_tuning, preferring, train
from models.errors import JobFailed
from models.events import Event, Finished, Note, Step
from models.library import resolve_base


def work(run: RunDir, settings: Mapping[str, Any], asked_to_stop: Flag) -> Iterator[Event]:
    """Train as `job.json` says; ends without `Finished` when it was asked to stop."""
    started = time.monotonic()
    keep_few_kernels()
    config = TrainConfig(**settings["config"])
    if note := settings.get("note"):
        yield Note(note)
    reached = step_reached(run)
    cache_dir = Path(settings["cache_dir"])
    loaded = yield from load(run, config, cache_dir)
    data, judged = loaded.data, loaded.judged
    yield from choose_forward(loaded)
    base = resolve_base(config.base)
    named = f"{weights_key(loaded.causal, base, cache_dir)}/{loaded.place.dtype}"
    named += "/4-bit" if config.four_bit else "" if config.adapter == "lora" else "/full"
    cache = ReferenceCache(cache_dir / "reference" / f"{base.name.replace('/', '--')}.jsonl", named)
    of_base = {example.pair_id: example for example in judged.all}
    if config.method == "dpo":
        of_base |= {example.pair_id: example for example in data.train}
    with loaded.as_base():
        told = "reference log-probabilities"
        reference = yield from _reference(loaded, [*of_base.values()], cache, asked_to_stop, told)
        told = "the base told of nobody"
        plain = yield from _reference(loaded, judged.bare, cache, asked_to_stop, told)
    if reference is None or plain is None:
        return
    end, stage = None, preferring(config)
    of_stage = reference
    if config.method != "dpo":
        end = yield from _fine_tuned(run, config, loaded, reference, asked_to_stop, reached)
        if end is None:
            return
        stage = preferring(config, end.steps)
    if config.method == "sft-dpo":
        own = ReferenceCache(run.path / "reference.jsonl", f"{named}/fine-tuned")
        told = "reference log-probabilities"
        scored = (*data.train, *judged.looked_at)
        tuned = yield from _reference(loaded, scored, own, asked_to_stop, told)
        if tuned is None:
            return
        of_stage = tuned
    if config.method != "sft":
        end = yield from train(
            loaded.model,
            loaded.tokenizer,
            data,
            of_stage,
            config,
            loaded.place,
            run.checkpoints,
            asked_to_stop,
            stage,
            Sights(judged.looked_at, of_stage, loaded.sample),
            reached,
        )
    if end is None:
        return
    if processes.have_parted(p for p in loaded.model.parameters() if p.requires_grad):
        raise JobFailed(
            "The processes ended with different weights.", "Train again, in one process."
        )
    loaded.save(run.adapter if config.adapter == "lora" else run.model)
    if processes.is_first():
        (run.path / PICKED).unlink(missing_ok=True)
    yield Note("Scoring the held-out pairs, and some of its own, with the tuned model.")
    after = yield from _scores(loaded, judged.all, "held-out pairs")
    opposite = yield from _scores(loaded, judged.opposite, "under the opposite card or persona")
    processes.leave()
    seconds = time.monotonic() - started
    scores = Scores(reference, after, plain, opposite)
    yield Finished(_result(run, config, loaded, end, scores, seconds))


def choose_forward(loaded: Loaded) -> Iterator[Event]:
    if reason := shared_prefix.why_not(loaded.causal):
        yield Note(
            f"Training goes by TRL's own forward, several times slower: {reason}. A llama, mistral "
            "or qwen model would go by the prefix tree."
        )
    shared_prefix.install(loaded.causal)


def _fine_tuned(
    run: RunDir,
    config: TrainConfig,
    loaded: Loaded,
    reference: dict[str, PairLogps],
    asked_to_stop: Flag,
    reached: int,
) -> Generator[Event, None, TrainingEnd | None]:
    """Fine-tune the adapter on the chosen answers, unless that was done before a stop."""
    stage = fine_tuning(config)
    done = run.path / "fine_tuned"
    if done.exists():
        yield Note("The fine-tuning was finished before.")
        loaded.read(done)
        steps = stage.epochs * math.ceil(len(loaded.data.train) / pairs_per_step(config))
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
        Sights(loaded.judged.looked_at, reference, loaded.sample),
        reached,
    )
    if end is not None:
        loaded.save(done)
    return end


def _reference(
    loaded: Loaded,
    examples: Sequence[Example],
    cache: ReferenceCache,
    asked_to_stop: Flag,
    told: str,
) -> Generator[Event, None, dict[str, PairLogps] | None]:
    """Log-probabilities under the model as it stands, from the cache where a pair was seen."""
    found_before = {ex.pair_id: found for ex in examples if (found := cache.find(ex))}
    # The first process's for all, so that each leaves the same pairs out.
    known = processes.union([found_before] if processes.is_first() else [])
    if known:
        yield Note(f"{len(known)} of {len(examples)} reference scores are known from before.")
    loaded.model.eval()
    packs = score_pairs(loaded.causal, examples, frozenset(known), loaded.precision)
    for batch in packs:
        if processes.agreed(asked_to_stop.is_set()):
            return None
        if processes.is_first():
            cache.add(examples, batch)
        known |= batch
        yield Step(len(known), len(examples), told)
    return known


def _scores(
    loaded: Loaded, examples: tuple[Example, ...], note: str
) -> Generator[Event, None, dict[str, PairLogps]]:
    known: dict[str, PairLogps] = {}
    loaded.model.eval()
    for batch in score_pairs(loaded.causal, examples, precision=loaded.precision):
        known |= batch
        yield Step(len(known), len(examples), note)
    return known


def _result(
    run: RunDir,
    config: TrainConfig,
    loaded: Loaded,
    end: TrainingEnd,
    scores: Scores,
    seconds: float,
) -> dict[str, object]:
    return {
        "run": run.id,
        "state": "finished",
        "device": loaded.place.device,
        "dtype": str(loaded.place.dtype).removeprefix("torch."),
        "processes": processes.count(),
        "steps": end.steps,
        "pairs": len(loaded.data.own),
        "mirrored": loaded.data.images,
        "made_up": len(loaded.data.made_up),
        "pairs_per_second": round(end.pairs_per_second, 3),
        "metrics": end.last_metrics,
        **judgement(loaded.judged, scores, config.beta),
        "checkpoints": kept_checkpoints(run),
        **(
            {"adapter": str(run.adapter)} if config.adapter == "lora" else {"model": str(run.model)}
        ),
        "too_long": list(loaded.data.too_long),
        "seconds": round(seconds, 1),
    }
