"""Swapped sides and contradictions: texts against the profile as it is now."""

from dataclasses import replace

import pytest

from engine.bank import Question, Scenario, books, scenarios
from engine.domain import Override, OverrideKind, PreferencePair, Trait
from engine.pairs.addition import Addition
from engine.pairs.build import pairs_for
from engine.pairs.doctor.contradicted import contradicted
from engine.pairs.doctor.patient import Patient
from engine.pairs.doctor.sides import stands
from engine.pairs.doctor.swapped import swapped
from tests.engine.conftest import a_profile, known
from tests.engine.doctor_pairs import (
    FACET,
    RICH,
    STATEMENT,
    WHEN,
    after,
    built,
    changed,
    ids,
    of_rich,
    patient,
)


def _first(track: str, pairs: list[PreferencePair]) -> PreferencePair:
    return next(pair for pair in pairs if pair.track == track)


def test_what_was_just_built_is_neither_swapped_nor_contradicted() -> None:
    assert len(built()) > 60
    assert swapped(of_rich(built())) is None
    assert contradicted(of_rich(built())) is None


@pytest.mark.parametrize("track", ["values", "personality", "interests"])
def test_turned_sides_are_found_on_every_track_and_turned_back(track: str) -> None:
    pairs = built()
    pair = _first(track, pairs)
    turned = changed(pairs, pair, chosen=pair.rejected, rejected=pair.chosen)
    found = swapped(of_rich(turned))
    assert ids(found) == [pair.id]
    assert after(found, pair.id) == pair
    assert contradicted(of_rich(turned)) is None


def test_an_edited_text_is_on_the_side_it_is_nearer_to() -> None:
    pairs = built()
    pair = _first("values", pairs)
    words = pair.rejected.split()
    edited = {"chosen": " ".join(words[:-4]) + " and so on.", "rejected": pair.chosen + " Yes."}
    found = swapped(of_rich(changed(pairs, pair, edited=True, **edited)))
    assert ids(found) == [pair.id]
    assert after(found, pair.id).chosen == edited["rejected"]
    assert after(found, pair.id).edited
    assert found is not None
    assert found.told.startswith("1 pair of 95 has its sides the wrong way round")
    assert "1 of them was edited by hand" in found.told


def test_of_texts_written_anew_nothing_is_said() -> None:
    pair = replace(_first("values", built()), chosen="Cats sleep.", rejected="Dogs bark.")
    assert list(stands([pair], RICH)) == []


def test_a_swap_that_the_editor_accepted_stands() -> None:
    pairs = built()
    pair = _first("values", pairs)
    turned = changed(pairs, pair, chosen=pair.rejected, rejected=pair.chosen, accepted=True)
    assert swapped(of_rich(turned)) is None


def test_a_dropped_pair_is_left_alone() -> None:
    pairs = built()
    pair = _first("values", pairs)
    turned = changed(pairs, pair, chosen=pair.rejected, rejected=pair.chosen, dropped=True)
    assert swapped(of_rich(turned)) is None


def _override(trait: Trait, score: float, kind: OverrideKind = "set") -> Trait:
    return replace(trait, override=Override(score, "She told us.", WHEN, kind))


def test_an_override_made_later_turns_the_pairs_it_contradicts() -> None:
    """Three scenes of the statement; the statement's own score was +0.6, the editor says -1."""
    pairs = pairs_for(a_profile(known(STATEMENT, 0.6)))
    found = contradicted(patient(pairs, _override(known(STATEMENT, 0.6), -1)))
    assert found is not None
    assert sorted(ids(found)) == sorted(pair.id for pair in pairs)
    assert "3 pairs prefer what it now speaks against" in found.told
    assert "Your own word on the trait stands against 3 of them" in found.told
    assert found.cases[0].why == "made at +0.60, now -1.00 by your own word"
    mended = after(found, pairs[0].id)
    scene = next(scene for scene in scenarios() if scene.id == mended.origin)
    assert (mended.chosen, mended.stance, mended.edited) == (scene.opposed, -1, False)
    assert swapped(patient(pairs, _override(known(STATEMENT, 0.6), -1))) is None


@pytest.mark.parametrize(
    ("trait", "reason"),
    [
        (_override(known(STATEMENT, 0.6), 0, "unknown"), "is not known any more"),
        (replace(known(STATEMENT, 0.6), status="off"), "is switched off"),
        (known(STATEMENT, 0.05), "is too near the middle by now"),
    ],
)
def test_pairs_on_a_trait_that_is_gone_are_dropped(trait: Trait, reason: str) -> None:
    pairs = pairs_for(a_profile(known(STATEMENT, 0.6)))
    found = contradicted(patient(pairs, trait))
    assert len(ids(found)) == 3
    assert after(found, pairs[0].id).dropped
    assert found is not None
    assert reason in found.cases[0].why


def test_genres_that_have_changed_places_turn_their_pairs() -> None:
    before = a_profile(known("interests.poetry", 0.6), known("interests.horror", -0.6))
    now = a_profile(known("interests.poetry", -0.6), known("interests.horror", 0.6))
    pairs = tuple(pairs_for(before))
    shelved = {book.id for book in books()}
    assert any(pair.origin.split(".")[1] in shelved for pair in pairs)
    found = contradicted(Patient(pairs, now))
    assert len(ids(found)) == len(pairs)
    mended = {after(found, pair.id).trait_id for pair in pairs}
    assert mended == {"interests.horror"}
    assert contradicted(Patient(tuple(after(found, p.id) for p in pairs), now)) is None


def test_what_the_editor_accepted_is_told_and_not_mended() -> None:
    pairs = [replace(p, accepted=True) for p in pairs_for(a_profile(known(STATEMENT, 0.6)))]
    found = contradicted(patient(pairs, known(STATEMENT, -0.6)))
    assert found is not None
    assert [case.mended for case in found.cases] == [None] * 3
    assert "you had accepted it" in found.cases[0].why
    assert "3 of them you have accepted: decide on them." in found.told


ADDED = Addition(
    (
        Scenario(
            f"{STATEMENT}.plain.x1",
            STATEMENT,
            "plain",
            "Tuuli slips on the ferry ramp and laughs with those who saw it.",
            "Tuuli takes the ferry ramp slowly, so that nobody sees her slip.",
        ),
    ),
    (Question(f"{FACET}.x1", FACET, "The tram stops. What now?", ("A", "B"), ("C", "D")),),
)
"""A scene and a question that the editor accepted into the bank."""


@pytest.mark.parametrize("topic", [STATEMENT, f"{FACET}.x1"])
def test_turned_sides_are_found_in_what_was_added_to_the_bank(topic: str) -> None:
    pairs = [p for p in pairs_for(RICH, None, ADDED) if p.topic == topic and ".x1" in p.origin]
    turned = [pair.swapped() for pair in pairs]
    found = swapped(Patient(tuple(turned), RICH, added=ADDED))
    assert ids(found) == [pair.id for pair in pairs] != []
    assert [after(found, pair.id) for pair in pairs] == pairs
    assert swapped(Patient(tuple(pairs), RICH, added=ADDED)) is None


def test_an_added_question_is_judged_by_its_facet_and_not_by_its_trait() -> None:
    """The pairs name the trait, of which the profile knew first; then it learns of the facet."""
    before, facet = known("ocean.openness", 0.6), known(FACET, -0.6)
    pairs = [p for p in pairs_for(a_profile(before), None, ADDED) if p.topic == f"{FACET}.x1"]
    assert {pair.trait_id for pair in pairs} == {"ocean.openness"}
    found = contradicted(Patient(tuple(pairs), a_profile(before, facet), added=ADDED))
    assert ids(found) == [pair.id for pair in pairs] != []
    assert after(found, pairs[0].id).trait_id == FACET


def test_a_pair_from_elsewhere_is_judged_by_the_stance_it_came_with() -> None:
    pair = replace(built()[0], track="values", origin="file.1", topic="x", made="imported")
    mine = replace(pair, trait_id=FACET, stance=0.4)
    assert ids(contradicted(patient([mine], known(FACET, -0.6)))) == [mine.id]
    assert contradicted(patient([replace(mine, stance=0.0)], known(FACET, -0.6))) is None


def test_without_a_profile_nothing_is_said_of_sides() -> None:
    pairs = [pair.swapped() for pair in built()]
    assert swapped(patient(pairs)) is None
    assert contradicted(patient(pairs)) is None
    assert swapped(Patient(tuple(pairs), RICH)) is not None
