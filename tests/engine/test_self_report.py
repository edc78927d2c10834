"""What readers say of themselves: the questionnaire and the picks, up to the profile."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import desk, editing, self_report
from engine.bank import picks
from engine.domain import Reader, Reading, Trait
from engine.frameworks import all_dimensions, dimensions
from engine.pairs.labels import side
from engine.profile.picks import Choice, next_pick
from engine.profile.picks import readings as pick_readings
from engine.profile.questionnaire import Answers, percentile, questionnaire, readings
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRAITS = [scale.id for scale in dimensions("ocean") if scale.parent is None]


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    with opened(tmp_path) as db, change(db, "Add a reader"):
        reader_rows.save(db, [Reader("ada", "Ada", "by hand")], [], [])
    return tmp_path


def towards(end: int) -> dict[int, int]:
    """Every item answered as far towards one end of its facet as it goes."""
    high = {item.number: 1 if item.reversed else 5 for item in questionnaire().items}
    return high if end > 0 else {number: 6 - choice for number, choice in high.items()}


def test_each_facet_has_four_items_and_each_trait_six_facets() -> None:
    facets = {scale.id for scale in all_dimensions().values() if scale.parent}
    counted = Counter(item.facet for item in questionnaire().items)
    assert counted == dict.fromkeys(facets, 4)
    assert [item.number for item in questionnaire().items] == list(range(1, 121))


@pytest.mark.parametrize("end", [1, -1])
def test_answering_towards_one_end_scores_at_that_end_of_every_facet(end: int) -> None:
    told = readings(Answers(towards(end), "N", 30), NOW)
    assert set(told) == {scale.id for scale in dimensions("ocean")}
    assert all(reading.score * end > 0.5 for reading in told.values())


def test_the_same_answers_mean_less_fear_for_a_young_woman_than_for_an_old_man() -> None:
    """Norms: women under 21 report more anxiety than men over 60, so 3 on each item is lower."""
    middle = {item.number: 3 for item in questionnaire().items}
    young = readings(Answers(middle, "F", 19), NOW)["ocean.neuroticism.anxiety"]
    old = readings(Answers(middle, "M", 65), NOW)["ocean.neuroticism.anxiety"]
    assert young.score < old.score
    assert "women of the age group of 19" in young.note


def test_a_facet_with_two_of_four_answers_is_left_out_and_one_with_three_is_not() -> None:
    choices = towards(1)
    anxiety = [item for item in questionnaire().items if item.facet.endswith(".anxiety")]
    del choices[anxiety[0].number]
    assert "3 of 4 items" in readings(Answers(choices, "N", 30), NOW)[anxiety[0].facet].note
    del choices[anxiety[1].number]
    assert anxiety[0].facet not in readings(Answers(choices, "N", 30), NOW)


def test_a_gap_is_filled_so_that_the_facet_keeps_its_score() -> None:
    choices = towards(1)
    facet = "ocean.openness.artistic_interests"
    whole = readings(Answers(choices, "N", 30), NOW)[facet].score
    reversed_item = next(i for i in questionnaire().items if i.facet == facet and i.reversed)
    del choices[reversed_item.number]
    assert readings(Answers(choices, "N", 30), NOW)[facet].score == whole


@pytest.mark.parametrize(
    "answers",
    [
        Answers({1: 3}, "N", None),
        Answers({1: 3}, "N", 9),
        Answers({1: 6}, "N", 30),
        Answers({121: 3}, "N", 30),
    ],
)
def test_an_age_without_norms_and_an_answer_that_is_none_are_refused(answers: Answers) -> None:
    with pytest.raises(BadInput):
        readings(answers, NOW)


def test_a_sheet_clicked_through_is_remarked_on() -> None:
    assert not list(Answers({1: 1, 2: 5, 3: 2}).warnings())
    (told,) = Answers(dict.fromkeys(range(1, 121), 3)).warnings()
    assert "120 answers in a row" in told


def test_items_on_voting_are_asked_only_where_sensitive_ones_are_on(reader: Path) -> None:
    assert len(self_report.sheet(reader, "ada").items) == 118
    with pytest.raises(BadInput):
        self_report.answer(reader, "ada", 28, 3)
    editing.switch_sensitive(reader, "ada", True)
    assert len(self_report.sheet(reader, "ada").items) == 120


def test_answers_are_kept_one_by_one_and_go_on_where_they_were(reader: Path) -> None:
    self_report.answer(reader, "ada", 1, 4)
    self_report.answer(reader, "ada", 2, 2)
    self_report.answer(reader, "ada", 1, None)
    sheet = self_report.sheet(reader, "ada")
    assert dict(sheet.answers.choices) == {2: 2}
    assert sheet.next_item is not None
    assert sheet.next_item.number == 1


def test_several_answers_are_kept_together_beside_the_others_or_not_at_all(reader: Path) -> None:
    self_report.answer_all(reader, "Ada", {1: 4, 2: 2, 3: 5})
    sheet = self_report.answer_all(reader, "Ada", {2: 1, 3: None})
    assert dict(sheet.answers.choices) == {1: 4, 2: 1}
    for wrong in ({4: 6}, {121: 3}, {28: 3}):
        with pytest.raises(BadInput):
            self_report.answer_all(reader, "Ada", {5: 3, **wrong})
    assert dict(self_report.sheet(reader, "ada").answers.choices) == {1: 4, 2: 1}


def test_an_answer_on_politics_rests_while_sensitive_items_are_off(reader: Path) -> None:
    editing.switch_sensitive(reader, "ada", True)
    self_report.answer_all(reader, "ada", towards(1))
    editing.switch_sensitive(reader, "ada", False)
    sheet = self_report.sheet(reader, "ada")
    assert sheet.answered == 118
    liberalism = "ocean.openness.liberalism"
    assert "2 of its 4 items are about politics" in sheet.left_out[liberalism]
    assert liberalism not in self_report.finish_questionnaire(reader, "ada", "N", 34)
    editing.switch_sensitive(reader, "ada", True)
    assert self_report.sheet(reader, "ada").answered == 120
    assert liberalism in self_report.finish_questionnaire(reader, "ada", "N", 34)


def test_what_has_too_few_answers_is_named_with_the_reason(reader: Path) -> None:
    """Items 1, 31, 61 and 91 ask for anxiety: two of them are too few."""
    left_out = self_report.answer_all(reader, "ada", {1: 4, 31: 4}).left_out
    assert len(left_out) == 35
    assert left_out["ocean.neuroticism.anxiety"] == "2 of its 4 items answered; a facet needs 3."
    assert left_out["ocean.neuroticism"] == "2 of its 24 items answered; a trait needs 20."
    left_out = self_report.answer(reader, "ada", 61, 2).left_out
    assert "ocean.neuroticism.anxiety" not in left_out


def test_the_percentile_can_be_read_back_from_a_score() -> None:
    for reading in readings(Answers(towards(1), "N", 30), NOW).values():
        assert f"percentile {percentile(reading):.0f} among" in reading.note


def test_undoing_the_scores_leaves_the_answers(reader: Path) -> None:
    self_report.answer_all(reader, "ada", {n: 3 for n in range(1, 121) if n not in (28, 88)})
    self_report.finish_questionnaire(reader, "ada", "F", 34)
    self_report.answer(reader, "ada", 1, 5)
    desk.undo(reader)
    assert desk.profile(reader, "ada") is None
    sheet = self_report.sheet(reader, "ada")
    assert sheet.answers.choices[1] == 5
    assert (sheet.answered, sheet.answers.sex, sheet.answers.age) == (118, "F", 34)


def test_a_finished_questionnaire_fills_the_profile_of_a_reader_without_reviews(
    reader: Path,
) -> None:
    for item in self_report.sheet(reader, "ada").items:
        self_report.answer(reader, "ada", item.number, 1 if item.reversed else 5)
    self_report.finish_questionnaire(reader, "ada", "F", 34)
    profile = desk.built_profile(reader, "ada")
    openness = profile.trait("ocean.openness")
    assert openness is not None
    assert openness.is_known
    assert openness.effective_score > 0.5
    assert side(openness) == 1
    liberalism = profile.trait("ocean.openness.liberalism")
    assert liberalism is not None
    assert not liberalism.is_known, "two of its four items are about voting and were not asked"
    desk.undo(reader)
    assert desk.profile(reader, "ada") is None


def test_too_few_answers_make_no_score(reader: Path) -> None:
    self_report.answer(reader, "ada", 1, 4)
    with pytest.raises(BadInput, match="1 answers are too few"):
        self_report.finish_questionnaire(reader, "ada", "N", 40)


def test_twelve_picks_are_asked_two_a_trait_and_thirds_where_two_went_apart() -> None:
    """Extraversion is split one to one, so it gets a third pick before the others."""
    made: dict[str, Choice] = {}
    asked = []
    while (pick := next_pick(made)) is not None:
        asked.append(pick)
        is_second = pick.id.endswith(".2")
        made[pick.id] = "low" if "extraversion" in pick.id and is_second else "high"
    assert len(asked) == 12
    assert Counter(pick.trait for pick in asked[:10]) == dict.fromkeys(TRAITS, 2)
    assert asked[10].trait == "ocean.extraversion"


def test_the_score_of_picks_is_the_lead_over_one_more_than_their_number() -> None:
    """Three high of three: 3 / 4; one of two: 0. Confidence n / (n + 4)."""
    told = pick_readings(
        {
            "pick.openness.1": "high",
            "pick.openness.2": "high",
            "pick.openness.3": "high",
            "pick.extraversion.1": "high",
            "pick.extraversion.2": "low",
        },
        NOW,
    )
    assert told["ocean.openness"].score == 0.75
    assert told["ocean.openness"].confidence == pytest.approx(3 / 7, abs=1e-3)
    assert told["ocean.extraversion"].score == 0.0
    assert "ocean.agreeableness" not in told


def test_picks_reach_the_profile_after_the_twelfth_and_can_be_taken_away(reader: Path) -> None:
    state = self_report.pick_round(reader, "ada")
    while state.next_pick is not None:
        assert desk.profile(reader, "ada") is None
        state = self_report.make_pick(reader, "ada", state.next_pick.id, "low")
    trait = desk.built_profile(reader, "ada").trait("ocean.openness")
    assert trait is not None
    assert trait.effective_score < 0
    assert side(trait) == -1
    self_report.clear_self_report(reader, "ada", "picks")
    assert not self_report.pick_round(reader, "ada").made
    trait = desk.built_profile(reader, "ada").trait("ocean.openness")
    assert trait is not None
    assert not trait.is_known


def test_a_pick_taken_back_takes_the_scores_out_until_it_is_made_again(reader: Path) -> None:
    state = self_report.pick_round(reader, "ada")
    while state.next_pick is not None:
        state = self_report.make_pick(reader, "ada", state.next_pick.id, "high")
    last = list(state.made)[-1]

    def openness() -> Trait:
        trait = desk.built_profile(reader, "ada").trait("ocean.openness")
        assert trait is not None
        return trait

    assert openness().readings
    state = self_report.make_pick(reader, "ada", last, None)
    assert state.next_pick is not None
    assert state.next_pick.id == last
    assert not openness().readings
    self_report.make_pick(reader, "ada", last, "low")
    assert openness().readings


def test_several_picks_are_made_in_their_order_or_not_at_all(reader: Path) -> None:
    with pytest.raises(BadInput, match=r"pick\.openness\.4"):
        self_report.make_picks(reader, "ada", {"pick.openness.1": "high", "pick.openness.4": "low"})
    assert not self_report.pick_round(reader, "ada").made
    given: dict[str, Choice | None] = {"pick.openness.2": "low", "pick.openness.1": "high"}
    assert list(self_report.make_picks(reader, "ada", given).made) == list(given)


def test_picks_show_the_high_end_first_about_as_often_as_the_low_end() -> None:
    for trait in TRAITS:
        assert len({pick.high_first for pick in picks() if pick.trait == trait}) == 2


def test_a_questionnaire_outweighs_reviews_and_reviews_outweigh_picks() -> None:
    def trait(*given: Reading) -> Trait:
        return Trait("ocean.openness", "ocean", 0.4, 0.5, "known", readings=given)

    form = Reading("questionnaire", -0.6, 0.9, "", NOW)
    quick = Reading("picks", 0.75, 0.4, "", NOW)
    assert trait(form, quick).effective_score == -0.6
    assert trait(form, quick).sources_disagree
    assert trait(quick).effective_score == 0.4
    assert not trait(quick).sources_disagree
    assert Trait("t", "ocean", 0, 0, "unknown", readings=(quick,)).effective_score == 0.75
