"""A training that is stopped, killed or refused by the disk goes on to the same numbers."""

import re
import resource
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch

from engine import jobs
from engine.jobs import RunDir
from engine.train import scoring, shared_prefix
from engine.train.checkpoints import newest_checkpoint, whole_checkpoints
from engine.train.data import prepare_data
from engine.train.scoring import PairLogps, score_pairs
from models.events import Event, Failed, Finished, Metric, Note
from models.library import resolve_base
from models.torch_base import load_base
from tests.engine.ending_children import run_until
from tests.engine.tiny_training import CARD, PAIRS, TINY, a_run, run_child

LONG = replace(TINY, epochs=20, sft_epochs=4, checkpoint_every=4, learning_rate=1e-3)
"""60 steps of DPO; 12 of fine-tuning before, where that is asked for."""


def losses(run: RunDir) -> list[tuple[int, float]]:
    """Of every step that the run ever told of, those done twice too."""
    events = [event for event in jobs.read_events(run) if isinstance(event, Metric)]
    return [(event.step, event.values["loss"]) for event in events if "loss" in event.values]


def trained_steps(run: RunDir) -> list[int]:
    return [metric.step for metric in jobs.metrics(run) if "loss" in metric.values]


def leave_a_torn_checkpoint(run: RunDir, step: int) -> None:
    """As a kill in the middle of saving does: everything but the last file, one of them cut."""
    newest = newest_checkpoint(run.checkpoints)
    assert newest is not None
    torn = run.checkpoints / f"checkpoint-{step}"
    shutil.copytree(newest, torn, ignore=shutil.ignore_patterns("whole.json"), dirs_exist_ok=True)
    with (torn / "optimizer.pt").open("r+b") as file:
        file.truncate(100)


@pytest.mark.parametrize("method", ["dpo", "sft-dpo"])
async def test_a_run_cut_short_goes_on_to_the_numbers_of_one_that_was_not(
    method: Literal["dpo", "sft-dpo"],
    tiny_base: Path,
    cache_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(LONG, method=method)
    before = 12 if method == "sft-dpo" else 0
    whole = a_run(tmp_path / "train-1", tiny_base, cache_dir, config)
    result = (await run_child(whole))[-1]
    assert isinstance(result, Finished), result
    uninterrupted = dict(losses(whole))
    assert list(uninterrupted) == list(range(1, 61 + before))

    run = a_run(tmp_path / "train-2", tiny_base, cache_dir, config)
    if before:
        await run_until(run, monkeypatch, step=6)
    else:
        await run_until(run, monkeypatch, signal.SIGTERM, step=10)
    await run_until(run, monkeypatch, step=before + 25)
    reached = trained_steps(run)[-1]
    leave_a_torn_checkpoint(run, reached - before + 1)
    last = (await run_child(run))[-1]
    assert isinstance(last, Finished), last

    assert trained_steps(run) == list(uninterrupted)
    for step, loss in losses(run):
        assert loss == pytest.approx(uninterrupted[step], abs=1e-3), step
    assert last.result["held_out"] == result.result["held_out"]
    notes = [event.text for event in jobs.read_events(run) if isinstance(event, Note)]
    told = re.fullmatch(
        rf"Step {reached} was reached; going on from the checkpoint of step (\d+): "
        r"(\d) steps? (?:is|are) done again\.",
        next(note for note in reversed(notes) if "oing on from" in note),
    )
    # A kill at the very step of a checkpoint loses nothing, and then nothing is told as lost.
    if told:
        assert int(told[1]) + int(told[2]) == reached
        assert int(told[2]) <= 4
    else:
        assert f"Going on from the checkpoint of step {reached}." in notes


@pytest.mark.skipif(sys.platform != "linux", reason="no other process's limits can be set here")
async def test_a_disk_that_refuses_a_checkpoint_leaves_the_last_whole_one(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """The limit lets the events be written, and neither the tokenizer nor the optimizer's state."""
    run = a_run(tmp_path / "train-3", tiny_base, cache_dir, replace(LONG, epochs=200))
    jobs.start(run)
    last: Event | None = None
    async for last in jobs.follow(run):
        if isinstance(last, Metric) and last.step == 5:
            pid = int((run.path / "pid").read_text())
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    kept = newest_checkpoint(run.checkpoints)
    assert kept is not None
    assert isinstance(last, Failed)
    assert re.match(r"The checkpoint of step \d+ in .* could not be written: .+\.", last.message)
    assert "large" in last.message
    assert last.hint == f"Free some space, then resume the run; it goes on from {kept.name}."
    assert [each.path for each in whole_checkpoints(run)][-1] == kept
    assert len(list(run.checkpoints.glob("checkpoint-*"))) == len(whole_checkpoints(run))
    jobs.start(run)
    async for event in jobs.follow(run, from_start=False):
        if isinstance(event, Metric):
            assert event.step == int(kept.name.rsplit("-", 1)[1]) + 1
            break
    jobs.stop(run)
    assert isinstance([event async for event in jobs.follow(run)][-1], Failed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_scoring_that_goes_on_comes_to_the_same_numbers(
    dtype: torch.dtype,
    tiny_base: Path,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six pairs in packs of two, stopped after the first of them."""
    monkeypatch.setattr(scoring, "PAIRS_AT_ONCE", 2)
    model, tokenizer = load_base(resolve_base(str(tiny_base)), cache_dir, dtype)
    shared_prefix.install(model)
    examples = prepare_data(PAIRS, {"ann": CARD}, tokenizer, TINY).train

    def scored(known: frozenset[str]) -> dict[str, PairLogps]:
        packs = score_pairs(model, examples, known)
        return {key: logps for pack in packs for key, logps in pack.items()}

    whole = scored(frozenset())
    assert len(whole) == 6
    first = frozenset(next(score_pairs(model, examples)))
    assert scored(first) == {key: logps for key, logps in whole.items() if key not in first}
