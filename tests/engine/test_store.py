"""The store: privacy of its files, changes that are whole, undo and redo, forgetting."""

import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import desk, editing
from engine.domain import Book, Override, PreferencePair, Reader
from engine.store import journal, pair_history, pairs, profiles, readers
from engine.store.database import change, opened
from models.errors import BadInput, UserError
from tests.engine.conftest import a_profile, a_review, fill, known

SCHEMA_ROWS = "select count(*) from"


def count(data_dir: Path, table: str) -> int:
    with opened(data_dir) as db:
        return int(db.execute(f"{SCHEMA_ROWS} {table}").fetchone()[0])


def test_files_are_readable_by_their_owner_alone(data_dir: Path) -> None:
    fill(data_dir)
    assert data_dir.stat().st_mode & 0o777 == 0o700
    for file in data_dir.glob("studio.db*"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_importing_twice_adds_nothing(data_dir: Path) -> None:
    fill(data_dir)
    fill(data_dir)
    assert [(row.id, row.reviews) for row in desk.readers(data_dir)] == [("ann", 1), ("bo", 0)]


def test_an_import_without_titles_keeps_the_title_that_is_known(data_dir: Path) -> None:
    fill(data_dir)
    with opened(data_dir) as db, change(db, "Import books"):
        readers.save_books(db, [Book("b1", "b1", year=1991)])
        book = readers.find_book(db, "b1")
    assert book is not None
    assert (book.title, book.year, book.author) == ("The Long Boat", 1991, "E. Sailor")


def test_a_failing_change_leaves_everything_as_it_was(data_dir: Path) -> None:
    fill(data_dir)

    def fail_half_way() -> None:
        with opened(data_dir) as db, change(db, "Import reviews"):
            readers.save(db, [Reader("cy", "Cy", "text")], [], [])
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert count(data_dir, "reader") == 2
    assert count(data_dir, "journal") == 1


def test_undo_and_redo_survive_a_restart_and_cover_every_kind_of_row(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.5)))
    editing.set_trait(data_dir, "ann", "schwartz.face.1", -1.0, "she told us")
    undone = desk.undo(data_dir)
    assert undone is not None
    assert undone.title == "Override a trait"
    assert desk.built_profile(data_dir, "ann").traits[0].override is None
    first = desk.undo(data_dir)
    assert first is not None
    assert first.title == "Import reviews"
    assert desk.readers(data_dir) == []
    assert desk.undo(data_dir) is None
    desk.redo(data_dir)
    desk.redo(data_dir)
    assert desk.redo(data_dir) is None
    trait = desk.built_profile(data_dir, "ann").traits[0]
    assert trait.override is not None
    assert (trait.score, trait.effective_score, trait.override.reason) == (0.5, -1.0, "she told us")


def test_a_new_change_ends_the_line_of_redo(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.5)))
    editing.set_trait(data_dir, "ann", "schwartz.face.1", -1.0)
    desk.undo(data_dir)
    editing.set_trait(data_dir, "ann", "schwartz.face.1", 1.0)
    assert desk.redo(data_dir) is None


def test_a_long_change_that_was_undone_leaves_the_file_bit_by_bit_and_the_journal_at_once(
    data_dir: Path,
) -> None:
    """2,500 rows leave in three changes, a thousand at most with each."""
    fill(data_dir)
    many = [
        PreferencePair(f"p{n}", "ann", "values", "t", "t", "q", "c", "r", "o") for n in range(2500)
    ]
    with opened(data_dir) as db, change(db, "Load pairs"):
        pairs.save(db, "ann", many)
    loaded = desk.newest_change(data_dir)
    desk.undo(data_dir)
    left = []
    for n in range(4):
        with opened(data_dir) as db, change(db, "Add a reader"):
            readers.save(db, [Reader(f"r{n}", "R", "text")], [], [])
        with opened(data_dir) as db:
            assert "Load pairs" not in [entry.title for entry in journal.history(db)]
            assert pair_history.changes(db, None, 9) == pair_history.changes(db, "p7", 9) == []
            assert journal.rows_changed_since(db, "pair", loaded) is None
            assert journal.rows_changed_since(db, "pair", loaded - 1) == set()
        left.append(count(data_dir, "journal_row where kind = 'pair'"))
        assert desk.redo(data_dir) is None
    assert left == [1500, 500, 0, 0]
    assert count(data_dir, "journal") == 5


def test_extracting_again_keeps_the_override(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.5)))
    editing.set_trait(data_dir, "ann", "schwartz.face.1", -1.0, "she told us")
    with opened(data_dir) as db, change(db, "Build a profile"):
        profiles.save(db, a_profile(known("schwartz.face.1", 0.9)))
    trait = desk.built_profile(data_dir, "ann").traits[0]
    assert (trait.score, trait.effective_score) == (0.9, -1.0)


@pytest.mark.parametrize("score", [-1.01, 2, float("nan")])
def test_an_override_outside_the_scale_is_refused(data_dir: Path, score: float) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.5)))
    with pytest.raises(BadInput, match="between -1 and 1"):
        editing.set_trait(data_dir, "ann", "schwartz.face.1", score)


def test_forgetting_a_reader_leaves_no_word_of_them_in_the_file(data_dir: Path) -> None:
    secret = "My dentist in Valparaiso swears by this book."
    fill(data_dir, a_profile(known("schwartz.face.1", 0.5)), reviews=[a_review(text=secret)])
    editing.set_trait(data_dir, "ann", "schwartz.face.1", -1.0, "Valparaiso")
    assert desk.forget(data_dir, "ann") == []
    assert [row.id for row in desk.readers(data_dir)] == ["bo"]
    assert count(data_dir, "book") == 0
    for file in data_dir.glob("studio.db*"):
        assert b"Valparaiso" not in file.read_bytes()
    assert desk.undo(data_dir) is None
    assert [row.id for row in desk.readers(data_dir)] == ["bo"]


def test_two_front_ends_write_one_after_the_other(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.5)))
    with opened(data_dir) as one, opened(data_dir) as two:
        with change(one, "Override a trait"):
            profiles.set_override(
                one, "ann", "schwartz.face.1", Override(0.1, "", datetime.now(UTC))
            )
            assert profiles.built(two, "ann").traits[0].override is None
        with change(two, "Override a trait"):
            profiles.set_override(
                two, "ann", "schwartz.face.1", Override(0.2, "", datetime.now(UTC))
            )
        assert profiles.built(one, "ann").traits[0].effective_score == 0.2


def test_a_file_that_is_no_store_is_named_in_a_sentence(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "studio.db").write_text("this is a letter to my aunt, not a database\n" * 30)
    with pytest.raises(UserError, match=r"studio\.db cannot be used"):
        desk.readers(data_dir)


def test_a_data_directory_that_is_a_file_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UserError, match="cannot be used"):
        desk.readers(tmp_path / "data")


def test_a_full_disk_is_said_and_nothing_is_lost(data_dir: Path) -> None:
    """SQLite's own limit on pages stands in for a disk without room."""
    fill(data_dir)

    def write_too_much() -> None:
        with opened(data_dir) as db:
            pages = db.execute("pragma page_count").fetchone()[0]
            db.execute(f"pragma max_page_count = {pages + 2}")
            with change(db, "Import reviews"):
                readers.save(db, [], [], [a_review(str(n), text="x" * 5000) for n in range(50)])

    with pytest.raises(UserError, match="full") as told:
        write_too_much()
    assert "Free some disk space" in told.value.hint
    assert count(data_dir, "review") == 1


def test_sqlite_keeps_foreign_keys(data_dir: Path) -> None:
    fill(data_dir)
    stranger = PreferencePair("p", "nobody", "values", "t", "t", "p", "c", "r", "o")
    with opened(data_dir) as db, pytest.raises(sqlite3.IntegrityError):
        pairs.save(db, "nobody", [stranger])


def test_undo_brings_a_score_back_to_its_last_digit(data_dir: Path) -> None:
    """0.1 + 0.2 is 0.30000000000000004, which fifteen digits do not hold."""
    fill(data_dir, a_profile(known("schwartz.face.1", 0.1 + 0.2)))
    before = desk.built_profile(data_dir, "ann").traits
    with opened(data_dir) as db, change(db, "Build a profile"):
        profiles.save(db, a_profile(known("schwartz.face.1", -0.5)))
    desk.undo(data_dir)
    assert desk.built_profile(data_dir, "ann").traits == before


def test_undo_and_redo_follow_rows_that_one_change_touched_again_and_again(data_dir: Path) -> None:
    """Pairs come, are changed, go and come back, with rows of another table in between."""
    fill(data_dir)
    rng = random.Random(4)
    states = [everything(data_dir)]
    for _ in range(4):
        with opened(data_dir) as db, change(db, "Many things"):
            for _ in range(60):
                name, word = f"p{rng.randrange(8)}", f"{rng.random()}\n\x01"
                act = rng.choice(["put", "put", "remove", "add a reader", "rename"])
                if act == "put":
                    pair = PreferencePair(name, "ann", "values", "t", "t", "q", word, "'=1+1", "o")
                    pairs.save(db, "ann", [pair])
                elif act == "remove":
                    db.execute("delete from pair where id = ?", [name])
                elif act == "add a reader":
                    readers.save(db, [Reader(name, word, "text")], [], [])
                else:
                    db.execute("update reader set name = name || 'y' where id <> 'ann'")
        states.append(everything(data_dir))
    for before in states[-2::-1]:
        desk.undo(data_dir)
        assert everything(data_dir) == before
    for after in states[1:]:
        desk.redo(data_dir)
        assert everything(data_dir) == after


def test_a_change_that_an_older_version_kept_is_undone_without_the_younger_columns(
    data_dir: Path,
) -> None:
    fill(data_dir)
    with opened(data_dir) as db:
        pair = PreferencePair("p", "ann", "values", "t", "t", "q", "c", "r", "o")
        for title, act in (("Build", pairs.save), ("Build again", pairs.replace_built)):
            with change(db, title):
                act(db, "ann", [pair] if title == "Build" else [])
        db.execute("update journal_row set before = json_remove(before, '$.flagged')")
    desk.undo(data_dir)
    assert desk.pairs(data_dir, "ann") == [pair]


def everything(data_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    with opened(data_dir) as db:
        return {
            table: [tuple(row) for row in db.execute(f"select * from {table} order by id")]
            for table in ("reader", "pair")
        }
