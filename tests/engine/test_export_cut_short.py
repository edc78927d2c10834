"""An export that is killed, or that the disk refuses, leaves nothing half-written and goes on."""

import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event as Flag

import pytest

from engine import jobs
from engine.export import work
from engine.jobs import RunDir
from models.errors import JobFailed
from models.events import Event, Finished, Note
from models.quantize import quantize
from tests.engine.ending_children import run_until
from tests.engine.export_runs import export_settings, half_written, save_train_run

QUANTS = ("Q8_0", "Q4_0")


@pytest.fixture(scope="module")
def train_run(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_train_run(tmp_path_factory.mktemp("runs") / "train-1", cache_dir)


@pytest.fixture(scope="module")
def whole(
    train_run: Path, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """File name → SHA-256 of an export that nothing cut short."""
    settings = export_settings(train_run, cache_dir, *QUANTS)
    run = jobs.prepare(tmp_path_factory.mktemp("exports") / "export-1", "export", settings)
    assert isinstance(list(work(run, settings, Flag()))[-1], Finished)
    return hashes(run)


def hashes(run: RunDir) -> Mapping[str, str]:
    files = run.path.glob("*.gguf")
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.parametrize("note", ["merging", "quantising to Q8_0", "quantising to Q4_0"])
async def test_a_killed_export_keeps_what_was_whole_and_goes_on_to_the_same_files(
    note: str,
    train_run: Path,
    cache_dir: Path,
    whole: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = export_settings(train_run, cache_dir, *QUANTS)
    run = jobs.prepare(tmp_path / "export-1", "export", settings)
    await run_until(run, monkeypatch, note=note, delay_s=0.05)
    kept = hashes(run)
    assert kept.items() <= whole.items()
    assert half_written(tmp_path), "the kill came in the middle of a file"
    assert len(kept) < len(whole)

    events: list[Event] = []
    jobs.start(run)
    async for event in jobs.follow(run, from_start=False):
        events.append(event)
    assert isinstance(events[-1], Finished)
    assert hashes(run) == whole
    assert not half_written(tmp_path)
    told = [event.text for event in events if isinstance(event, Note)]
    assert {f"{name} is there already." for name in kept} <= set(told)


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """As on a full disk, the system refuses to write on; Python ignores its signal."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_while_merging_is_told_and_leaves_nothing(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    settings = export_settings(train_run, cache_dir, *QUANTS)
    run = jobs.prepare(tmp_path / "export-1", "export", settings)
    with files_of_at_most(100 << 20), pytest.raises(JobFailed, match="File too large") as caught:
        list(work(run, settings, Flag()))
    assert str(run.path / "merged.F16.gguf") in str(caught.value)
    assert "Free some space" in caught.value.hint
    assert [path.name for path in run.path.iterdir()] == ["job.json"]


def test_a_disk_that_fills_up_while_quantising_leaves_the_merged_model_alone(
    train_run: Path, cache_dir: Path, tmp_path: Path
) -> None:
    settings = export_settings(train_run, cache_dir, "F16")
    run = jobs.prepare(tmp_path / "export-1", "export", settings)
    list(work(run, settings, Flag()))
    before = hashes(run)
    with files_of_at_most(20 << 20), pytest.raises(JobFailed, match="could not quantise"):
        list(quantize(run.path / "merged.F16.gguf", run.path / "small.gguf", "Q8_0"))
    assert hashes(run) == before
    assert not half_written(tmp_path)
