"""What undo and redo reach: whose work, which pairs, and only the change that was meant."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk, editing, workbench
from engine.domain import PreferencePair
from engine.pairs.choice import PairChoice
from engine.pairs.meanwhile import ChangedMeanwhile
from engine.store import pairs as pair_rows
from engine.store.database import change, note_changes, opened
from models.errors import BadInput
from tests.engine.conftest import a_profile, fill, known

PAIRS = tuple(
    PreferencePair(
        f"p{n}", "ann", "values", "schwartz.face.1", f"t{n}", "Tell it.", f"Yes {n}.", "No.", "o"
    )
    for n in range(30)
)


@pytest.fixture
def ann(data_dir: Path) -> Path:
    """Ann with thirty pairs, Bo with one."""
    fill(data_dir, a_profile(known("schwartz.face.1", 0.6)))
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", PAIRS)
        pair_rows.replace_built(db, "bo", [replace(PAIRS[0], id="b0", reader_id="bo")])
    return data_dir


def _next(data_dir: Path) -> int:
    change = desk.next_move(data_dir, "undo")
    assert change is not None
    return change.id


def test_the_reach_of_a_change_names_readers_and_the_first_pairs(ann: Path) -> None:
    workbench.act(ann, "flag", ["p7", "b0", "p3"])
    reach = desk.reach(ann, _next(ann))
    assert dict(reach.readers) == {"ann": "Ann", "bo": "Bo"}
    assert (reach.pairs, reach.pair_ids, reach.text) == (3, ("b0", "p3", "p7"), "Yes 0.")
    workbench.act(ann, "accept", [pair.id for pair in PAIRS])
    reach = desk.reach(ann, _next(ann))
    assert (reach.pairs, reach.pair_ids) == (30, tuple(f"p{n}" for n in range(20)))


def test_a_reader_that_a_change_brought_is_named_before_and_after_its_undo(
    data_dir: Path,
) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.6)))
    imported = _next(data_dir)
    assert set(desk.reach(data_dir, imported).readers.values()) == {"Ann", "Bo"}
    desk.undo(data_dir)
    assert set(desk.reach(data_dir, imported).readers.values()) == {"Ann", "Bo"}


def test_a_change_of_a_trait_reaches_its_reader_and_no_pair(ann: Path) -> None:
    editing.set_trait(ann, "ann", "schwartz.face.1", -1.0)
    reach = desk.reach(ann, _next(ann))
    assert (dict(reach.readers), reach.pairs, reach.text) == ({"ann": "Ann"}, 0, "")


def test_undo_of_one_change_leaves_another_alone(ann: Path) -> None:
    meant = _next(ann)
    workbench.act(ann, "flag", ["p1"])
    with pytest.raises(BadInput, match="in the meantime"):
        desk.undo(ann, meant)
    with pytest.raises(BadInput, match="in the meantime"):
        desk.redo(ann, meant)
    assert workbench.page(ann, ["p1"])[0].flagged
    undone = desk.undo(ann, _next(ann))
    assert undone is not None
    assert (undone.title, undone.undone) == ("Flag a pair", True)


def test_the_newest_change_differs_after_every_change_undo_and_redo(ann: Path) -> None:
    seen = [desk.newest_change(ann)]
    workbench.act(ann, "flag", ["p1"])
    seen.append(desk.newest_change(ann))
    desk.undo(ann)
    assert desk.newest_change(ann) == seen[0]
    desk.redo(ann)
    assert desk.newest_change(ann) == seen[1]
    desk.undo(ann)
    workbench.act(ann, "flag", ["p2"])
    assert desk.newest_change(ann) not in seen


async def test_changes_are_noted_in_tasks_and_threads_and_nowhere_else(ann: Path) -> None:
    async def window() -> set[int]:
        noted = note_changes()
        await asyncio.create_task(asyncio.to_thread(workbench.act, ann, "flag", ["p1"]))
        return noted

    noted = await asyncio.create_task(window())
    assert noted == {_next(ann)}
    workbench.act(ann, "flag", ["p2"])
    assert _next(ann) not in noted


def test_a_text_that_was_changed_meanwhile_is_not_overwritten(ann: Path) -> None:
    desk.edit_pair(ann, "p1", rejected="Theirs.")
    with pytest.raises(ChangedMeanwhile) as error:
        desk.edit_pair(ann, "p1", chosen="Mine.", began={"chosen": "Yes 1.", "rejected": "No."})
    assert error.value.now.rejected == "Theirs."
    with pytest.raises(ChangedMeanwhile):
        workbench.keep_rewritten(ann, "p1", "rejected", "Mine.", "embedded", "No.")
    assert workbench.page(ann, ["p1"])[0].chosen == "Yes 1."
    kept = workbench.keep_rewritten(ann, "p1", "chosen", "Mine.", "embedded", "Yes 1.")
    assert (kept.chosen, kept.rejected) == ("Mine.", "Theirs.")


def test_undoing_a_building_takes_back_what_it_was_built_of(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face.1", 0.6)))
    choice = PairChoice(frozenset({"values"}), 1)
    assert desk.pair_choice(data_dir, "ann") == PairChoice()
    desk.build_pairs(data_dir, "ann", choice)
    assert desk.pair_choice(data_dir, "ann") == choice
    desk.undo(data_dir)
    assert desk.pair_choice(data_dir, "ann") == PairChoice()


def test_a_building_counts_what_it_made_and_what_it_left_alone(data_dir: Path) -> None:
    """One known statement makes three pairs; one is dropped, one accepted, so one is made again."""
    fill(data_dir, a_profile(known("schwartz.face.1", 0.6)))
    first = desk.build_pairs(data_dir, "ann")
    assert (first.made, first.kept, first.dropped, first.pairs) == (3, 0, 0, 3)
    ids = [pair.id for pair in desk.pairs(data_dir, "ann")]
    workbench.act(data_dir, "drop", ids[:1])
    workbench.act(data_dir, "accept", ids[1:2])
    again = desk.build_pairs(data_dir, "ann")
    assert (again.made, again.kept, again.dropped, again.pairs) == (1, 2, 1, 2)
