"""What the doctor says of a reader's pairs as a whole, and what its mending comes to."""

from dataclasses import replace

from engine.bank import questions
from engine.pairs.doctor.coverage import coverage, grid
from engine.pairs.doctor.table import SAFE, examined, mended
from tests.engine.conftest import a_profile, known
from tests.engine.doctor_pairs import RICH, STATEMENT, a_pair, built, changed, of_rich, patient

# Coverage


def test_a_known_trait_without_a_pair_is_a_hole_and_an_unknown_one_is_none() -> None:
    profile = a_profile(known(STATEMENT, 0.6), known("ocean.openness", 0.6))
    pairs = [pair for pair in built(profile) if pair.track == "values"]
    rows = {row.trait_id: row for row in grid(pairs, profile)}
    assert rows["schwartz.face"].pairs["values"] == 3
    assert rows["schwartz.face"].holes == ()
    assert rows["ocean.openness"].holes == ("personality",)
    assert rows["ocean.neuroticism"].holes == ()
    found = coverage(patient(pairs, *profile.traits))
    assert found is not None
    assert "1 on personality" in found.told


def test_statements_count_for_their_dimension_and_questions_for_their_trait() -> None:
    rows = {row.trait_id: row for row in grid(built(), RICH)}
    asked = sum(question.facet == "ocean.openness.imagination" for question in questions())
    assert rows["ocean.openness"].pairs["personality"] == 2 * asked
    assert rows["interests.horror"].pairs["interests"] > 0


def test_values_on_an_axis_without_a_lean_want_no_descriptions() -> None:
    care, power = "schwartz.benevolence_caring", "schwartz.power_resources"
    for other, wanted in ((-0.6, True), (0.6, False)):
        profile = a_profile(known(care, 0.6), known(power, other))
        rows = {row.trait_id: row for row in grid([], profile)}
        assert ("descriptions" in rows[care].holes) is wanted


# Mending


def test_mending_does_what_was_told_and_leaves_nothing_to_mend() -> None:
    pairs = built()
    scene = next(pair for pair in pairs if pair.track == "values" and not pair.held_out)
    turned = changed(pairs, scene, chosen=scene.rejected, rejected=scene.chosen)
    twin = replace(turned[-1], id="twin", made="hand")
    tokens = a_pair(7, "She <s> went.", "He came.")
    case = of_rich([*turned, twin, tokens])
    does = {finding.kind: finding.remedy for finding in examined(case)}
    assert (does["swapped"], does["duplicates"]) == ("swap 1", "drop 1")
    outcome = mended(case, SAFE)
    assert outcome.told == {
        "template-tokens": "1 pair cleaned",
        "swapped": "1 pair swapped",
        "duplicates": "1 pair dropped",
    }
    by_id = {pair.id: pair for pair in outcome.pairs}
    healed = [by_id.get(pair.id, pair) for pair in case.pairs]
    assert not {finding.kind for finding in examined(of_rich(healed))} & SAFE


def test_a_pair_is_mended_on_what_the_mending_before_has_left() -> None:
    """The twin is swapped first and dropped then: one pair, its last state kept."""
    pairs = built()
    scene = next(pair for pair in pairs if pair.track == "values" and not pair.held_out)
    twin = replace(scene, id="twin", chosen=scene.rejected, rejected=scene.chosen)
    outcome = mended(of_rich([*pairs, twin]), SAFE)
    assert [(pair.id, pair.dropped, pair.chosen) for pair in outcome.pairs] == [
        ("twin", True, scene.chosen)
    ]
