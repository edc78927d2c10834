"""Which review carries a trait: the profile without one review at a time."""

import json
import random
from pathlib import Path

import pytest

from engine import bank, editing
from engine.domain import Reading
from engine.editing.material import material_of
from engine.profile.assemble import assembled
from engine.store import profiles as profile_rows
from engine.store import readings as reading_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, fill, known, read, trait_of

STATEMENT = "schwartz.face.1"
SCALE = "schwartz.face"
FACET = "ocean.openness.imagination"


def test_a_statement_by_one_review_is_unknown_without_it(data_dir: Path) -> None:
    """One quote of stance 1: score 1 / 1.5 = 0.67, gone with the review."""
    read(data_dir, ["I guard my name."], [(STATEMENT, 0, 1.0)])
    (one,) = editing.influence(data_dir, "ann", STATEMENT)
    assert (one.review_id, one.status, one.score) == ("r0", "unknown", 0.0)
    assert one.change == pytest.approx(1 / 1.5)


def test_the_review_that_moves_most_comes_first(data_dir: Path) -> None:
    """Stances 1, 1, -1 give 1/3.5. Without the -1: 2/2.5. Without a 1 the two left contradict each
    other and the trait is unknown: a smaller step.
    """
    read(data_dir, ["Yes.", "Yes!", "No."], [(STATEMENT, n, s) for n, s in enumerate((1, 1, -1))])
    found = editing.influence(data_dir, "ann", STATEMENT)
    assert found[0].review_id == "r2"
    assert found[0].score == pytest.approx(2 / 2.5)
    assert {one.status for one in found[1:]} == {"unknown"}


def test_a_scale_is_moved_by_the_reviews_of_its_statements(data_dir: Path) -> None:
    read(data_dir, ["I guard my name.", "Rain."], [(STATEMENT, 0, 1.0), (FACET, 1, 1.0)])
    assert [one.review_id for one in editing.influence(data_dir, "ann", SCALE)] == ["r0"]


def test_each_figure_is_what_a_whole_new_assembly_gives(data_dir: Path) -> None:
    """The short way against the long one, for a statement, its scale, a facet and a genre."""
    texts = [f"I live in Porto. I loved it, number {n}, and I guard my name." for n in range(6)]
    findings = [(STATEMENT, n, 0.5 + n / 20) for n in range(4)]
    findings += [("schwartz.face.2", 4, -0.6), (FACET, 5, 0.7), (FACET, 0, -0.2)]
    read(
        data_dir,
        texts,
        findings,
        ["poetry", "poetry", "horror", "poetry", "horror", "thriller"],
        [5, 4, 1, 2, 5, 3],
    )
    with opened(data_dir) as db:
        material = material_of(db, profile_rows.built(db, "ann"))
    for trait_id in (STATEMENT, SCALE, FACET, "interests.poetry", "interests.thriller"):
        for one in editing.influence(data_dir, "ann", trait_id):
            traits = {trait.id: trait for trait in assembled(material.without(one.review_id))}
            left = traits[trait_id]
            told = (one.score, one.confidence, one.status)
            assert told == pytest.approx((left.score, left.confidence, left.status)), trait_id


def test_what_is_carried_is_what_a_whole_new_assembly_loses(data_dir: Path) -> None:
    """The short way against the long one, over reviews of the bundled example."""
    example = bank.example_reviews().read_text(encoding="utf-8").splitlines()[:24]
    rows = [json.loads(line) for line in example]
    chosen = random.Random(7)
    ids = [
        STATEMENT,
        "schwartz.face.2",
        FACET,
        "ocean.openness.liberalism",
        "hofstede.indulgence.1",
    ]
    findings = [
        (trait_id, number, chosen.choice((-0.5, 0.4, 0.9)))
        for number in range(len(rows))
        for trait_id in chosen.sample(ids, 1)
    ]
    read(
        data_dir,
        [row["text"] for row in rows],
        findings,
        [chosen.choice(("poetry", "horror", "thriller", "classics")) for _ in rows],
        [row["rating"] for row in rows],
    )
    with opened(data_dir) as db:
        profile = profile_rows.built(db, "ann")
        material = material_of(db, profile)
    lost: dict[str, set[str]] = {}
    for review in material.reviews:
        for left in assembled(material.without(review.id)):
            before = trait_of(profile, left.id)
            if before.status == "known" and (
                left.status != "known"
                or before.score * left.score < 0
                or before.value != left.value
            ):
                lost.setdefault(left.id, set()).add(review.id)
    carried = editing.carried_by_one_review(data_dir, "ann")
    assert set(carried) == set(lost)
    assert lost
    assert all(carried[trait_id] in reviews for trait_id, reviews in lost.items())


def test_a_fact_stated_once_hangs_on_its_review_and_one_stated_twice_does_not(
    data_dir: Path,
) -> None:
    read(data_dir, ["I live in Porto.", "I live in Porto.", "I am a nurse."], [])
    (place, *_) = editing.influence(data_dir, "ann", "demographics.location")
    assert (place.value, place.change) == ("Porto", 0.0)
    carried = editing.carried_by_one_review(data_dir, "ann")
    assert carried["demographics.occupation"] == "r2"
    assert "demographics.location" not in carried


def test_a_genre_hangs_on_its_only_book(data_dir: Path) -> None:
    texts = ["I loved every line of this one.", "A long and lovely evening.", "I adored it."]
    read(data_dir, texts, [], ["poetry", "horror", "horror"], [5, 5, 5])
    carried = editing.carried_by_one_review(data_dir, "ann")
    assert carried["interests.poetry"] == "r0"
    assert "interests.horror" not in carried


def test_a_review_that_turns_a_scale_round_carries_it(data_dir: Path) -> None:
    """Stances 1, -0.4, -0.4: above 0 with the first, below without; sure enough both times."""
    texts = ["Yes.", "Not much.", "Not really."]
    read(data_dir, texts, [(FACET, 0, 1.0), (FACET, 1, -0.2), (FACET, 2, -0.2)])
    assert editing.carried_by_one_review(data_dir, "ann")[FACET] == "r0"


def test_what_the_editor_or_a_questionnaire_decides_hangs_on_no_review(data_dir: Path) -> None:
    read(data_dir, ["I guard my name.", "I dream."], [(STATEMENT, 0, 1.0), (FACET, 1, 1.0)])
    editing.accept_trait(data_dir, "ann", STATEMENT)
    with opened(data_dir) as db, change(db, "Fill in the questionnaire"):
        told = {FACET: Reading("questionnaire", 0.5, 0.8, "", WHEN)}
        reading_rows.replace_readings(db, "ann", "questionnaire", told)
    carried = editing.carried_by_one_review(data_dir, "ann")
    assert STATEMENT not in carried
    assert FACET not in carried
    assert carried[SCALE] == "r0"


def test_a_profile_without_its_findings_says_so_and_goes_by_its_quotes(data_dir: Path) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5)))
    with pytest.raises(BadInput, match="which quotes"):
        editing.influence(data_dir, "ann", STATEMENT)
    assert editing.carried_by_one_review(data_dir, "ann") == {STATEMENT: "r1"}
