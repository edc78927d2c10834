"""Exports whose files are not what was trained: each is caught, and told."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest

from engine import jobs
from engine.export import work
from engine.export_files import ExportPlan
from engine.export_order import ExportOrder
from engine.jobs import RunDir
from engine.train.input_files import input_files
from engine.train.job import work as train
from engine.truth_scores import asked_of
from models.convert import base_gguf
from models.errors import JobFailed
from models.events import Event, Finished, JsonObject, Note, result_of
from models.library import resolve_base
from models.llama import LlamaChat
from models.merge import merge_adapter
from models.quantize import quantize
from models.torch_base import load_tokenizer
from tests.engine.export_runs import export_settings
from tests.engine.tiny_training import a_pair, a_run


@pytest.fixture(scope="module")
def trained(tiny_base: Path, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """With four held-out pairs, which it moves by several nats."""
    pairs = [a_pair(n, held_out=n > 5) for n in range(10)]
    folder = tmp_path_factory.mktemp("runs") / "train-1"
    run = a_run(folder, tiny_base, cache_dir, pairs=pairs)
    result_of(train(run, json.loads(run.job.read_text()), Flag()))
    return run


@pytest.fixture(scope="module")
def base(tiny_base: Path, cache_dir: Path) -> Path:
    return Path(str(result_of(base_gguf(resolve_base(str(tiny_base)), cache_dir))["gguf"]))


@pytest.fixture(scope="module")
def sound(trained: RunDir, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A finished export, to be copied and spoilt."""
    run = jobs.prepare(tmp_path_factory.mktemp("exports") / "export-1", "export", {})
    assert isinstance(exported(run, trained, cache_dir, "Q8_0", "F16")[-1], Finished)
    return run


def exported(run: RunDir, trained: RunDir, cache_dir: Path, *quants: str) -> Sequence[Event]:
    return list(work(run, export_settings(trained.path, cache_dir, *quants), Flag()))


def copied(sound: RunDir, folder: Path) -> RunDir:
    shutil.copytree(sound.path, folder, copy_function=shutil.copy2)
    return RunDir(folder)


def truth_in(events: Sequence[Event]) -> JsonObject:
    last = events[-1]
    assert isinstance(last, Finished)
    truth = last.result["truth"]
    assert isinstance(truth, dict)
    return truth


def test_files_that_are_what_was_trained_keep_all_of_it(
    trained: RunDir, sound: RunDir, cache_dir: Path
) -> None:
    truth = truth_in(exported(sound, trained, cache_dir, "Q8_0", "F16"))
    models = truth["models"]
    assert isinstance(models, list)
    assert [row["name"] for row in models] == ["base", "torch", "F16", "Q8_0"]
    assert [row["standing"] for row in models[2:]] == ["keeps", "keeps"]
    assert models[2]["figures"]["kept"]["share"] == pytest.approx(1, abs=0.05)
    assert models[3]["figures"]["kept"]["share"] == pytest.approx(1, abs=0.2)
    assert models[1]["figures"]["mean_margin"] > 1, "there is something to keep"
    assert (truth["pairs"], truth["smallest"]) == (4, "Q8_0")


def test_a_tailoring_s_prompts_are_read_alike_by_llama_cpp(
    tiny_base: Path, base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """A dialogue's turns, and a request of one turn, each with its persona's line."""
    talk = "Human: What is tea?\n\nAssistant: A drink.\n\nHuman: And coffee?"
    pairs = [
        replace(a_pair(number, held_out=True), track="personas", prompt=prompt)
        for number, prompt in enumerate((talk, "What is tea?"))
    ]
    run = a_run(tmp_path / "train-2", tiny_base, cache_dir)
    near = {"p0": ("The user is busy and prefers short answers.",)}
    for name, text in input_files(pairs, {"ann": ""}, near=near).items():
        (run.path / name).write_text(text, encoding="utf-8")
    plan = ExportPlan(resolve_base(str(tiny_base)), run, ExportOrder(("F16",)), cache_dir, tmp_path)
    asked = asked_of(plan, load_tokenizer(plan.base, cache_dir))
    assert [len(asked.conversations[pair.id]) for pair in pairs] == [3, 1]
    chat = LlamaChat(base, vocabulary_only=True)
    for example in asked.examples:
        conversation = asked.conversations[example.pair_id]
        assert chat.prompt_tokens(conversation) == [*example.prompt_ids]


def test_an_adapter_that_was_left_out_is_caught(
    trained: RunDir, sound: RunDir, base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = copied(sound, tmp_path / "export-2")
    shutil.copy(base, run.path / "merged.F16.gguf")
    with pytest.raises(JobFailed, match=r"not the one that was trained: on 4 held-out .*; 0% of"):
        exported(run, trained, cache_dir, "Q8_0")
    assert list(run.path.glob("*.Q8_0.gguf")), "the files are kept, to be looked at"


def test_an_adapter_that_was_added_twice_is_caught(
    trained: RunDir, sound: RunDir, cache_dir: Path, tmp_path: Path
) -> None:
    run = copied(sound, tmp_path / "export-2")
    twice = tmp_path / "twice.gguf"
    result_of(merge_adapter(run.path / "merged.F16.gguf", trained.adapter, twice))
    os.replace(twice, run.path / "merged.F16.gguf")
    with pytest.raises(JobFailed, match="not the one that was trained"):
        exported(run, trained, cache_dir, "F16")


def test_a_prompt_that_is_read_as_other_tokens_is_caught(
    trained: RunDir, sound: RunDir, cache_dir: Path, tmp_path: Path
) -> None:
    """One letter of the chat template is another: in four pairs' prompts and in the question."""
    run = copied(sound, tmp_path / "export-2")
    merged = run.path / "merged.F16.gguf"
    whole = merged.read_bytes()
    spoilt = whole.replace(b"<|im_start|>assistant", b"<|im_start|>assistent")
    assert spoilt != whole
    merged.write_bytes(spoilt)
    with pytest.raises(JobFailed, match=r"merged\.F16\.gguf reads 5 of the prompts as other tok"):
        exported(run, trained, cache_dir, "F16")


def test_a_quantised_file_that_lost_the_effect_is_held_back(
    trained: RunDir, sound: RunDir, base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = copied(sound, tmp_path / "export-2")
    (lost,) = run.path.glob("*.Q8_0.gguf")
    result_of(quantize(base, lost, "Q8_0"))
    events = exported(run, trained, cache_dir, "Q8_0", "F16")
    truth, last = truth_in(events), events[-1]
    assert isinstance(last, Finished)
    files = last.result["files"]
    assert isinstance(files, list)
    assert [file["quant"] for file in files] == ["F16"]
    assert (last.result["quant"], truth["smallest"]) == ("F16", "F16")
    assert any(isinstance(event, Note) and event.text.startswith("Q8_0 keeps") for event in events)
    with pytest.raises(JobFailed, match=r"Q8_0 keeps .* under 50%") as caught:
        exported(run, trained, cache_dir, "Q8_0")
    assert "Export a larger quantisation" in caught.value.hint
    assert lost.exists()
