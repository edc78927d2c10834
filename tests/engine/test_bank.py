"""What we ship: complete, of equal length on both sides, and known to the frameworks."""

from collections import Counter

from engine.bank import books, questions, scenarios, signs
from engine.frameworks import all_dimensions, all_statements, genres


def test_there_are_150_statements_as_the_frameworks_have_them() -> None:
    """48 = 6 dimensions x 8; 57 = 19 values x 3; 45 themes of the World Values Survey."""
    counted = Counter(item.framework for item in all_statements().values())
    assert counted == {"hofstede": 48, "schwartz": 57, "wvs": 45}
    per_scale = Counter(item.dimension for item in all_statements().values())
    assert {count for name, count in per_scale.items() if name.startswith("hofstede")} == {8}
    assert {count for name, count in per_scale.items() if name.startswith("schwartz")} == {3}
    assert per_scale["wvs.secular_rational"] == per_scale["wvs.self_expression"] == 5


def test_every_statement_and_facet_has_as_many_signs_for_as_against() -> None:
    facets = {scale.id for scale in all_dimensions().values() if scale.parent}
    assert set(signs()) == facets | set(all_statements())
    for entry in signs().values():
        assert len(entry.agreeing) == len(entry.disagreeing) >= 5


def test_books_are_of_known_genres() -> None:
    assert {book.genre for book in books()} <= set(genres())


def test_ids_are_unique() -> None:
    for entries in (scenarios(), questions(), books()):
        ids = [entry.id for entry in entries]
        assert len(ids) == len(set(ids))
