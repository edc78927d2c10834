"""What a run will need: against a measured run, on made-up machines, and what makes it fit.

Measured beside these on the embedded model, forecast from sizes alone / peak in GB: in bfloat16
batches of 4, 8, 16 pairs 1.99 / 1.92, 2.55 / 2.48, 3.37 / 3.30, cards of 60 and of 1,200 tokens
2.30 / 2.34 and 3.21 / 3.17. In float32 by hand, 4 pairs: 3.4 / 3.1. The others are those of
`benchmarks/preflight.py`.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from engine import cards, desk, jobs, preflight
from engine.domain import PreferencePair
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.train import scoring, shared_prefix
from engine.train.config import TrainConfig
from engine.train.data import prepare_data
from engine.train.device import choose_place
from engine.train.input_files import input_files
from engine.train.prefix_tree import pack
from engine.train.preflight import LARGEST_QUANT, Base, Forecast, Machine, forecast
from engine.train.preflight_memory import SERVED, Place, memory_parts, place_of
from engine.train.preflight_plan import Option, Way, plan
from engine.train.preflight_probe import Probe, probe_from
from engine.train.preflight_work import (
    PACK_PAIRS,
    PACK_TOKENS,
    Batch,
    batch_of,
    bytes_of,
    size_of,
    work_of,
)
from models.base_shape import shape_of
from models.events import Finished, Item, Metric, Step
from models.library import resolve_base
from models.quantisations import QUANTS
from models.torch_base import base_folder, load_tokenizer
from models.wordpieces import count_tokens
from tests.engine.conftest import a_profile, fill, known, scored_ids

CPU = Place("cpu", 2, "No GPU here.")
ROOMY = Machine(CPU, 64 << 30, None, 64 << 30, 64 << 30, 2)
CARD = "The reader is in Recife and teaches literature.\nSeeks out: poetry, family sagas, the sea."


def a_pair(number: int, held_out: bool = False, words: int = 40) -> PreferencePair:
    return PreferencePair(
        id=f"p{number}",
        reader_id="ann",
        track="values",
        trait_id="schwartz.face.1",
        topic=f"topic {number}",
        prompt=f"What would you do on day {number} of the flood, when the road is gone?",
        chosen=" ".join(
            f"I would carry chair {number}.{n} up the hill." for n in range(words // 8)
        ),
        rejected=" ".join(f"I would stay with desk {number}.{n} below." for n in range(words // 8)),
        origin=f"o{number}",
        held_out=held_out,
    )


def some_pairs(count: int, words: int = 40) -> list[PreferencePair]:
    return [a_pair(n, words=words) for n in range(count)] + [a_pair(count, held_out=True)]


def embedded() -> Base:
    return listed("embedded")


def listed(spec: str) -> Base:
    model = resolve_base(spec)
    shape = shape_of(model)
    assert shape is not None
    return Base(model, shape, is_here=True, is_converted=True)


def test_what_is_said_twice_because_of_torch_is_the_same() -> None:
    assert (PACK_TOKENS, PACK_PAIRS) == (scoring.TOKENS_AT_ONCE, scoring.PAIRS_AT_ONCE)
    assert SERVED == shared_prefix.SERVED
    assert (
        max(kind.largest_bits_per_weight / 16 for name, kind in QUANTS.items() if name != "F16")
        == LARGEST_QUANT
    )


def test_a_batch_has_each_card_request_and_answer_once() -> None:
    """At 1 byte a token. Card: the frame of `writer.md` and 3 bytes. Two pairs of one request with
    answers a, b and b, a; a third with another request: card + 2 requests + a + b + c + d."""
    first = replace(a_pair(1), prompt="1234567890", chosen="aaaa", rejected="bbbb")
    turned = replace(first, id="p2", chosen="bbbb", rejected="aaaa")
    other = replace(first, id="p3", prompt="12345", chosen="cc", rejected="d")
    sizes = [size_of(pair, "abc", 1.0) for pair in (first, turned, other)]
    card = sizes[0].card_tokens
    found = batch_of(sizes)
    assert found.packed == card + (10 + 10) + (5 + 10) + (4 + 2) * 2 + (2 + 2) + (1 + 2)
    assert found.longest == card + 20 + 6
    assert found.padded == 6 * found.longest


def test_packed_tokens_are_near_those_of_the_real_tree(cache_dir: Path) -> None:
    pairs = some_pairs(8)[:8]
    tokenizer = load_tokenizer(resolve_base("embedded"), cache_dir)
    data = prepare_data(pairs, {"ann": CARD}, tokenizer, TrainConfig())
    rows = [(*ex.prompt_ids, *own) for ex in data.train for own in (ex.chosen_ids, ex.rejected_ids)]
    real = pack(rows).input_ids.shape[1]
    tokens = sum(len(ex.prompt_ids + ex.chosen_ids + ex.rejected_ids) for ex in data.train)
    ratio = sum(bytes_of(pair, CARD) for pair in pairs) / tokens
    reckoned = work_of(pairs, {"ann": CARD}, TrainConfig(), ratio).biggest.packed
    assert reckoned == pytest.approx(real, rel=0.15)


def test_fine_tuning_first_adds_its_steps_and_packs_the_chosen_answers_alone() -> None:
    """16 pairs in batches of 8: 2 steps of DPO, and 2 of fine-tuning before them."""
    pairs = some_pairs(16)
    alone = work_of(pairs, {"ann": CARD}, TrainConfig(method="sft"))
    both = work_of(pairs, {"ann": CARD}, TrainConfig(method="sft-dpo"))
    assert (alone.steps, both.steps) == (2, 4)
    assert alone.biggest.packed < both.biggest.packed


def test_pairs_that_are_too_long_are_counted_and_left_out() -> None:
    pairs = [*some_pairs(3), a_pair(9, words=4000)]
    found = work_of(pairs, {"ann": CARD}, TrainConfig())
    assert (found.pairs, found.too_long, found.held_out) == (3, 1, 1)


def test_memory_is_forecast_by_hand_for_the_embedded_model() -> None:
    """A batch of 1,000 tokens in bfloat16. A token keeps in each of 30 layers
    2 * (4 * 576 + 3 * 576 + 2 * 192 + 3 * 1536 + 7 * 16) + 4 * 11 = 18,316 bytes; 1.4 times that
    is held. The logits of 128 positions take 49,152 * (2 + 4 + 4) bytes each."""
    config, shape = TrainConfig(), embedded().shape
    parts = memory_parts(shape, config, Batch(packed=1000), Batch(), CPU)
    assert [part.bytes for part in parts] == [
        600_000_000,
        134_515_008 * 2,
        4_884_480 * 20,
        round(1000 * 18_316 * 30 * 1.4) + 128 * 49_152 * 10,
    ]


def test_layers_computed_again_keep_their_inputs_alone() -> None:
    """30 inputs of 576 numbers and one layer in full, instead of 30 in full."""
    shape = embedded().shape
    one = memory_parts(shape, TrainConfig(), Batch(packed=1000), Batch(), CPU)[3].bytes
    again = TrainConfig(gradient_checkpointing=True)
    less = memory_parts(shape, again, Batch(packed=1000), Batch(), CPU)[3].bytes
    logits = 128 * 49_152 * 10
    assert less - logits == round(1000 * (18_316 + 30 * 576 * 2) * 1.4)
    assert less < one / 3


def test_a_base_without_the_tree_keeps_every_row() -> None:
    shape = replace(embedded().shape, model_type="gemma2")
    batch = Batch(packed=1500, padded=7000, longest=440)
    served = memory_parts(embedded().shape, TrainConfig(), batch, Batch(), CPU)[3].bytes
    assert memory_parts(shape, TrainConfig(), batch, Batch(), CPU)[3].bytes > 4 * served


def test_where_all_fits_there_is_no_plan() -> None:
    found, ways = forecast_and_plan(TrainConfig(), embedded(), ROOMY)
    assert found.fits
    assert ways == ()


def test_on_a_small_machine_the_plan_begins_with_what_gives_the_same_numbers() -> None:
    """Room for the model and half the batch: layers computed again, or batches of 4 or fewer."""
    pairs = some_pairs(64, words=400)
    wide = forecast_and_plan(TrainConfig(), embedded(), ROOMY, pairs)[0].needs[0]
    room = wide.need_bytes - wide.parts[3].bytes // 2
    found, ways = forecast_and_plan(
        TrainConfig(), embedded(), replace(ROOMY, ram_bytes=room), pairs
    )
    assert [need.name for need in found.needs if not need.fits] == ["memory"]
    assert ways[0].option.changes == {"gradient_checkpointing": True}
    smaller: list[dict[str, object]] = [
        {"batch_size": size, "gradient_accumulation": 8 // size} for size in (4, 2)
    ]
    assert ways[1].option.changes in smaller
    assert all(way.forecast.fits for way in ways)
    assert ways[0].forecast.seconds > found.seconds
    assert {way.forecast.work.steps for way in ways[:2]} == {found.work.steps}


def test_a_base_that_is_too_big_by_itself_leaves_the_smaller_ones() -> None:
    """Qwen2.5-1.5B takes 3.1 GB and 0.6 GB of libraries before its first token; 4 GB hold
    Qwen2.5-0.5B, whose weights are 1.0 GB, with a batch of eight pairs."""
    small = replace(ROOMY, ram_bytes=4_000_000_000)
    found, ways = forecast_and_plan(TrainConfig(), listed("Qwen/Qwen2.5-1.5B-Instruct"), small)
    assert not found.fits
    assert [way.option.changes for way in ways] == [{"base": "Qwen/Qwen2.5-0.5B-Instruct"}]


def test_beside_a_base_that_must_be_fetched_stands_the_one_that_is_here() -> None:
    small = replace(ROOMY, ram_bytes=4_000_000_000)
    _, ways = forecast_and_plan(
        TrainConfig(), listed("Qwen/Qwen2.5-1.5B-Instruct"), small, fetched=False
    )
    assert [way.option.changes["base"] for way in ways] == [
        "Qwen/Qwen2.5-0.5B-Instruct",
        "embedded",
    ]


def test_four_bits_are_offered_on_a_gpu_only() -> None:
    big = listed("meta-llama/Llama-3.1-8B-Instruct")
    gpu = replace(ROOMY, place=Place("cuda", 2, "On a GPU."), gpu_bytes=12 << 30)
    _, on_gpu = forecast_and_plan(TrainConfig(), big, gpu)
    assert on_gpu[0].option.changes == {"four_bit": True}
    _, on_cpu = forecast_and_plan(TrainConfig(), big, replace(ROOMY, ram_bytes=12 << 30))
    assert not any("four_bit" in way.option.changes for way in on_cpu)


def test_a_disk_that_holds_no_checkpoints_is_a_reason_to_refuse() -> None:
    """An adapter of rank 16 is 19.5 MB: 39 with its copy, 39 more for the optimiser."""
    full = replace(ROOMY, disk_bytes=60_000_000)
    found, ways = forecast_and_plan(TrainConfig(), embedded(), full)
    disk = found.need("disk")
    assert disk is not None
    assert disk.parts[0].bytes == 2 * 19_537_920 + 4_000_000 + 2 * 19_537_920
    assert preflight.Preflight(found, ways).refusal == (
        "The run needs 0.1 GB of disk, and 0.1 GB are free."
    )


def test_a_disk_too_small_for_the_export_alone_is_none() -> None:
    """The merged file takes 269 MB, the quantised one 143 MB at most."""
    narrow = replace(ROOMY, disk_bytes=300_000_000)
    found, ways = forecast_and_plan(TrainConfig(), embedded(), narrow)
    assert [need.name for need in found.needs if not need.fits] == ["disk with an export"]
    assert preflight.Preflight(found, ways).refusal == ""


def test_twice_the_speed_is_half_the_steps_time() -> None:
    slow = Probe(CPU, 4.25, 10.0, scoring_tokens_per_s=500.0, training_tokens_per_s=100.0)
    fast = replace(slow, training_tokens_per_s=200.0)
    steps = [
        next(d.seconds for d in reckoned(probe).durations if d.what.endswith("steps"))
        for probe in (slow, fast)
    ]
    assert steps[0] == pytest.approx(2 * steps[1])
    assert reckoned(slow).is_measured
    assert not reckoned(replace(slow, training_tokens_per_s=None)).is_measured


def test_a_probe_that_took_more_than_was_forecast_raises_the_forecast_and_less_does_not() -> None:
    plain = reckoned(Probe(CPU, 4.25, 10.0)).needs[0].need_bytes
    more = Probe(CPU, 4.25, 10.0, peak_bytes=1_200_000_000, forecast_bytes=1_000_000_000)
    less = replace(more, peak_bytes=800_000_000)
    assert reckoned(more).needs[0].need_bytes == pytest.approx(1.2 * plain, rel=1e-6)
    assert reckoned(less).needs[0].need_bytes == plain


def reckoned(probe: Probe) -> Forecast:
    return forecast(TrainConfig(), embedded(), some_pairs(16), {"ann": CARD}, ROOMY, probe)


def forecast_and_plan(
    config: TrainConfig,
    base: Base,
    machine: Machine,
    pairs: Sequence[PreferencePair] = (),
    fetched: bool = True,
) -> tuple[Forecast, tuple[Way, ...]]:
    rows = pairs or some_pairs(8)
    config = replace(config, base=base.model.spec)

    def again(other: TrainConfig, card_budget: int | None) -> Forecast | None:
        if card_budget:
            return None
        own = base if other.base == config.base else listed(other.base)
        own = replace(own, is_here=fetched or own.model.kind == "gguf")
        return forecast(other, own, rows, {"ann": CARD}, machine)

    found = forecast(config, base, rows, {"ann": CARD}, machine)
    return found, plan(found, again)


@pytest.fixture(scope="session")
def middling_base(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random base whose biggest batch takes more than half of what is held."""
    folder = tmp_path_factory.mktemp("middling") / "base"
    source = base_folder(resolve_base("embedded"), cache_dir)
    assert source is not None
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json"))
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=24,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=1,
        eos_token_id=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


async def test_the_forecast_is_within_a_quarter_of_a_runs_measured_peak(
    middling_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """Two steps in the real child, whose batch is much of what is held, or nothing is shown."""
    pairs = [a_pair(n, words=64) for n in range(16)]
    config = TrainConfig(base=str(middling_base), max_pairs=0)
    base = listed(str(middling_base))
    chosen = choose_place()
    place = place_of(chosen.device, chosen.dtype.itemsize, chosen.told)
    found = forecast(config, base, pairs, {"ann": CARD}, replace(ROOMY, place=place))
    memory = found.needs[0]
    assert memory.parts[3].bytes > 0.3 * memory.need_bytes
    run = jobs.prepare(tmp_path / "train-1", "train", settings_for(config, cache_dir))
    for name, text in input_files(pairs, {"ann": CARD}).items():
        (run.path / name).write_text(text, encoding="utf-8")
    jobs.start(run)
    events = [event async for event in jobs.follow(run)]
    assert isinstance(events[-1], Finished), events[-1]
    peak = max(e.values.get("memory_bytes", 0) for e in events if isinstance(e, Metric))
    assert memory.need_bytes == pytest.approx(peak, rel=0.25)


def settings_for(config: TrainConfig, cache_dir: Path) -> dict[str, object]:
    return {
        "reader_ids": ["ann"],
        "config": asdict(config),
        "base": config.base,
        "cache_dir": str(cache_dir),
    }


def test_a_shorter_card_is_an_edit_of_the_card_that_undo_takes_back(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    fill(data_dir, a_profile(*(known(trait_id, 0.8) for trait_id in scored_ids()[:80])))
    long = cards.conditioning_text(data_dir, "ann")
    assert preflight.take(data_dir, ["ann"], Option("", "", card_budget=80)) == {}
    short = cards.card(data_dir, "ann")
    assert short.tokens <= 80 < count_tokens(long)
    desk.undo(data_dir)
    assert cards.conditioning_text(data_dir, "ann") == long


def with_pairs(tmp_path: Path) -> Path:
    data_dir = tmp_path / "data"
    fill(data_dir, a_profile(known("schwartz.face", 0.8)))
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ann", [a_pair(n) for n in range(4)])
    return data_dir


async def test_leaving_a_probe_ends_its_child_at_once(middling_base: Path, tmp_path: Path) -> None:
    data_dir = with_pairs(tmp_path)
    events = preflight.probe(data_dir, ["ann"], TrainConfig(base=str(middling_base)))
    assert isinstance(await anext(events), Step)
    pid = int(next((data_dir / "cache" / "probes").glob("*/pid")).read_text())
    await events.aclose()
    _, status = await asyncio.wait_for(asyncio.to_thread(os.waitpid, pid, 0), timeout=30)
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert list((data_dir / "cache" / "probes").iterdir()) == []


async def test_a_probe_measures_memory_and_speed_and_leaves_nothing_but_its_figures(
    middling_base: Path, tmp_path: Path
) -> None:
    """The child takes its steps apart: no run, and no score in the reference's cache."""
    data_dir = with_pairs(tmp_path)
    config = TrainConfig(base=str(middling_base), batch_size=2)
    before = preflight.check(data_dir, ["ann"], config)
    assert before is not None
    assert not before.forecast.is_measured
    events = [event async for event in preflight.probe(data_dir, ["ann"], config)]
    last = events[-1]
    assert isinstance(last, Finished), last
    shown = [probe_from(event.value) for event in events if isinstance(event, Item)]
    assert [probe.is_whole for probe in shown] == [False, False, False, True]
    assert shown[-1] == probe_from(last.result)
    assert shown[-1].peak_bytes
    assert shown[-1].forecast_bytes
    assert shown[-1].forecast_bytes == pytest.approx(shown[-1].peak_bytes, rel=0.25)
    after = preflight.check(data_dir, ["ann"], config)
    assert after is not None
    assert after.forecast.is_measured
    kept = {path.name for path in (data_dir / "cache").iterdir()}
    assert "reference" not in kept
    assert not (data_dir / "runs").exists()
    assert list((data_dir / "cache" / "probes").iterdir()) == []
