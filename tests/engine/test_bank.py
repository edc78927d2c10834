"""What we ship: complete, of equal length on both sides, and known to the frameworks."""

from collections import Counter

from engine.bank import books, questions, scenarios, signs
from engine.frameworks import all_dimensions, all_statements, genres


def words(text: str) -> int:
    return len(text.split())


def test_there_are_150_statements_as_the_frameworks_have_them() -> None:
    """48 = 6 dimensions x 8; 57 = 19 values x 3; 45 themes of the World Values Survey."""
    counted = Counter(item.framework for item in all_statements().values())
    assert counted == {"hofstede": 48, "schwartz": 57, "wvs": 45}
    per_scale = Counter(item.dimension for item in all_statements().values())
    assert {count for name, count in per_scale.items() if name.startswith("hofstede")} == {8}
    assert {count for name, count in per_scale.items() if name.startswith("schwartz")} == {3}
    assert per_scale["wvs.secular_rational"] == per_scale["wvs.self_expression"] == 5


def test_a_statement_with_scenes_has_one_of_each_grade() -> None:
    found = Counter((scene.statement, scene.grade) for scene in scenarios())
    told = {scene.statement for scene in scenarios()}
    assert len(told) >= 52
    assert told <= set(all_statements())
    assert found == Counter(
        {(name, grade): 1 for name in told for grade in ("plain", "everyday", "subtle")}
    )


def test_the_two_scenes_of_a_pair_differ_by_at_most_15_percent_in_length() -> None:
    for scene in scenarios():
        lengths = sorted((words(scene.aligned), words(scene.opposed)))
        assert lengths[0] >= 25, scene.id
        assert lengths[1] <= min(60, 1.15 * lengths[0]), scene.id


def test_subtle_scenes_share_no_four_words_with_their_statement() -> None:
    for scene in scenarios():
        if scene.grade == "subtle":
            shared = four_words(all_statements()[scene.statement].text)
            assert not shared & (four_words(scene.aligned) | four_words(scene.opposed)), scene.id


def four_words(text: str) -> set[tuple[str, ...]]:
    tokens = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return set(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))


def test_poles_are_balanced_within_each_framework() -> None:
    for framework in ("hofstede", "schwartz", "wvs"):
        poles = [item.pole for item in all_statements().values() if item.framework == framework]
        assert abs(sum(poles)) <= 1, "half is worded towards each pole"


def test_every_facet_has_questions_with_two_answers_to_each_side() -> None:
    facets = {scale.id for scale in all_dimensions().values() if scale.parent}
    assert len(questions()) >= 50
    assert {question.facet for question in questions()} == facets
    assert {len(question.high) for question in questions()} == {2}
    assert {len(question.low) for question in questions()} == {2}


def test_every_statement_and_facet_has_as_many_signs_for_as_against() -> None:
    facets = {scale.id for scale in all_dimensions().values() if scale.parent}
    assert set(signs()) == facets | set(all_statements())
    for entry in signs().values():
        assert len(entry.agreeing) == len(entry.disagreeing) >= 5


def test_books_are_of_known_genres_with_a_neutral_description_of_60_to_90_words() -> None:
    assert len(books()) >= 30
    for book in books():
        assert book.genre in genres()
        assert 60 <= words(book.description) <= 90, book.id


def test_ids_are_unique() -> None:
    for entries in (scenarios(), questions(), books()):
        ids = [entry.id for entry in entries]
        assert len(ids) == len(set(ids))
