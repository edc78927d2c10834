"""The tracks side by side: what is built, what is left out and why, what each pair rests on."""

from dataclasses import replace

import pytest

from engine.bank import angles, books, questions, scenarios
from engine.domain import PreferencePair, Trait
from engine.frameworks import all_dimensions, all_statements, genres
from engine.pairs.build import left_out, pairs_for
from engine.pairs.choice import PairChoice
from engine.pairs.split import shelves
from models.errors import BadInput
from tests.engine.conftest import a_profile, known

TRANSCENDING = a_profile(
    known("schwartz.universalism_nature", 0.8),
    known("schwartz.benevolence_caring", 0.4),
    known("schwartz.achievement", -0.4),
    known("schwartz.stimulation", 0.3),
    known("schwartz.tradition", 0.3),
)


def everything() -> list[PreferencePair]:
    """Pairs of a reader of whom all is known."""
    profile = a_profile(
        *(known(name, 0.6) for name in all_statements()),
        *(known(name, 0.6) for name in all_dimensions() if name.startswith("schwartz.univ")),
        *(known(name, -0.6) for name in all_dimensions() if name.startswith("schwartz.power")),
        *(known(scale.id, -0.6) for scale in all_dimensions().values() if scale.parent),
        *(known(f"interests.{name}", 0.6 if at % 2 else -0.6) for at, name in enumerate(genres())),
    )
    return pairs_for(profile)


def test_a_reader_of_whom_all_is_known_has_gravitys_thousand_pairs() -> None:
    """450 of values, 300 of personality (two a question here), the rest from interests."""
    pairs = everything()
    tracks = [pair.track for pair in pairs]
    assert tracks.count("values") == 450
    assert tracks.count("personality") == 600
    assert tracks.count("interests") >= 250
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_of_a_held_out_statement_question_or_author_nothing_is_trained_on() -> None:
    pairs = everything()
    trained = "\n".join(
        f"{pair.prompt}\n{pair.chosen}\n{pair.rejected}" for pair in pairs if not pair.held_out
    )
    held_out = shelves()[1]
    assert len(held_out) >= 5
    for book in held_out:
        assert book.author not in trained, book.id
        assert book.description not in trained, book.id
    topics = {pair.topic for pair in pairs if pair.held_out}
    assert not topics & {pair.topic for pair in pairs if not pair.held_out}
    assert {pair.track for pair in pairs if pair.held_out} == {
        "interests",
        "values",
        "personality",
        "descriptions",
    }


def test_books_for_previews_have_no_pairs_on_any_track() -> None:
    told = "\n".join(f"{pair.prompt}{pair.chosen}{pair.rejected}" for pair in everything())
    assert [book.id for book in books() if book.use == "preview" and book.description in told] == []


def test_one_book_is_told_from_the_angle_the_reader_leans_to() -> None:
    pairs = [pair for pair in pairs_for(TRANSCENDING) if pair.track == "descriptions"]
    assert len(pairs) == len(angles()), "openness and conservation are level: no pairs of them"
    for pair in pairs:
        book = pair.topic.removeprefix("book.")
        assert pair.chosen == angles()[book]["self_transcendence"]
        assert pair.rejected == angles()[book]["self_enhancement"]
        assert pair.trait_id == "schwartz.universalism_nature", "what says so most"


def test_the_descriptions_track_can_be_switched_off() -> None:
    choice = PairChoice(tracks=frozenset({"values", "personality", "interests"}))
    with pytest.raises(BadInput, match="known well enough"):
        pairs_for(TRANSCENDING, choice)


@pytest.mark.parametrize("answers", [1, 2, 4])
def test_a_question_makes_as_many_pairs_as_asked_for(answers: int) -> None:
    facet = "ocean.openness.imagination"
    pairs = pairs_for(a_profile(known(facet, 0.6)), PairChoice(answers=answers))
    asked = [question for question in questions() if question.facet == facet]
    assert len(pairs) == answers * len(asked) == answers * 10
    assert len({(pair.chosen, pair.rejected) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("answers", [0, 5])
def test_a_question_has_no_more_than_four_pairs(answers: int) -> None:
    with pytest.raises(BadInput, match="1 to 4"):
        PairChoice(answers=answers)


def test_what_makes_no_pair_is_counted_by_its_reason() -> None:
    profile = a_profile(
        known("schwartz.face.1", 0.6),
        known("schwartz.face.2", 0.05),
        Trait("schwartz.face.3", "schwartz", 0, 0, "off"),
        known("ocean.openness", 0.6),
    )
    assert left_out(profile) == {"unknown": 147 + 240, "faint": 1, "off": 1}


def test_a_pair_names_its_stance_and_the_reviews_behind_it() -> None:
    trait = known("schwartz.face.1", -0.6)
    quote = trait.evidence[0]
    trait = replace(
        trait,
        evidence=(
            replace(quote, review_id="faint", stance=-0.2),
            replace(quote, review_id="clear", stance=-0.9),
            replace(quote, review_id="against", stance=0.7),
        ),
    )
    (pair, *_) = pairs_for(a_profile(trait))
    assert pair.stance == pytest.approx(-0.6)
    assert pair.evidence == ("clear", "faint")
    assert pair.made == "bank"
    assert pair.origin in {scene.id for scene in scenarios()}
