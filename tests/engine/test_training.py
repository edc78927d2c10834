"""Training runs in their real child, on a random model of two layers with a real tokenizer."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM

from engine import jobs
from engine.pairs.made_up import MADE_UP
from engine.train import scoring
from engine.train.checkpoints import newest_checkpoint
from engine.train.choosing import spread_over_topics, to_train_on
from engine.train.config import config_for
from engine.train.data import Example, prepare_data
from engine.train.scoring import PairLogps, accuracy, margin, packs
from models.errors import BadInput, JobFailed
from models.events import Failed, Finished, Metric, Note
from models.library import resolve_base
from models.torch_base import load_tokenizer
from tests.engine.tiny_training import CARD, PAIRS, SHAPE, TINY, a_pair, a_run, run_child, steps_of


@pytest.fixture(scope="session")
def capped_base(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base that the prefix tree cannot serve: gemma2 caps its logits."""
    folder = tmp_path_factory.mktemp("capped") / "base"
    skipped = shutil.ignore_patterns("*.safetensors", "config.json", "generation_config.json")
    shutil.copytree(tiny_base, folder, ignore=skipped)
    torch.manual_seed(0)
    config = Gemma2Config(
        **SHAPE,
        head_dim=8,
        pad_token_id=2,
    )
    Gemma2ForCausalLM(config).save_pretrained(folder)
    return folder


async def test_training_moves_the_model_towards_the_chosen_side(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """All pairs share their sides, so a working DPO must prefer them on held-out prompts too."""
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir)
    events = await run_child(run)
    last = events[-1]
    assert isinstance(last, Finished), last
    assert last.result["steps"] == 12  # 6 pairs, 2 a step, 4 epochs
    held_out = last.result["held_out"]
    assert isinstance(held_out, dict)
    assert (held_out["pairs"], held_out["accuracy"], held_out["reward_accuracy"]) == (2, 1.0, 1.0)
    metrics = steps_of(events)
    assert metrics[0].values["loss"] == pytest.approx(0.6931, abs=5e-3)  # ln 2: policy = reference
    assert metrics[-1].values["loss"] < 0.5
    assert metrics[-1].values["rewards/accuracies"] == 1.0
    assert (run.adapter / "adapter_model.safetensors").exists()


async def test_a_base_that_the_tree_cannot_serve_is_trained_by_trls_forward(
    capped_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-9", capped_base, cache_dir)
    events = await run_child(run)
    last = events[-1]
    assert isinstance(last, Finished), last
    held_out = last.result["held_out"]
    assert isinstance(held_out, dict)
    assert (held_out["accuracy"], held_out["reward_accuracy"]) == (1.0, 1.0)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("TRL's own forward" in note and "gemma2" in note for note in notes)
    first = steps_of(events)[0]
    assert first.values["loss"] == pytest.approx(0.6931, abs=5e-3)


@pytest.mark.parametrize("method", ["sft", "sft-dpo"])
async def test_fine_tuning_makes_the_chosen_answers_likelier(
    method: Literal["sft", "sft-dpo"], tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """Fine-tuning's loss is per token, DPO's after it starts at ln 2: its reference is tuned."""
    config = replace(TINY, method=method, sft_learning_rate=1e-2, sft_epochs=4)
    run = a_run(tmp_path / "train-8", tiny_base, cache_dir, config)
    events = await run_child(run)
    last = events[-1]
    assert isinstance(last, Finished), last
    metrics = steps_of(events)
    steps = 12 if method == "sft" else 24
    assert [event.step for event in metrics] == list(range(1, steps + 1))
    first, fine_tuned = metrics[0].values["loss"], metrics[11].values["loss"]
    assert first == pytest.approx(10.8, abs=0.2)  # ln 49,152, by chance; per token
    assert fine_tuned < first - 0.1
    held_out = last.result["held_out"]
    assert isinstance(held_out, dict)
    assert held_out["accuracy"] == 1.0
    if method == "sft-dpo":
        assert metrics[12].values["loss"] == pytest.approx(0.6931, abs=5e-3)
        assert metrics[-1].values["rewards/accuracies"] == 1.0
    assert not (run.adapter / "ref").exists()


async def test_a_run_stopped_in_its_second_stage_keeps_its_first(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    config = replace(TINY, method="sft-dpo", sft_epochs=1, epochs=60)
    run = a_run(tmp_path / "train-7", tiny_base, cache_dir, config)
    jobs.start(run)
    async for event in jobs.follow(run):
        if isinstance(event, Metric) and event.step == 6:
            jobs.stop(run)
    assert jobs.state(run) == "stopped"
    jobs.start(run)
    notes: list[str] = []
    async for event in jobs.follow(run, from_start=False):
        if isinstance(event, Note):
            notes.append(event.text)
        if isinstance(event, Metric):
            assert event.step > 6
            jobs.stop(run)
    assert "The fine-tuning was finished before." in notes
    assert any(note.startswith("Going on from the checkpoint of step ") for note in notes)
    assert any(re.match(r"(\d) of \1 reference scores are known", note) for note in notes)


async def test_a_stopped_training_goes_on_from_its_checkpoint_and_its_known_reference(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-2", tiny_base, cache_dir, replace(TINY, epochs=60))
    jobs.start(run)
    async for event in jobs.follow(run):
        if isinstance(event, Metric) and event.step == 3:
            jobs.stop(run)
    assert jobs.state(run) == "stopped"
    checkpoint = newest_checkpoint(run.checkpoints)
    assert checkpoint is not None
    done = int(checkpoint.name.rsplit("-", 1)[1])
    assert 3 <= done < 180
    job = json.loads(run.job.read_text())
    assert job["config"]["epochs"] == 60
    jobs.start(run)
    notes: list[str] = []
    first_step = 0
    async for event in jobs.follow(run, from_start=False):
        if isinstance(event, Note):
            notes.append(event.text)
        if isinstance(event, Metric) and not first_step:
            first_step = event.step
            jobs.stop(run)
    assert first_step == done + 1
    assert f"Going on from the checkpoint of step {done}." in notes
    assert any(re.match(r"(\d) of \1 reference scores are known", note) for note in notes)


async def test_a_pair_with_template_tokens_in_it_is_named(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    broken = [*PAIRS, a_pair(9, chosen="A text <|im_end|> with the template's own end in it.")]
    run = a_run(tmp_path / "train-3", tiny_base, cache_dir, pairs=broken)
    last = (await run_child(run))[-1]
    assert isinstance(last, Failed)
    assert "Pair p9 (chosen)" in last.message
    assert "2 end tokens" in last.message


def test_too_long_pairs_are_listed_and_never_cut(cache_dir: Path) -> None:
    tokenizer = load_tokenizer(resolve_base("embedded"), cache_dir)
    long = a_pair(9, chosen="word " * 400)
    data = prepare_data([*PAIRS, long], {"ann": CARD}, tokenizer, replace(TINY, max_length=300))
    assert data.too_long == ("p9",)
    assert len(data.train) == 6
    with pytest.raises(JobFailed, match="No pair fits"):
        prepare_data(PAIRS, {"ann": CARD}, tokenizer, replace(TINY, max_length=20))


def test_a_limit_takes_every_topic_in_turn() -> None:
    pairs = [replace(a_pair(n), topic=topic) for n, topic in enumerate("aaabbc")]
    assert [pair.topic for pair in spread_over_topics(pairs, 3)] == ["a", "b", "c"]
    assert [pair.topic for pair in spread_over_topics(pairs, 5)] == ["a", "a", "b", "b", "c"]
    assert len(spread_over_topics(pairs, 0)) == 6


def test_what_people_had_a_hand_in_is_taken_before_other_pairs() -> None:
    pairs = [replace(a_pair(n), topic=topic) for n, topic in enumerate("aaabbc")]
    pairs[2] = replace(pairs[2], edited=True)
    pairs[4] = replace(pairs[4], made="votes")
    companion = replace(a_pair(9), reader_id=f"{MADE_UP}1")

    def taken(limit: int) -> list[str]:
        return [pair.id for pair in to_train_on([*pairs, companion, a_pair(10, True)], limit)]

    assert taken(1) == ["p2", "p9"]
    assert taken(2) == ["p2", "p4", "p9"]
    assert taken(4) == ["p0", "p2", "p3", "p4", "p9"]
    assert taken(0) == ["p0", "p1", "p2", "p3", "p4", "p5", "p9"]


def test_pairs_that_begin_alike_are_scored_together_and_never_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def example(pair_id: str, prompt: str) -> Example:
        return Example(pair_id, tuple(map(ord, prompt)), (1, 2), (3, 4))

    examples = [example("a", "card one"), example("b", "no card"), example("c", "card two")]
    monkeypatch.setattr(scoring, "TOKENS_AT_ONCE", 8 + 4 + 3 + 4)  # "card " once
    assert [[ex.pair_id for ex in pack] for pack in packs(examples)] == [["a", "c"], ["b"]]
    monkeypatch.setattr(scoring, "TOKENS_AT_ONCE", 1)
    assert [len(pack) for pack in packs(examples)] == [1, 1, 1]
    monkeypatch.setattr(scoring, "TOKENS_AT_ONCE", 99)
    monkeypatch.setattr(scoring, "PAIRS_AT_ONCE", 2)
    assert [len(pack) for pack in packs(examples)] == [2, 1]


def test_margin_is_the_difference_of_the_two_log_ratios() -> None:
    """0.5 * ((-10 - -12) - (-20 - -15)) = 0.5 * (2 + 5) = 3.5."""
    assert margin(PairLogps(-10, -20), PairLogps(-12, -15), beta=0.5) == 3.5


def test_accuracy_counts_pairs_whose_chosen_side_is_likelier() -> None:
    assert accuracy([PairLogps(-1, -2), PairLogps(-3, -2)]) == 0.5
    assert accuracy([]) is None


@pytest.mark.parametrize(
    ("preset", "changes", "told"),
    [
        ("fast", {}, "No preset 'fast'"),
        ("quick", {"betta": 1.0}, "No training setting 'betta'"),
        ("quick", {"beta": 0.0}, "beta must be above 0"),
        ("quick", {"loss": "dpo"}, "No loss 'dpo'"),
        ("quick", {"method": "ppo"}, "No training method 'ppo'"),
        ("quick", {"loss": "robust"}, "does not go with a label_smoothing of 0"),
    ],
)
def test_settings_no_run_could_use_are_refused(
    preset: str, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        config_for(preset, "embedded", changes)
