"""The workbench: finding among many pairs, acting on them at once, and what the journal tells."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.domain import PreferencePair, Track
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.workbench import (
    PairIndex,
    Search,
    Verb,
    act,
    evidence_of,
    found,
    load_index,
    page,
    pair_journal,
    parse_query,
    refreshed,
    similar,
    without_a_pair,
)
from models.errors import BadInput
from tests.engine.conftest import a_profile, fill, known

FACE = "schwartz.face.1"


def _pair(
    pair_id: str,
    chosen: str,
    rejected: str = "He takes the train to town.",
    track: Track = "values",
    trait: str = FACE,
    stance: float = 0.5,
) -> PreferencePair:
    return PreferencePair(
        pair_id,
        "ann",
        track,
        trait,
        f"topic {pair_id}",
        "Tell it.",
        chosen,
        rejected,
        pair_id,
        stance=stance,
    )


PAIRS = (
    _pair("a", "Buppha mends the kayak by the Lighthouse.", stance=-0.9),
    _pair("b", "Wiremu mends the kayak by the river.", stance=0.3),
    _pair("c", "A long day of bread and salt, and then of more bread.", track="interests"),
    replace(_pair("d", "Été — the light of August."), held_out=True),
)


@pytest.fixture
def ann(data_dir: Path) -> Path:
    """Ann with four pairs of her own, and Bo with one."""
    fill(data_dir, a_profile(known(FACE, 0.5)))
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", PAIRS)
        pair_rows.replace_built(db, "bo", [replace(PAIRS[0], id="bo", reader_id="bo")])
    return data_dir


def _found(index: PairIndex, line: str) -> list[str]:
    return index.ids_of(found(index, parse_query(line)))


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("", "abcd"),
        ("LIGHT", "ad"),
        ("light kayak", "a"),
        ('"the kayak by"', "ab"),
        ("été", "d"),
        ("/^(wire|bup)/", "ab"),
        ("/bread.*bread/ salt", "c"),
        ("track:int", "c"),
        ("not:held_out light", "a"),
        ("strength:>=0.5", "acd"),
        ("strength:<0.4", "b"),
        ("sort:-strength", "acdb"),
        ("sort:strength", "bcda"),
        ("sort:track", "cabd"),
        ("sort:-longer", "cabd"),
        ("trait:ocean", ""),
        ("id:d,b,zzz", "bd"),
        ("like:a", "ab"),
        ("like:a sort:strength", "ba"),
        ("is:train", "abc"),
    ],
)
def test_a_filter_finds(line: str, ids: str, ann: Path) -> None:
    """The answers' lengths less the rejected one's 27: a 14, b 9, c 26, d -2."""
    assert "".join(_found(load_index(ann, "ann"), line)) == ids


def test_the_name_of_the_trait_is_searched_too(ann: Path) -> None:
    name = desk.trait_names()[FACE]
    assert _found(load_index(ann, "ann"), f'"{name[:30]}"') == ["a", "b", "c", "d"]


def _many(count: int) -> tuple[PreferencePair, ...]:
    words = ("stone", "river", "lamp")
    return tuple(_pair(f"{n:05d}", f"A {words[n % 3]} of {n}.") for n in range(count))


def _stored(data_dir: Path, pairs: Sequence[PreferencePair]) -> PairIndex:
    fill(data_dir)
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", pairs)
    return load_index(data_dir, "ann")


def test_the_first_page_comes_before_all_is_searched_and_the_rest_after(data_dir: Path) -> None:
    index = _stored(data_dir, _many(3000))
    search = Search(index, parse_query("lamp"))
    first = search.take(20)
    assert 20 <= len(first) < 200
    assert not search.is_over
    rest = search.take()
    assert [*first, *rest] == list(range(2, 3000, 3))
    assert search.is_over


def test_a_narrower_search_goes_on_from_what_was_found(data_dir: Path) -> None:
    index = _stored(data_dir, _many(3000))
    before = found(index, parse_query("lamp"))
    narrowed = Search(index, parse_query("lamp 299"), within=before).take()
    assert narrowed.tolist() == found(index, parse_query("lamp 299")).tolist() != []


def test_a_stopped_search_ends(data_dir: Path) -> None:
    search = Search(_stored(data_dir, _many(3000)), parse_query("lamp"))
    search.stopped = True
    assert len(search.take()) == 0


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
    assert _found(index, "nothing") == ["c"]
    assert _found(index, "bread") == []
    assert _found(index, "is:flagged") == ["a"]
    desk.undo(ann)
    desk.undo(ann)
    refreshed(ann, index)
    assert (_found(index, "bread"), _found(index, "is:flagged")) == (["c"], [])
    desk.redo(ann)
    refreshed(ann, index)
    assert _found(index, "nothing") == ["c"]


def test_an_index_is_made_anew_where_pairs_came_or_went_or_the_redo_line_ended(ann: Path) -> None:
    index = load_index(ann, "ann")
    with opened(ann) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ann", [_pair("e", "Snow.")])
    index, changed = refreshed(ann, index)
    assert changed is None
    assert _found(index, "snow") == ["e"]
    act(ann, "flag", ["a"])
    index, _ = refreshed(ann, index)
    desk.undo(ann)
    act(ann, "flag", ["b"])  # what the index had seen is in the journal no more
    index, changed = refreshed(ann, index)
    assert changed is None
    assert _found(index, "is:flagged") == ["b"]


def test_similar_ranks_by_the_rare_words_that_are_shared(ann: Path) -> None:
    likest = similar(load_index(ann, "ann"), "a")
    assert [one.pair_id for one in likest] == ["b"]
    assert set(likest[0].shared) == {"kayak", "mends"}
    assert 0 < likest[0].likeness < 1
    with pytest.raises(BadInput, match="No pair 'bo'"):
        similar(load_index(ann, "ann"), "bo")


def test_similar_sees_a_text_that_was_changed(ann: Path) -> None:
    index = load_index(ann, "ann")
    similar(index, "a")
    desk.edit_pair(ann, "c", chosen="She mends another kayak by the lighthouse.")
    refreshed(ann, index)
    assert [one.pair_id for one in similar(index, "a")] == ["c", "b"]


def test_an_empty_reader_has_an_index_too(data_dir: Path) -> None:
    index = _stored(data_dir, ())
    assert (_found(index, ""), _found(index, "x"), index.counts().pairs) == ([], [], 0)


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
