"""Runs whose every weight is trained, from their first step to the GGUF; and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM

from engine import jobs
from engine.export import work as export
from engine.train.checkpoints import made_sha256, pick, whole_checkpoints
from engine.train.config import TrainConfig, config_for, pairs_per_step
from models.errors import BadInput, UserError
from models.events import Failed, Finished, Metric, Note
from models.families import reordered
from models.library import resolve_base
from models.torch_base import load_base
from tests.engine.tiny_training import TINY, a_run, run_child


async def test_every_weight_is_trained_resumed_and_exported(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    config = replace(TINY, adapter="full", method="sft-dpo", sft_epochs=2, epochs=4)
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, config)
    jobs.start(run)
    async for event in jobs.follow(run):
        if isinstance(event, Metric) and event.step == 8:
            jobs.stop(run)
    assert jobs.state(run) == "stopped", run.log.read_text()[-2000:]
    events = await run_child(run)
    last = events[-1]
    assert isinstance(last, Finished), (last, run.log.read_text()[-2000:])
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any(note.startswith("All 2 million weights are trained") for note in notes)
    assert "The fine-tuning was finished before." in notes
    assert last.result["model"] == str(run.model)
    assert "adapter" not in last.result
    held_out = last.result["held_out"]
    assert isinstance(held_out, dict)
    assert (held_out["accuracy"], held_out["reward_accuracy"]) == (1.0, 1.0)

    before, after = (
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict()
        for folder in (tiny_base, run.model)
    )
    still = [name for name, weight in before.items() if torch.equal(weight, after[name])]
    assert not still, "each weight has moved"

    last_weights = made_sha256(run, cache_dir)
    first, *_, newest = whole_checkpoints(run)
    pick(run, first)
    assert not run.adapter.exists()
    assert made_sha256(run, cache_dir) != last_weights
    pick(run, newest)
    picked = AutoModelForCausalLM.from_pretrained(run.model, dtype=torch.float32).state_dict()
    assert all(torch.equal(weight, after[name]) for name, weight in picked.items())

    exported = jobs.prepare(tmp_path / "export-1", "export", {})
    settings = {"train_run": str(run.path), "quant": "F16", "cache_dir": str(cache_dir)}
    *_, made = export(exported, settings, Flag())
    assert isinstance(made, Finished)
    assert made.result["prompt_tokens_equal"] is True
    truth = made.result["truth"]
    assert isinstance(truth, dict)
    merged = truth["models"][-1]
    assert merged["name"] == "F16"
    assert merged["figures"]["kept"]["share"] == pytest.approx(1, abs=0.05)
    tensors = {tensor.name: tensor.data for tensor in GGUFReader(str(made.result["gguf"])).tensors}
    query = after["model.layers.1.self_attn.q_proj.weight"].numpy()
    assert np.array_equal(tensors["blk.1.attn_q.weight"], reordered(query, 4).astype(np.float16))
    norm = after["model.norm.weight"].numpy()
    assert np.array_equal(tensors["output_norm.weight"], norm)
    embedding = after["model.embed_tokens.weight"].numpy().astype(np.float16)
    assert np.array_equal(tensors["token_embd.weight"], embedding)


async def test_layers_can_be_named_and_are_checked(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    config = replace(TINY, lora_targets="q_proj, up_proj", epochs=1)
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, config)
    assert isinstance((await run_child(run))[-1], Finished)
    adapter = json.loads((run.adapter / "adapter_config.json").read_text())
    assert sorted(adapter["target_modules"]) == ["q_proj", "up_proj"]
    wrong = replace(TINY, lora_targets="query")
    last = (await run_child(a_run(tmp_path / "train-2", tiny_base, cache_dir, wrong)))[-1]
    assert isinstance(last, Failed)
    assert "no layers 'query'" in last.message
    assert "down_proj, gate_proj, k_proj" in last.hint


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU to hold it")
async def test_four_bits_are_refused_without_a_gpu(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="needs a CUDA GPU"):
        load_base(resolve_base(str(tiny_base)), cache_dir, torch.bfloat16, four_bit=True)
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, replace(TINY, four_bit=True))
    last = (await run_child(run))[-1]
    assert isinstance(last, Failed)
    assert last.message == "A base in 4 bits needs a CUDA GPU, and there is none here."


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"adapter": "dora"}, "No adapter 'dora'"),
        ({"adapter": "full", "four_bit": True}, "Weights in 4 bits cannot be trained"),
        ({"lora_targets": "q_proj,lm_head"}, "An adapter on lm_head"),
        ({"gradient_accumulation": 0}, "gradient_accumulation must be above 0"),
        ({"processes": 0}, "processes must be above 0"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    changes: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        config_for("quick", "embedded", changes)


def test_training_every_weight_takes_smaller_steps_unless_told_otherwise() -> None:
    assert config_for("quick", "embedded", {"adapter": "full"}).learning_rate == 1e-6
    told = config_for("quick", "embedded", {"adapter": "full", "learning_rate": 1e-5})
    assert (told.learning_rate, told.sft_learning_rate) == (1e-5, 2e-5)


def test_a_step_takes_the_batches_of_all_processes_and_passes() -> None:
    assert pairs_per_step(TrainConfig(batch_size=4, gradient_accumulation=3, processes=2)) == 24
