"""From quotes to scores: the arithmetic, by hand."""

import pytest

from engine.domain import Trait
from engine.frameworks import VALUE_FRAMEWORKS, Dimension, all_dimensions, all_statements
from engine.profile.findings import Finding, TextRead
from engine.profile.rollup import judged, rolled_up, traits_from
from engine.profile.sentences import Span

READ = TextRead(reviews=2, sentences=10, words=100)
SCALE = Dimension("wvs.science", "wvs", "Science", "wary", "glad")


def finding(stance: float, start: int = 0, trait_id: str = "wvs.science.1") -> Finding:
    return Finding(trait_id, "review", Span(start, start + 4, "text"), stance)


def known(trait_id: str, score: float, confidence: float) -> Trait:
    return Trait(trait_id, "wvs", score, confidence, "known", (finding(score).as_evidence(),))


def test_one_quote_is_shrunk_and_not_very_sure() -> None:
    """Score 0.9 / (1 + 0.5) = 0.6; confidence 1 / (1 + 1.5) * 0.9 / 0.9 = 0.4."""
    trait = judged("wvs.science.1", "wvs", [finding(0.9)], READ)
    assert trait.score == pytest.approx(0.6)
    assert trait.confidence == pytest.approx(0.4)
    assert trait.status == "known"


def test_three_agreeing_quotes_score_higher_and_are_surer() -> None:
    """Score 2.7 / 3.5 = 0.7714; confidence 3 / 4.5 = 0.6667."""
    trait = judged("wvs.science.1", "wvs", [finding(0.9, at) for at in (0, 10, 20)], READ)
    assert trait.score == pytest.approx(2.7 / 3.5)
    assert trait.confidence == pytest.approx(2 / 3)


def test_a_quote_against_lowers_score_and_confidence_and_is_kept() -> None:
    """Sum 0.8 + 0.8 - 0.4 = 1.2; score 1.2 / 3.5; confidence 3 / 4.5 * 1.2 / 2.0 = 0.4."""
    found = [finding(0.8), finding(0.8, 10), finding(-0.4, 20)]
    trait = judged("wvs.science.1", "wvs", found, READ)
    assert trait.score == pytest.approx(1.2 / 3.5)
    assert trait.confidence == pytest.approx(0.4)
    assert sorted(span.stance for span in trait.evidence) == [-0.4, 0.8, 0.8]


def test_contradicting_quotes_leave_it_unknown_but_are_shown() -> None:
    trait = judged("wvs.science.1", "wvs", [finding(0.8), finding(-0.8, 10)], READ)
    assert trait.status == "unknown"
    assert trait.score == 0
    assert len(trait.evidence) == 2
    assert "1 quotes for, 1 against" in trait.note


def test_no_quote_names_the_amount_of_text_read() -> None:
    assert judged("wvs.science.1", "wvs", [], READ).note == (
        "No clear sign in 10 sentences in 2 reviews."
    )
    little = TextRead(reviews=1, sentences=1, words=2)
    assert judged("wvs.science.1", "wvs", [], little).note == (
        "No clear sign in 2 words of text in all."
    )


def test_four_quotes_are_kept_for_each_side() -> None:
    found = [finding(0.9, at) for at in range(0, 60, 10)] + [
        finding(-0.1, at) for at in range(100, 160, 10)
    ]
    evidence = judged("wvs.science.1", "wvs", found, READ).evidence
    assert [span.stance > 0 for span in evidence].count(True) == 4
    assert len(evidence) == 8


def test_a_scale_is_the_mean_of_its_parts_turned_to_its_high_end() -> None:
    """Parts 0.6 (pole 1, confidence 0.4) and -0.5 (pole -1, confidence 0.2):
    (0.6 * 0.4 + 0.5 * 0.2) / 0.6 = 0.5667; confidence 1 - 0.6 * 0.8 = 0.52, all of it known."""
    trait = rolled_up(SCALE, [(1, known("a", 0.6, 0.4)), (-1, known("b", -0.5, 0.2))], READ)
    assert trait.score == pytest.approx(0.34 / 0.6)
    assert trait.confidence == pytest.approx(0.52)
    assert all(span.stance > 0 for span in trait.evidence)


def test_a_scale_with_one_part_of_six_known_stays_unknown() -> None:
    """Confidence 0.4 * (2 * 1 / 6) = 0.133, below 0.2."""
    unknown = Trait("x", "wvs", 0.0, 0.0, "unknown")
    parts = [(1, known("a", 0.6, 0.4)), *((1, unknown) for _ in range(5))]
    assert rolled_up(SCALE, parts, READ).status == "unknown"


def test_every_scale_statement_and_facet_comes_out_once() -> None:
    traits = list(traits_from([], READ, sensitive_allowed=False))
    ids = [trait.id for trait in traits]
    assert sorted(ids) == sorted([*all_dimensions(), *all_statements()])
    assert {trait.framework for trait in traits} == {*VALUE_FRAMEWORKS, "ocean"}


def test_sensitive_statements_are_off_and_move_no_scale_until_allowed() -> None:
    sensitive = next(item for item in all_statements().values() if item.sensitive)
    found = [finding(0.9, at, sensitive.id) for at in (0, 10, 20)]
    off = {trait.id: trait for trait in traits_from(found, READ, sensitive_allowed=False)}
    on = {trait.id: trait for trait in traits_from(found, READ, sensitive_allowed=True)}
    assert off[sensitive.id].status == "off"
    assert not off[sensitive.id].evidence
    assert off[sensitive.dimension].status == "unknown"
    assert on[sensitive.id].status == "known"
