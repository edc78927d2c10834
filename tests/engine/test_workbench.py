"""The workbench: acting on many pairs at once, where they come from, and what the journal tells."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.workbench import (
    Verb,
    act,
    evidence_of,
    load_index,
    page,
    pair_journal,
    refreshed,
    without_a_pair,
)
from models.errors import BadInput
from tests.engine.workbench_pairs import PAIRS, a_pair, ids_found, with_anns_pairs


@pytest.fixture
def ann(data_dir: Path) -> Path:
    return with_anns_pairs(data_dir)


def test_counts_tell_what_is_trained_on(ann: Path) -> None:
    act(ann, "drop", ["a"])
    act(ann, "accept", ["b", "c"])
    act(ann, "flag", ["c"])
    counts = load_index(ann, "ann").counts()
    assert (counts.pairs, counts.train, counts.held_out, counts.dropped) == (4, 2, 1, 1)
    assert (counts.accepted, counts.flagged, counts.edited) == (2, 1, 0)
    assert counts.by_track == {"interests": 1, "values": 2}


@pytest.mark.parametrize(
    ("verb", "title"),
    [
        ("accept", "Accept 2 pairs"),
        ("drop", "Drop 2 pairs"),
        ("flag", "Flag 2 pairs"),
        ("swap", "Swap the sides of 2 pairs"),
    ],
)
def test_an_act_on_many_is_one_change_that_undo_takes_back(
    verb: Verb, title: str, ann: Path
) -> None:
    before = desk.pairs(ann, "ann")
    acted = act(ann, verb, ["a", "c", "a"])
    assert (acted.title, acted.changed) == (title, 2)
    after = desk.pairs(ann, "ann")
    assert [new.id for new, old in zip(after, before, strict=True) if new != old] == ["a", "c"]
    undone = desk.undo(ann)
    assert undone is not None
    assert undone.title == title
    assert desk.pairs(ann, "ann") == before


def test_swapping_turns_the_sides_round(ann: Path) -> None:
    act(ann, "swap", ["a"])
    assert page(ann, ["a"]) == [PAIRS[0].swapped()]


def test_accepting_and_dropping_take_each_other_away(ann: Path) -> None:
    act(ann, "drop", ["a"])
    act(ann, "accept", ["a"])
    assert (page(ann, ["a"])[0].accepted, page(ann, ["a"])[0].dropped) == (True, False)
    act(ann, "drop", ["a"])
    assert (page(ann, ["a"])[0].accepted, page(ann, ["a"])[0].dropped) == (False, True)


def test_what_is_so_already_is_no_change(ann: Path) -> None:
    act(ann, "flag", ["a"])
    assert act(ann, "flag", ["a", "b"]).title == "Flag a pair"
    assert act(ann, "flag", ["a", "b"]).changed == 0
    assert pair_journal(ann, "b")[0].title == "Flag a pair"


def test_an_act_on_a_pair_that_is_not_there_changes_nothing(ann: Path) -> None:
    before = desk.pairs(ann, "ann")
    with pytest.raises(BadInput, match="No pair 'nope'"):
        act(ann, "drop", ["a", "nope"])
    with pytest.raises(BadInput, match="No pair was named"):
        act(ann, "drop", [])
    assert desk.pairs(ann, "ann") == before


def test_a_page_holds_the_pairs_that_are_there_in_the_order_asked(ann: Path) -> None:
    assert page(ann, ["c", "gone", "a"]) == [PAIRS[2], PAIRS[0]]


def test_an_index_follows_changes_undo_and_redo(ann: Path) -> None:
    index = load_index(ann, "ann")
    assert refreshed(ann, index) == (index, [])
    desk.edit_pair(ann, "c", chosen="Nothing but rain.")
    act(ann, "flag", ["a"])
    same, changed = refreshed(ann, index)
    assert same is index
    assert sorted(changed or ()) == ["a", "c"]
    assert ids_found(index, "nothing") == ["c"]
    assert ids_found(index, "bread") == []
    assert ids_found(index, "is:flagged") == ["a"]
    desk.undo(ann)
    desk.undo(ann)
    refreshed(ann, index)
    assert (ids_found(index, "bread"), ids_found(index, "is:flagged")) == (["c"], [])
    desk.redo(ann)
    refreshed(ann, index)
    assert ids_found(index, "nothing") == ["c"]


def test_an_index_is_made_anew_where_pairs_came_or_went_or_the_redo_line_ended(ann: Path) -> None:
    index = load_index(ann, "ann")
    with opened(ann) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ann", [a_pair("e", "Snow.")])
    index, changed = refreshed(ann, index)
    assert changed is None
    assert ids_found(index, "snow") == ["e"]
    act(ann, "flag", ["a"])
    index, _ = refreshed(ann, index)
    desk.undo(ann)
    act(ann, "flag", ["b"])  # what the index had seen is in the journal no more
    index, changed = refreshed(ann, index)
    assert changed is None
    assert ids_found(index, "is:flagged") == ["b"]


def test_evidence_names_the_reviews_and_quotes_behind_a_pair(ann: Path) -> None:
    with opened(ann) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ann", [replace(PAIRS[0], stance=0.5, evidence=("r1", "gone"))])
    rests = evidence_of(ann, "a")
    assert [quoted.review.id for quoted in rests.reviews] == ["r1"]
    assert rests.reviews[0].quotes[0].quote.startswith("I love how the crew")
    assert rests.reviews[0].book.title == "The Long Boat"
    assert rests.forgotten == 1
    assert rests.why == "The sides follow from a score of +0.50."


def test_a_pair_without_reviews_says_where_its_sides_come_from(ann: Path) -> None:
    with opened(ann) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ann", [replace(PAIRS[1], made="imported")])
    assert evidence_of(ann, "b").why.startswith("This pair came from a file")
    assert evidence_of(ann, "c").reviews == ()


def test_the_journal_of_a_pair_tells_old_and_new_text(ann: Path) -> None:
    desk.edit_pair(ann, "a", chosen="Other words.")
    act(ann, "accept", ["a", "b"])
    desk.undo(ann)
    accepted, edited, built = pair_journal(ann, "a")
    assert (accepted.title, accepted.undone, accepted.pairs) == ("Accept 2 pairs", True, 2)
    assert [(f.name, f.before, f.after) for f in accepted.changes[0].fields] == [
        ("accepted", "no", "yes")
    ]
    assert [(f.name, f.before, f.after) for f in edited.changes[0].fields] == [
        ("chosen", PAIRS[0].chosen, "Other words."),
        ("edited", "no", "yes"),
    ]
    assert (built.title, built.changes[0].what) == ("Build pairs", "added")
    assert edited.made_at.tzinfo is not None


def test_building_again_to_the_same_texts_is_not_in_the_journal_of_a_pair(ann: Path) -> None:
    with opened(ann) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", [replace(PAIRS[0], chosen="New."), *PAIRS[1:]])
    assert len(pair_journal(ann, "b")) == 1
    assert [f.name for f in pair_journal(ann, "a")[0].changes[0].fields] == ["chosen"]


def test_the_journal_of_all_pairs_tells_how_many_each_change_touched(ann: Path) -> None:
    act(ann, "flag", ["a", "b", "c"])
    newest, built = pair_journal(ann)
    assert (newest.pairs, len(newest.changes)) == (3, 3)
    assert built.pairs == 5
    assert len(pair_journal(ann, limit=1)) == 1
    with pytest.raises(BadInput, match="No pair 'nope'"):
        pair_journal(ann, "nope")


def test_what_makes_no_pair_is_counted_by_its_reason(ann: Path) -> None:
    reasons = without_a_pair(ann, "ann")
    assert set(reasons) <= {"unknown", "faint", "off"}
    assert reasons["unknown"] > 100
    assert without_a_pair(ann, "bo") == {}
