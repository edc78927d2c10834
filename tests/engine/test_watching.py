"""What a training tells while it runs and at its end, on a random model of two layers."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest
import torch
from peft import PeftModel
from transformers import LlamaConfig, LlamaForCausalLM

from engine.domain import Book, PreferencePair, Track
from engine.train import shared_prefix
from engine.train.choosing import to_look_at
from engine.train.config import Method
from engine.train.device import choose_place
from engine.train.prefix_tree import common_length
from engine.train.samples import (
    REPEAT_PENALTY,
    SAMPLE_TOKENS,
    SampleRequest,
    repeated_share,
    sample_request,
    write_sample,
)
from models.events import Event, Finished, Item, JsonObject, Metric
from models.library import resolve_base
from models.torch_base import load_base
from tests.engine.tiny_training import CARD, PAIRS, SHAPE, TINY, a_pair, a_run, run_child, steps_of

BOOK = Book("b1", "The Long Boat", "E. Sailor", 1990, ("Sea stories",), "A crew sails north.")
SIX_STEPS = replace(TINY, epochs=2, batch_size=2, checkpoint_every=2)
"""Six pairs, three steps an epoch; checkpoints at 2, 4 and at the end, 6."""
FIGURES = (
    "loss",
    "rewards/accuracies",
    "rewards/margins",
    "rewards/chosen",
    "rewards/rejected",
    "logps/chosen",
    "logps/rejected",
    "learning_rate",
    "grad_norm",
    "entropy",
    "pairs_per_second",
    "eta_s",
    "memory_bytes",
    "memory_limit_bytes",
)


@pytest.fixture(scope="session")
def telling_base(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that writes many different words; the tiny one's head, its embeddings, says the last
    token of the prompt, a line's end, again and again."""
    folder = tmp_path_factory.mktemp("telling") / "base"
    shutil.copytree(tiny_base, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.manual_seed(0)
    config = LlamaConfig(**SHAPE, tie_word_embeddings=False, initializer_range=0.1)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def looks_of(events: list[Event]) -> list[Metric]:
    return [
        event for event in events if isinstance(event, Metric) and "held_out/loss" in event.values
    ]


def samples_of(events: list[Event]) -> list[JsonObject]:
    items = [event.value for event in events if isinstance(event, Item)]
    return [value for value in items if value.get("kind") == "sample"]


def result_of(events: list[Event]) -> JsonObject:
    last = events[-1]
    assert isinstance(last, Finished), last
    return last.result


async def test_held_out_pairs_and_a_description_are_seen_at_every_checkpoint(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, SIX_STEPS, book=BOOK)
    events = await run_child(run)
    looks = looks_of(events)
    assert [look.step for look in looks] == [0, 2, 4, 6]
    assert looks[0].values["held_out/loss"] == pytest.approx(math.log(2), abs=5e-3)
    assert looks[-1].values["held_out/loss"] < 0.6
    assert looks[-1].values["held_out/accuracies"] == 1.0
    assert looks[-1].values["held_out/margins"] > 0.3
    chosen = [look.values["held_out/logps/chosen"] for look in looks]
    rejected = [look.values["held_out/logps/rejected"] for look in looks]
    assert chosen[-1] - chosen[0] > rejected[-1] - rejected[0]
    samples = samples_of(events)
    assert [sample["step"] for sample in samples] == [0, 2, 4, 6]
    assert {(sample["book"], sample["title"]) for sample in samples} == {("b1", "The Long Boat")}
    assert all(0 < look.values["sample/tokens"] <= SAMPLE_TOKENS for look in looks)


async def test_each_description_is_what_the_model_of_its_step_writes(
    telling_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """In bfloat16 rounding may make two texts of one model part, but late."""
    run = a_run(tmp_path / "train-1", telling_base, cache_dir, SIX_STEPS, book=BOOK)
    texts = [str(sample["text"]) for sample in samples_of(await run_child(run))]
    place = choose_place()
    again = []
    for folder in (None, *(run.checkpoints / f"checkpoint-{step}" for step in (2, 4, 6))):
        base, tokenizer = load_base(resolve_base(str(telling_base)), cache_dir, place.dtype)
        request = sample_request(run.path, {"ann": CARD}, tokenizer)
        assert request is not None
        if folder is not None:
            PeftModel.from_pretrained(base, str(folder))  # puts its layers into the base
        torch.nn.Module.eval(base)
        with torch.autocast("cpu", place.dtype, enabled=place.dtype != torch.float32):
            again.append(str(tokenizer.decode(write_sample(base, tokenizer, request, Flag()))))
    for own, text in enumerate(texts):
        shared = [common_length([_letters(text), _letters(other.strip())]) for other in again]
        assert shared.count(max(shared)) == 1, shared
        assert shared.index(max(shared)) == own, shared
    assert len(texts) == 4


def _letters(text: str) -> tuple[int, ...]:
    return tuple(map(ord, text))


async def test_every_step_tells_its_figures_speed_and_memory(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, SIX_STEPS)
    told = steps_of(await run_child(run))
    assert len(told) == 6
    for metric in told:
        assert [name for name in FIGURES if name not in metric.values] == []
        assert 0 < metric.values["memory_bytes"] < metric.values["memory_limit_bytes"]
    assert told[-1].values["eta_s"] == 0.0


@pytest.mark.parametrize("method", ["dpo", "sft-dpo"])
async def test_looking_changes_no_step(
    method: Method, tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """The same pairs trained on, with and without held-out pairs and a book."""
    config = replace(SIX_STEPS, method=method, sft_learning_rate=1e-2)
    trained = [pair for pair in PAIRS if not pair.held_out]
    looked = a_run(tmp_path / "looked-at", tiny_base, cache_dir, config, book=BOOK)
    alone = a_run(tmp_path / "alone", tiny_base, cache_dir, config, trained)
    with_looks, without = await run_child(looked), await run_child(alone)
    assert len(samples_of(with_looks)) > 3
    assert samples_of(without) == []
    for a, b in zip(steps_of(with_looks), steps_of(without), strict=True):
        same = ("loss", "grad_norm", "rewards/margins", "logps/chosen")
        assert [a.values[name] for name in same] == pytest.approx([b.values[name] for name in same])


async def test_checkpoints_are_kept_with_what_was_seen_and_the_last_two_can_go_on(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """Fine-tuning is three steps long, so that DPO's checkpoints 2, 4 and 6 are steps 5, 7, 9."""
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, replace(SIX_STEPS, method="sft-dpo"))
    events = await run_child(run)
    kept = result_of(events)["checkpoints"]
    assert isinstance(kept, list)
    assert [checkpoint["step"] for checkpoint in kept] == [2, 3, 5, 7, 9]
    seen = {look.step: look.values for look in looks_of(events)}
    for checkpoint in kept:
        path = Path(checkpoint["path"])
        assert (path / "adapter_model.safetensors").exists()
        assert checkpoint["held_out"]["loss"] == seen[checkpoint["step"]]["held_out/loss"]
    optimisers = [(Path(checkpoint["path"]) / "optimizer.pt").exists() for checkpoint in kept]
    assert optimisers == [True, True, False, True, True]  # two of each stage


async def test_the_result_says_what_was_learned_per_track(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """Twenty held-out pairs whose sides are those of all training pairs: nothing easier."""
    trained = [a_pair(number) for number in range(6)]
    tracks: list[Track] = ["values", "interests"]
    held_out = [
        replace(a_pair(number, held_out=True), track=tracks[number % 2]) for number in range(6, 26)
    ]
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, pairs=[*trained, *held_out])
    result = result_of(await run_child(run))
    told = result["held_out"]
    assert isinstance(told, dict)
    assert (told["pairs"], told["reward_accuracy"]) == (20, 1.0)
    assert told["reward_accuracy_interval"] == pytest.approx([0.839, 1.0], abs=1e-3)
    assert {track: figures["pairs"] for track, figures in told["tracks"].items()} == {
        "interests": 10,
        "values": 10,
    }
    assert told["tuned"] == 1.0
    assert 0 <= told["card_alone"] <= 1
    own = result["train"]
    assert isinstance(own, dict)
    assert (own["pairs"], own["reward_accuracy"]) == (6, 1.0)
    assert own["tuned"] is None  # of held-out pairs only
    verdict = result["verdict"]
    assert isinstance(verdict, dict)
    assert verdict["kind"] == "learned"
    assert str(verdict["says"]).startswith("It learned: training moved 100% (84% to 100%)")


def test_pairs_that_are_looked_at_are_of_every_track() -> None:
    """Of 40 values pairs and 3 descriptions a limit of 10 takes five of each where there are."""
    pairs: list[PreferencePair] = [a_pair(number) for number in range(40)]
    pairs += [replace(a_pair(100 + number), track="descriptions") for number in range(3)]
    assert [pair.track for pair in to_look_at(pairs, 10)] == ["values"] * 5 + ["descriptions"] * 3
    assert to_look_at(pairs[:4], 10) == pairs[:4]


def test_a_description_is_the_plain_models_greedy_one(telling_base: Path, cache_dir: Path) -> None:
    """Token by token without a cache, what was written before weighed down as previews do."""
    model, tokenizer = load_base(resolve_base(str(telling_base)), cache_dir, torch.float32)
    prompt = tuple(tokenizer("Tell of the river, and of all who live by it.")["input_ids"])
    wanted: list[int] = []
    with torch.no_grad():
        for _ in range(SAMPLE_TOKENS):
            scores = model(torch.tensor([[*prompt, *wanted]])).logits[0, -1]
            seen = torch.tensor(sorted(set(wanted)), dtype=torch.long)
            weighed = torch.where(
                scores[seen] > 0, scores[seen] / REPEAT_PENALTY, scores[seen] * REPEAT_PENALTY
            )
            wanted.append(int(scores.scatter(0, seen, weighed).argmax()))
    shared_prefix.install(model)
    request = SampleRequest("b1", "The Long Boat", prompt)
    special = set(tokenizer.all_special_ids)
    assert not special.intersection(wanted)
    assert write_sample(model, tokenizer, request, Flag()) == wanted
    stopped = Flag()
    stopped.set()
    assert write_sample(model, tokenizer, request, stopped) == wanted[:1]


def test_repeated_runs_of_three_words_are_counted() -> None:
    """Of the six runs of "a b c a b c a b" three are new."""
    assert repeated_share("a b c a b c a b") == 0.5
    assert repeated_share("two words") == 0.0
