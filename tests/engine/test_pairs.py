"""Pairs: sides follow the profile, unknown makes none, the editor's changes stay."""

from pathlib import Path

import pytest

from engine import desk, workbench
from engine.bank import questions, scenarios
from engine.domain import Override, Trait
from engine.frameworks import all_statements
from engine.pairs.build import pairs_for
from engine.pairs.labels import facet_label, statement_label
from engine.store import profiles
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, fill, known

STATEMENT = "schwartz.face.1"
FACET = "ocean.openness.imagination"
RICH = a_profile(
    *(known(name, 0.6) for name in list(all_statements())[:12]),
    known(FACET, -0.6),
    known("interests.poetry", 0.5),
    known("interests.memoir_and_biography", 0.5),
    known("interests.horror", -0.5),
    known("interests.thriller", -0.5),
)


def test_agreeing_chooses_the_aligned_scene_and_disagreeing_the_opposed() -> None:
    scene = next(scene for scene in scenarios() if scene.statement == STATEMENT)
    for score, chosen in ((0.6, scene.aligned), (-0.6, scene.opposed)):
        pairs = pairs_for(a_profile(known(STATEMENT, score)))
        pair = next(pair for pair in pairs if pair.origin == scene.id)
        assert pair.chosen == chosen
        assert {pair.chosen, pair.rejected} == {scene.aligned, scene.opposed}


def test_each_known_statement_makes_three_pairs_and_each_known_facet_twenty() -> None:
    pairs = pairs_for(a_profile(known(STATEMENT, 0.6), known(FACET, 0.6)))
    assert [pair.track for pair in pairs].count("values") == 3
    assert [pair.track for pair in pairs].count("personality") == 20


def test_a_low_facet_chooses_a_low_answer() -> None:
    question = next(question for question in questions() if question.facet == FACET)
    pairs = pairs_for(a_profile(known(FACET, -0.6)))
    chosen = {pair.chosen for pair in pairs if pair.topic == question.id}
    assert chosen == set(question.low)


def test_interests_set_a_sought_genre_against_an_avoided_one() -> None:
    pairs = [pair for pair in pairs_for(RICH) if pair.track == "interests"]
    assert any(pair.chosen.startswith("Poetry.") for pair in pairs)
    assert all(not pair.rejected.startswith(("Poetry.", "Memoir")) for pair in pairs)


@pytest.mark.parametrize(
    "trait",
    [
        Trait(STATEMENT, "schwartz", 0.9, 0.9, "unknown"),
        Trait(STATEMENT, "schwartz", 0.9, 0.9, "off"),
        Trait(STATEMENT, "schwartz", 0.05, 0.9, "known"),
        Trait(STATEMENT, "schwartz", 0.9, 0.05, "known"),
    ],
)
def test_unknown_off_faint_and_unsure_traits_make_no_pairs(trait: Trait) -> None:
    with pytest.raises(BadInput, match="known well enough"):
        pairs_for(a_profile(trait))


def test_the_editors_word_on_a_dimension_outranks_an_extracted_statement() -> None:
    statement = all_statements()["schwartz.face.1"]
    dimension = known("schwartz.face", 0.5)
    overridden = Trait(
        **{**vars(dimension), "override": Override(-statement.pole, "told us", WHEN)}
    )
    profile = a_profile(known(STATEMENT, 0.9), overridden)
    assert statement_label(profile, statement).side == -1


def test_a_facet_without_evidence_takes_its_traits_level() -> None:
    profile = a_profile(known("ocean.openness", 0.6))
    found = facet_label(profile, FACET)
    assert (found.side, found.trait_id) == (1, "ocean.openness")


def test_held_out_topics_are_whole_and_always_the_same() -> None:
    once, again = pairs_for(RICH), pairs_for(RICH)
    assert once == again
    held = {pair.topic for pair in once if pair.held_out}
    assert held
    assert not held & {pair.topic for pair in once if not pair.held_out}


def test_building_again_keeps_edited_and_dropped_pairs(data_dir: Path) -> None:
    fill(data_dir, RICH)
    built = desk.build_pairs(data_dir, "ann")
    first, second, third = desk.pairs(data_dir, "ann")[:3]
    desk.edit_pair(data_dir, first.id, chosen="A text of the editor's own.")
    workbench.act(data_dir, "drop", [second.id])
    workbench.act(data_dir, "swap", [third.id])
    again = desk.build_pairs(data_dir, "ann")
    assert again.pairs == built.pairs - 1
    after = {pair.id: pair for pair in desk.pairs(data_dir, "ann")}
    assert after[first.id].chosen == "A text of the editor's own."
    assert after[second.id].dropped
    assert after[third.id].chosen == third.rejected


def test_undo_brings_back_an_edited_and_a_dropped_pair(data_dir: Path) -> None:
    fill(data_dir, RICH)
    desk.build_pairs(data_dir, "ann")
    pair = desk.pairs(data_dir, "ann")[0]
    desk.edit_pair(data_dir, pair.id, chosen="Other words.")
    workbench.act(data_dir, "drop", [pair.id])
    desk.undo(data_dir)
    desk.undo(data_dir)
    assert desk.pairs(data_dir, "ann")[0] == pair


def test_an_empty_text_is_refused(data_dir: Path) -> None:
    fill(data_dir, RICH)
    desk.build_pairs(data_dir, "ann")
    pair = desk.pairs(data_dir, "ann")[0]
    with pytest.raises(BadInput, match="cannot be empty"):
        desk.edit_pair(data_dir, pair.id, rejected="  \n")


def test_pairs_of_a_changed_profile_replace_the_old(data_dir: Path) -> None:
    fill(data_dir, RICH)
    desk.build_pairs(data_dir, "ann")
    with opened(data_dir) as db, change(db, "Build a profile"):
        profiles.save(db, a_profile(known(STATEMENT, 0.6)))
    assert desk.build_pairs(data_dir, "ann").by_track == {"values": 3}


def test_both_answers_of_a_pair_cannot_be_made_the_same(data_dir: Path) -> None:
    fill(data_dir, RICH)
    desk.build_pairs(data_dir, "ann")
    pair = desk.pairs(data_dir, "ann")[0]
    for text in (pair.chosen, f" {pair.chosen.replace(' ', chr(10))} "):
        with pytest.raises(BadInput, match="the same"):
            desk.edit_pair(data_dir, pair.id, rejected=text)


def test_an_edit_leaves_out_what_no_file_could_hold(data_dir: Path) -> None:
    """NUL, and half a surrogate pair, as a terminal gives a byte that is not UTF-8."""
    fill(data_dir, RICH)
    desk.build_pairs(data_dir, "ann")
    pair = desk.pairs(data_dir, "ann")[0]
    desk.edit_pair(data_dir, pair.id, chosen="caf\udce9 \0noir")
    assert desk.pairs(data_dir, "ann")[0].chosen == "caf\ufffd noir"


def test_what_is_held_out_does_not_hang_on_what_is_known() -> None:
    more = a_profile(*RICH.traits, *(known(name, 0.6) for name in list(all_statements())[12:60]))
    held = {pair.topic for pair in pairs_for(more) if pair.held_out}
    few = pairs_for(RICH)
    assert {pair.topic for pair in few if pair.held_out} == held & {pair.topic for pair in few}
