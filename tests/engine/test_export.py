"""Exporting an adapter of the embedded model, in the real child process, and what is refused."""

import json
from hashlib import sha256
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from safetensors.numpy import load_file

from engine import jobs
from engine.export import work
from engine.export_files import make_files, plan_of
from engine.jobs import RunDir
from models.convert import base_gguf
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, Note, Step, result_of
from models.library import embedded_gguf
from tests.engine.export_runs import (
    export_settings,
    half_written,
    save_adapter,
    save_train_run,
)
from tests.engine.tiny_training import a_run


@pytest.fixture(scope="module")
def train_run(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_train_run(tmp_path_factory.mktemp("runs") / "train-1", cache_dir)


async def run_child(run: RunDir) -> list[Event]:
    jobs.start(run)
    return [event async for event in jobs.follow(run, from_start=False)]


async def test_an_export_ends_in_a_file_that_llama_cpp_answers_with(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = jobs.prepare(
        tmp_path / "export-1", "export", export_settings(train_run, cache_dir, "Q4_K_M")
    )
    events = await run_child(run)
    assert isinstance(events[-1], Finished), (events[-1], run.log.read_text()[-2000:])
    result = events[-1].result
    gguf = tmp_path / "export-1" / "SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf"
    told = {
        "gguf": str(gguf),
        "quant": "Q4_K_M",
        "size_bytes": gguf.stat().st_size,
        "sha256": sha256(gguf.read_bytes()).hexdigest(),
    }
    assert result == {
        **told,
        "files": [told],
        "run": "export-1",
        "merged": str(tmp_path / "export-1" / "merged.F16.gguf"),
        "answer": result["answer"],
        "prompt_tokens_equal": True,
        "base_gguf": str(embedded_gguf()),
        "truth": result["truth"],
    }
    truth = result["truth"]
    assert isinstance(truth, dict)
    assert (truth["pairs"], truth["smallest"]) == (0, None)
    assert truth["says"].startswith("There are no held-out pairs")
    assert {row["standing"] for row in truth["models"]} == {"not_checked"}
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
    run = jobs.prepare(
        tmp_path / "export-1", "export", export_settings(train_run, cache_dir, "F16")
    )
    first = list(work(run, export_settings(train_run, cache_dir, "F16"), Flag()))
    (train_run / "adapter" / "adapter_model.safetensors").touch()
    second = list(work(run, export_settings(train_run, cache_dir, "F16"), Flag()))
    assert first[-1] == second[-1]
    assert not [event for event in second if isinstance(event, Note) and "already" in event.text]
    assert isinstance(first[-1], Finished)
    assert Path(str(first[-1].result["gguf"])).samefile(str(first[-1].result["merged"]))


def test_an_export_that_is_asked_to_stop_leaves_no_half_file(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = jobs.prepare(
        tmp_path / "export-1", "export", export_settings(train_run, cache_dir, "Q4_K_M")
    )
    asked_to_stop = Flag()
    events = []
    for event in work(run, export_settings(train_run, cache_dir, "Q4_K_M"), asked_to_stop):
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
        list(work(run, export_settings(huge.path, cache_dir, "Q8_0"), Flag()))
    assert [path.name for path in run.path.iterdir()] == ["job.json"]


def test_one_merge_makes_every_file_that_is_ordered(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    settings = {**export_settings(train_run, cache_dir, "IQ4_XS", "F16"), "adapter": True}
    run = jobs.prepare(tmp_path / "export-1", "export", settings)
    events = list(work(run, settings, Flag()))
    assert isinstance(events[-1], Finished)
    files = events[-1].result["files"]
    assert isinstance(files, list)
    assert [file["quant"] for file in files] == ["IQ4_XS", "F16", "adapter"]
    assert [Path(file["gguf"]).stat().st_size for file in files] == [
        file["size_bytes"] for file in files
    ]
    merges = [event for event in events if isinstance(event, Step) and event.done == 272]
    assert len(merges) == 1


def test_the_adapter_alone_needs_no_merge(train_run: Path, cache_dir: Path, tmp_path: Path) -> None:
    settings = {**export_settings(train_run, cache_dir), "adapter": True}
    run = jobs.prepare(tmp_path / "export-1", "export", settings)
    *_, last = work(run, settings, Flag())
    assert isinstance(last, Finished)
    gguf = run.path / "SmolLM2-135M-Instruct-train-1.adapter.gguf"
    assert {path.name for path in run.path.iterdir()} == {"job.json", gguf.name}
    assert "gguf" not in last.result, "no model that previews could take"
    assert last.result["files"] == [
        {
            "quant": "adapter",
            "gguf": str(gguf),
            "size_bytes": gguf.stat().st_size,
            "sha256": sha256(gguf.read_bytes()).hexdigest(),
        }
    ]


def test_too_little_memory_is_told_before_anything_is_written(
    train_run: Path, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable:   123000 kB\n")
    monkeypatch.setattr("models.hardware._MEMINFO", tmp_path / "meminfo")
    run = jobs.prepare(tmp_path / "export-2", "export", {})
    told = r"The export needs 0\.5 GB of memory, and 0\.1 GB are free"
    with pytest.raises(JobFailed, match=told):
        list(work(run, export_settings(train_run, cache_dir, "Q8_0"), Flag()))
    assert [path.name for path in run.path.iterdir()] == ["job.json"]


def test_importance_is_what_the_pairs_that_were_trained_on_show(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """Six of the eight pairs are not held out."""
    trained = a_run(tmp_path / "train-1", tiny_base, cache_dir)
    save_adapter(trained, str(tiny_base), cache_dir)
    for folder, importance in (("plain", False), ("by-importance", True)):
        order = {"quants": ["Q4_0"], "importance": importance}
        settings = {"train_run": str(trained.path), "cache_dir": str(cache_dir), **order}
        plan = plan_of(tmp_path / folder, settings)
        base = result_of(base_gguf(plan.base, cache_dir))
        *events, last = make_files(Path(str(base["gguf"])), plan)
        assert isinstance(last, Finished)
        read = [event.done for event in events if isinstance(event, Step) and event.total == 6]
        assert read == ([1, 2, 3, 4, 5, 6] if importance else [])
    plain, by_importance = (
        next((tmp_path / folder).glob("*.Q4_0.gguf")).read_bytes()
        for folder in ("plain", "by-importance")
    )
    assert plain != by_importance
    assert set(load_file(plan.importance)) >= {"blk.0.attn_q.weight", "blk.1.ffn_down.weight"}


def test_an_unknown_quantisation_is_refused(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = RunDir(tmp_path)
    with pytest.raises(BadInput, match="There is no quantisation 'Q99'"):
        list(work(run, export_settings(train_run, cache_dir, "Q99"), Flag()))


def test_an_adapter_that_another_checkpoint_took_the_place_of_is_refused(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    meant = {**export_settings(train_run, cache_dir, "Q4_K_M"), "made_sha256": "0" * 64}
    with pytest.raises(BadInput, match="Another checkpoint of train-1 was picked since"):
        list(work(RunDir(tmp_path), meant, Flag()))


@pytest.mark.parametrize("job", [None, "{", json.dumps({"kind": "train"})])
def test_a_training_run_that_names_no_base_is_refused(
    job: str | None, cache_dir: Path, tmp_path: Path
) -> None:
    if job is not None:
        (tmp_path / "job.json").write_text(job)
    with pytest.raises(BadInput, match="does not say what base was trained"):
        list(work(RunDir(tmp_path / "export"), export_settings(tmp_path, cache_dir, "F16"), Flag()))


def test_a_training_run_without_an_adapter_is_refused(cache_dir: Path, tmp_path: Path) -> None:
    trained = jobs.prepare(tmp_path / "train-3", "train", {"base": "embedded"})
    run = jobs.prepare(tmp_path / "export-3", "export", {})
    with pytest.raises(BadInput, match=r"There is no adapter at .*train-3/adapter"):
        list(work(run, export_settings(trained.path, cache_dir, "F16"), Flag()))
