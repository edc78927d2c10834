"""Exporting an adapter of the embedded model, in the real child process, and what is refused."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from peft import LoraConfig, get_peft_model

from engine import jobs
from engine.export import work
from engine.jobs import RunDir
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, Note, Step
from models.library import embedded_gguf, resolve_base
from models.torch_base import load_base


@pytest.fixture(scope="module")
def train_run(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training run's directory: its adapter moves the embedded model a little."""
    folder = tmp_path_factory.mktemp("runs") / "train-1"
    run = jobs.prepare(folder, "train", {"base": "embedded"})
    model, _ = load_base(resolve_base("embedded"), cache_dir, torch.float32)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "down_proj"]))
    torch.manual_seed(1)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.005)
    adapted.save_pretrained(str(run.adapter))
    return folder


def settings(train_run: Path, cache_dir: Path, quant: str = "Q4_K_M") -> Mapping[str, object]:
    return {"train_run": str(train_run), "quant": quant, "cache_dir": str(cache_dir)}


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


async def run_child(run: RunDir) -> list[Event]:
    jobs.start(run)
    return [event async for event in jobs.follow(run, from_start=False)]


async def test_an_export_ends_in_a_file_that_llama_cpp_answers_with(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = jobs.prepare(tmp_path / "export-1", "export", settings(train_run, cache_dir))
    events = await run_child(run)
    assert isinstance(events[-1], Finished), (events[-1], run.log.read_text()[-2000:])
    result = events[-1].result
    gguf = tmp_path / "export-1" / "SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf"
    assert result == {
        "run": "export-1",
        "gguf": str(gguf),
        "quant": "Q4_K_M",
        "size_bytes": gguf.stat().st_size,
        "sha256": sha256(gguf.read_bytes()).hexdigest(),
        "merged": str(tmp_path / "export-1" / "merged.F16.gguf"),
        "answer": result["answer"],
        "prompt_tokens_equal": True,
        "base_gguf": str(embedded_gguf()),
    }
    answer = result["answer"]
    assert isinstance(answer, str)
    assert " " in answer, "a model that was moved a little still speaks in words"
    assert any(isinstance(event, Step) and event.total == 272 for event in events)
    assert not half_written(tmp_path)

    again = await run_child(run)
    assert Note("merged.F16.gguf is there already.") in again
    assert Note(f"{gguf.name} is there already.") in again
    assert again[-1] == events[-1]


def test_a_merge_older_than_its_adapter_is_made_again(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = jobs.prepare(tmp_path / "export-1", "export", settings(train_run, cache_dir, "F16"))
    first = list(work(run, settings(train_run, cache_dir, "F16"), Flag()))
    (train_run / "adapter" / "adapter_model.safetensors").touch()
    second = list(work(run, settings(train_run, cache_dir, "F16"), Flag()))
    assert first[-1] == second[-1]
    assert not [event for event in second if isinstance(event, Note) and "already" in event.text]
    assert isinstance(first[-1], Finished)
    assert Path(str(first[-1].result["gguf"])).samefile(str(first[-1].result["merged"]))


def test_an_export_that_is_asked_to_stop_leaves_no_half_file(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = jobs.prepare(tmp_path / "export-1", "export", settings(train_run, cache_dir))
    asked_to_stop = Flag()
    events = []
    for event in work(run, settings(train_run, cache_dir), asked_to_stop):
        events.append(event)
        asked_to_stop.set()
    assert [type(event) for event in events] == [Step]
    assert [path.name for path in run.path.iterdir()] == ["job.json"]


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """A sparse base of 2^42 bytes of weights: 4398.0 GB merged, 2336.5 GB as Q8_0."""
    base, side = tmp_path / "huge.gguf", 2**20
    writer = GGUFWriter(base, "llama")
    writer.add_tensor_info(
        "output.weight", [2 * side, side], np.dtype(np.float16), 2**42, GGMLQuantizationType.F16
    )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with base.open("r+b") as file:
        file.truncate(base.stat().st_size + 2**42 + 32)
    huge = jobs.prepare(tmp_path / "train-2", "train", {"base": str(base)})
    (huge.path / "adapter").symlink_to(train_run / "adapter")
    run = jobs.prepare(tmp_path / "export-2", "export", {})
    with pytest.raises(JobFailed, match=r"The export needs 6734\.5 GB in .*GB are free"):
        list(work(run, settings(huge.path, cache_dir, "Q8_0"), Flag()))
    assert [path.name for path in run.path.iterdir()] == ["job.json"]


def test_an_unknown_quantisation_is_refused(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = RunDir(tmp_path)
    with pytest.raises(BadInput, match="There is no quantisation 'Q99'"):
        list(work(run, settings(train_run, cache_dir, "Q99"), Flag()))


def test_an_adapter_that_another_checkpoint_took_the_place_of_is_refused(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    meant = {**settings(train_run, cache_dir), "made_sha256": "0" * 64}
    with pytest.raises(BadInput, match="Another checkpoint of train-1 was picked since"):
        list(work(RunDir(tmp_path), meant, Flag()))


@pytest.mark.parametrize("job", [None, "{", json.dumps({"kind": "train"})])
def test_a_training_run_that_names_no_base_is_refused(
    job: str | None, cache_dir: Path, tmp_path: Path
) -> None:
    if job is not None:
        (tmp_path / "job.json").write_text(job)
    with pytest.raises(BadInput, match="does not say what base was trained"):
        list(work(RunDir(tmp_path / "export"), settings(tmp_path, cache_dir), Flag()))


def test_a_training_run_without_an_adapter_is_refused(cache_dir: Path, tmp_path: Path) -> None:
    trained = jobs.prepare(tmp_path / "train-3", "train", {"base": "embedded"})
    run = jobs.prepare(tmp_path / "export-3", "export", {})
    with pytest.raises(BadInput, match=r"There is no adapter at .*train-3/adapter"):
        list(work(run, settings(trained.path, cache_dir), Flag()))
