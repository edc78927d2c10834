"""Who changed what by which road, as the journal keeps it: also of stores made before it did."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine import desk, workbench
from engine.domain import PreferencePair
from engine.record import record_profile
from engine.store import pairs as pair_rows
from engine.store.authors import come_by, login
from engine.store.database import change, opened
from engine.store.journal import Change
from engine.store.migrations import migrations
from tests.engine.conftest import a_profile, fill, known

PAIR = PreferencePair("p", "ann", "values", "t", "t", "q", "Yes.", "No.", "o")


@pytest.fixture
def ann(data_dir: Path) -> Path:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.6)))
    with opened(data_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ann", [PAIR])
    return data_dir


def newest(data_dir: Path) -> Change:
    found = desk.next_move(data_dir, "undo")
    assert found is not None
    return found


async def test_each_front_end_comes_by_its_own_road(ann: Path) -> None:
    async def window() -> None:
        come_by("window")
        await asyncio.create_task(asyncio.to_thread(workbench.act, ann, "flag", ["p"]))

    await asyncio.create_task(window())
    assert (newest(ann).who, newest(ann).road) == (login(), "window")
    workbench.act(ann, "accept", ["p"])
    assert (newest(ann).who, newest(ann).road) == (login(), None)
    (accepted, flagged, _) = workbench.pair_journal(ann, "p")
    assert (accepted.who, flagged.who, flagged.road) == (login(), login(), "window")


async def test_what_a_provider_returned_is_its_own_whoever_records_it(ann: Path) -> None:
    async def window() -> None:
        come_by("window")
        record_profile(ann, None, {"reader": "ann", "provider": "embedded", "traits": []})

    await asyncio.create_task(window())
    assert (newest(ann).title, newest(ann).road) == ("Build a profile", "provider")


def test_the_change_keeps_its_author_when_it_is_undone_and_done_again(ann: Path) -> None:
    workbench.act(ann, "flag", ["p"])
    made = newest(ann)
    undone = desk.undo(ann)
    assert undone is not None
    assert (undone.who, undone.undone) == (made.who, True)
    assert desk.redo(ann) == newest(ann) == made


def test_a_store_of_an_older_version_keeps_its_journal_with_authors_unknown(
    data_dir: Path,
) -> None:
    data_dir.mkdir()
    connection = sqlite3.connect(data_dir / "studio.db")
    old = Database(connection)
    migrations.apply(old, stop_before="m007_who_changed_what")
    old.execute("insert into journal(title, made_at) values ('Add a reader', '2026-01-02T03:04')")
    old.execute("insert into journal_open values (1)")
    old.execute("insert into reader(id, name, source) values ('ann', 'Ann', 'text')")
    old.execute("delete from journal_open")
    connection.commit()
    connection.close()

    made = newest(data_dir)
    assert (made.title, made.who, made.road) == ("Add a reader", None, None)
    desk.undo(data_dir)
    assert desk.readers(data_dir) == []
    desk.redo(data_dir)
    fill(data_dir)
    assert newest(data_dir).who == login()


def test_the_login_is_the_systems_whatever_the_environment_says() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from engine.store.authors import login; print(login())"],
        env={**os.environ, "LOGNAME": "mallory", "USER": "mallory"},
        capture_output=True,
        text=True,
        check=True,
    )
    its_own = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
    assert told.stdout == its_own.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_user_without_a_name_is_told_by_number() -> None:
    become = "import os; from engine.store.authors import login; os.setuid(54321); print(login())"
    told = subprocess.run([sys.executable, "-c", become], capture_output=True, text=True)
    assert (told.stdout, told.stderr) == ("user 54321\n", "")
