"""What an editor does with a profile: corrects it, questions it, compares it, begins one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk, editing
from engine.domain import Override, OverrideKind, Profile, Reading, Trait
from engine.frameworks import all_statements
from engine.pairs.build import pairs_for
from engine.pairs.labels import facet_label, is_sure, side, statement_label
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readings as reading_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, fill, known, read, trait_of

STATEMENT = "schwartz.face.1"
SCALE = "schwartz.face"
FACET = "ocean.openness.imagination"


def test_accepting_keeps_the_score_as_it_stands_when_the_reviews_are_read_again(
    data_dir: Path,
) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5)))
    accepted = trait_of(editing.accept_trait(data_dir, "ann", STATEMENT, "so she is"), STATEMENT)
    assert accepted.override is not None
    assert (accepted.override.kind, accepted.override.reason) == ("accepted", "so she is")
    with opened(data_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, a_profile(known(STATEMENT, -0.9)))
    again = trait_of(desk.built_profile(data_dir, "ann"), STATEMENT)
    assert (again.score, again.effective_score, again.effective_confidence) == (-0.9, 0.5, 1.0)


def test_a_set_fact_wins_over_the_stated_one_and_an_accepted_one_stays(data_dir: Path) -> None:
    place = replace(known("demographics.location", 1.0), value="Porto")
    fill(data_dir, a_profile(place))
    editing.accept_trait(data_dir, "ann", place.id)
    with opened(data_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, a_profile(replace(place, value="Braga")))
    assert trait_of(desk.built_profile(data_dir, "ann"), place.id).effective_value == "Porto"
    set_ = editing.set_trait(data_dir, "ann", place.id, None, "told us", " Lisbon  ")
    assert trait_of(set_, place.id).effective_value == "Lisbon"


def test_marking_unknown_takes_the_trait_out_of_use_until_it_is_cleared(data_dir: Path) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5)))
    marked = trait_of(editing.mark_unknown(data_dir, "ann", STATEMENT), STATEMENT)
    assert (marked.is_known, marked.effective_confidence) == (False, 0.0)
    with pytest.raises(BadInput, match="known well enough"):
        pairs_for(desk.built_profile(data_dir, "ann"))
    cleared = trait_of(editing.clear_override(data_dir, "ann", STATEMENT), STATEMENT)
    assert (cleared.is_known, cleared.override) == (True, None)


def test_the_word_on_a_sensitive_item_rests_while_such_items_are_off() -> None:
    word = Override(0.8, "asked", WHEN)
    off = Trait("wvs.faith.1", "wvs", 0.0, 0.0, "off", override=word)
    assert not off.is_known
    assert replace(off, status="unknown").is_known


def test_a_word_on_a_trait_survives_an_extraction_that_lacks_it(data_dir: Path) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5), known(SCALE, 0.5)))
    editing.set_trait(data_dir, "ann", STATEMENT, -0.7, "she said so")
    with opened(data_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, a_profile(known(SCALE, 0.4)))
    left = trait_of(desk.built_profile(data_dir, "ann"), STATEMENT)
    assert (left.status, left.framework, left.effective_score) == ("unknown", "schwartz", -0.7)
    assert editing.clear_override(data_dir, "ann", STATEMENT).trait(STATEMENT) is None


@pytest.mark.parametrize("make", [editing.accept_trait, editing.mark_unknown])
def test_each_word_is_one_change_that_undo_takes_back(
    data_dir: Path, make: Callable[[Path, str, str], Profile]
) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5)))
    make(data_dir, "ann", STATEMENT)
    desk.undo(data_dir)
    assert trait_of(desk.built_profile(data_dir, "ann"), STATEMENT).override is None


def test_what_a_trait_does_not_take_is_refused_in_a_sentence(data_dir: Path) -> None:
    unknown = Trait("demographics.age", "demographics", 0, 0, "unknown")
    off = Trait("wvs.abortion", "wvs", 0, 0, "off")
    fill(data_dir, a_profile(known(STATEMENT, 0.5), unknown, off))
    for trait_id, score, value, told in (
        (STATEMENT, 1.5, None, "between -1 and 1"),
        (STATEMENT, float("nan"), None, "between -1 and 1"),
        (STATEMENT, None, None, "missing"),
        (STATEMENT, 0.5, "often", "no value"),
        ("demographics.age", 0.5, None, "is a fact"),
        ("demographics.age", None, "  ", "is a fact"),
        ("wvs.abortion", 0.5, None, "sensitive"),
        ("ocean.charm", 0.5, None, "no trait 'ocean.charm'"),
    ):
        with pytest.raises(BadInput, match=told):
            editing.set_trait(data_dir, "ann", trait_id, score, "", value)
    with pytest.raises(BadInput, match="nothing to accept"):
        editing.accept_trait(data_dir, "ann", "demographics.age")
    assert all(trait.override is None for trait in desk.built_profile(data_dir, "ann").traits)


def worded(trait: Trait, kind: OverrideKind, score: float = 0.0) -> Trait:
    return replace(trait, override=Override(score, "", WHEN, kind))


def test_a_statement_marked_unknown_has_no_side_even_under_an_overridden_dimension() -> None:
    profile = a_profile(
        worded(known(STATEMENT, 0.9), "unknown"), worded(known(SCALE, 0.5), "set", 1.0)
    )
    assert statement_label(profile, all_statements()[STATEMENT]).side == 0


def test_a_facet_marked_unknown_has_no_side_even_where_its_trait_is_known() -> None:
    profile = a_profile(worded(known(FACET, 0.9), "unknown"), known("ocean.openness", 0.9))
    found = facet_label(profile, FACET)
    assert (found.side, found.trait_id) == (0, FACET)


def test_a_dimension_marked_unknown_silences_its_statements() -> None:
    profile = a_profile(known(STATEMENT, 0.9), worded(known(SCALE, 0.5), "unknown"))
    assert statement_label(profile, all_statements()[STATEMENT]).side == 0


def test_accepting_a_dimension_moves_no_statement() -> None:
    against = -all_statements()[STATEMENT].pole
    profile = a_profile(known(STATEMENT, 0.9), worded(known(SCALE, 0.5), "accepted", against))
    assert statement_label(profile, all_statements()[STATEMENT]).side == 1


def test_a_trait_that_only_a_questionnaire_knows_has_its_side() -> None:
    reading = Reading("questionnaire", 0.6, 0.8, "", WHEN)
    trait = Trait(FACET, "ocean", 0, 0, "unknown", readings=(reading,))
    assert (is_sure(trait), side(trait)) == (True, 1)


def test_a_reader_by_hand_begins_with_everything_unknown(data_dir: Path) -> None:
    reader = editing.new_reader(data_dir, "  Ana  Lima ")
    assert (reader.id, reader.name, reader.source) == ("ana-lima", "Ana Lima", "by hand")
    profile = desk.built_profile(data_dir, "ana-lima")
    assert not any(trait.is_known for trait in profile.traits)
    assert {t.note for t in profile.traits if t.status == "unknown"} == {"No reviews."}
    desk.undo(data_dir)
    assert desk.readers(data_dir) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [("  ", "needs a name"), ("x" * 81, "too long"), ("¿?", "no letter"), ("Ann", "already")],
)
def test_a_name_that_cannot_be_used_is_refused(data_dir: Path, name: str, told: str) -> None:
    fill(data_dir)
    with pytest.raises(BadInput, match=told):
        editing.new_reader(data_dir, name)


def test_a_word_set_by_hand_makes_pairs(data_dir: Path) -> None:
    editing.new_reader(data_dir, "Olu")
    editing.set_trait(data_dir, "olu", STATEMENT, 0.8)
    assert desk.build_pairs(data_dir, "olu").by_track == {"values": 3}


def test_building_without_reviews_says_what_to_do_instead(data_dir: Path) -> None:
    editing.new_reader(data_dir, "Olu")

    async def build() -> None:
        async for _ in desk.build_profile(data_dir, "olu"):
            pass

    with pytest.raises(BadInput, match="no reviews to read") as told:
        asyncio.run(build())
    assert "profile set" in told.value.hint


def test_a_clone_is_known_as_the_other_is_without_a_quote_of_theirs(data_dir: Path) -> None:
    place = replace(known("demographics.location", 1.0), value="Porto")
    marked = known("ocean.extraversion", 0.7)
    fill(data_dir, a_profile(known(STATEMENT, 0.5), known(FACET, -0.6), place, marked))
    editing.mark_unknown(data_dir, "ann", marked.id)
    clone = editing.clone_reader(data_dir, "ann", "Bea")
    profile = desk.built_profile(data_dir, clone.id)
    overridden = {trait.id: trait.override for trait in profile.traits if trait.override}
    assert {trait_id: word.kind for trait_id, word in overridden.items()} == {
        STATEMENT: "set",
        FACET: "set",
        place.id: "set",
        marked.id: "unknown",
    }
    assert {word.reason for word in overridden.values()} == {"Cloned from Ann"}
    assert trait_of(profile, place.id).effective_value == "Porto"
    assert not any(trait.evidence for trait in profile.traits)
    assert desk.reviews(data_dir, clone.id) == []


def test_pairs_of_a_clone_are_those_of_the_original(data_dir: Path) -> None:
    """The scale is known too: in a clone it must not speak for its statements that are not."""
    fill(data_dir, a_profile(known(STATEMENT, 0.5), known(FACET, -0.6), known(SCALE, 0.5)))
    clone = editing.clone_reader(data_dir, "ann", "Bea")
    theirs = pairs_for(desk.built_profile(data_dir, "ann"))
    own = pairs_for(desk.built_profile(data_dir, clone.id))
    assert [(p.chosen, p.rejected) for p in own] == [(p.chosen, p.rejected) for p in theirs]
    assert not {p.id for p in own} & {p.id for p in theirs}


def test_readings_come_with_a_clone(data_dir: Path) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5)))
    reading = Reading("picks", 0.4, 0.5, "3 of 3 picks", WHEN)
    with opened(data_dir) as db, change(db, "Make the picks"):
        reading_rows.replace_readings(db, "ann", "picks", {"ocean.openness": reading})
    clone = editing.clone_reader(data_dir, "ann", "Bea")
    openness = trait_of(desk.built_profile(data_dir, clone.id), "ocean.openness")
    assert openness.readings == (reading,)


def test_reviews_can_be_added_to_a_reader_by_hand_later(data_dir: Path) -> None:
    editing.new_reader(data_dir, "Ann")
    editing.set_trait(data_dir, "ann", STATEMENT, -0.8)
    read(data_dir, ["I guard my name.", "I dream."], [(STATEMENT, 0, 1.0), (FACET, 1, 1.0)])
    profile = desk.built_profile(data_dir, "ann")
    assert trait_of(profile, STATEMENT).effective_score == -0.8
    assert trait_of(profile, FACET).is_known
    assert len(desk.reviews(data_dir, "ann")) == 2


def test_the_widest_gap_comes_first_and_what_one_alone_has_comes_last(data_dir: Path) -> None:
    near, far, alone = known("schwartz.face", 0.5), known(FACET, 0.6), known(STATEMENT, 0.9)
    fill(
        data_dir,
        a_profile(alone, near, far),
        a_profile(known("schwartz.face", 0.4), known(FACET, -0.6), reader_id="bo"),
    )
    found = editing.compare(data_dir, "ann", "bo")
    assert [one.trait_id for one in found] == [FACET, SCALE, STATEMENT]
    assert found[0].gap == pytest.approx(1.2)
    assert (found[2].gap, found[2].b) == (None, None)


def test_facts_are_compared_by_value_and_the_editors_word_counts(data_dir: Path) -> None:
    place = replace(known("demographics.location", 1.0), value="Porto")
    fill(data_dir, a_profile(place), a_profile(place, reader_id="bo"))
    assert [one.gap for one in editing.compare(data_dir, "ann", "bo")] == [0.0]
    editing.set_trait(data_dir, "bo", place.id, None, "", "Lisbon")
    assert [one.gap for one in editing.compare(data_dir, "ann", "bo")] == [2.0]


def test_quotes_come_in_the_order_they_were_written_each_once(data_dir: Path) -> None:
    texts = ["I guard my name.", "I live in Porto.", "I do not care what they say."]
    read(data_dir, texts, [(STATEMENT, 2, -1.0), (STATEMENT, 0, 1.0)])
    told = [(q.review_id, q.trait_id, q.stance) for q in editing.timeline(data_dir, "ann")]
    assert told == [
        ("r0", STATEMENT, 1.0),
        ("r1", "demographics.location", 1.0),
        ("r2", STATEMENT, -1.0),
    ]


def test_a_quote_without_a_date_comes_last_with_the_title_of_its_book(data_dir: Path) -> None:
    read(
        data_dir,
        ["I guard my name.", "I guard it."],
        [(STATEMENT, 1, 1.0), (STATEMENT, 0, 1.0)],
    )
    with opened(data_dir) as db:
        db.execute("update review set written_at = null where id = 'r0'")
    first, last = editing.timeline(data_dir, "ann")
    assert (first.review_id, last.review_id, last.written_at) == ("r1", "r0", None)
    assert last.book == "Book 0"


def test_switching_sensitive_items_off_takes_what_was_read_of_them_out_at_once(
    data_dir: Path,
) -> None:
    """One quote for a sensitive statement, one for another: only the first goes, and its score."""
    sensitive = next(item for item in all_statements().values() if item.sensitive)
    texts = ["I pray before I read.", "I never cared who was watching."]
    read(data_dir, texts, [(sensitive.id, 0, 0.9), (STATEMENT, 1, 0.9)], sensitive=True)
    assert trait_of(desk.built_profile(data_dir, "ann"), sensitive.id).is_known
    editing.switch_sensitive(data_dir, "ann", False)
    profile = desk.built_profile(data_dir, "ann")
    assert trait_of(profile, sensitive.id).status == "off"
    assert not trait_of(profile, sensitive.id).evidence
    assert not trait_of(profile, sensitive.dimension).is_known
    assert trait_of(profile, STATEMENT).is_known
    with opened(data_dir) as db:
        assert {one.trait_id for one in finding_rows.of_reader(db, "ann")} == {STATEMENT}
    assert desk.undo(data_dir) is not None
    assert trait_of(desk.built_profile(data_dir, "ann"), sensitive.id).is_known
