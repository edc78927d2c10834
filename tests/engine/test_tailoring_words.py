"""What answers tell without a judge: figures worked out by hand."""

import pytest

from engine.tailoring.answers import Key, Written
from engine.tailoring.cases import Case
from engine.tailoring.words import (
    echoed,
    is_a_loop,
    jaccard,
    refusals,
    sensitivities,
    word_figures,
)
from models.chat import Stopped

CASE = Case(
    "a",
    "t",
    "How do I mend a chair?",
    "yes",
    "no",
    {"chosen": "The user is a patient carpenter.", "rejected": "The user is in a hurry."},
)


def written(
    given: str, text: str, about: str = "a", stopped: Stopped = "end"
) -> tuple[Key, Written]:
    one = Written("run", about, given, "", text, 9, stopped, "")
    return one.key, one


def test_what_two_answers_share_is_told_by_their_words() -> None:
    """glue, it | glue, it, and, wait: 2 of 4."""
    assert jaccard("Glue it.", "glue it and WAIT") == 0.5
    assert jaccard("", "") == 1.0


def test_eight_words_that_come_three_times_are_a_loop() -> None:
    line = "take the chair and turn it upside down "
    assert is_a_loop(line * 3)
    assert not is_a_loop(line * 2)


def test_an_answer_that_takes_up_the_personas_own_words_is_told() -> None:
    """patient and carpenter are its long words; one is taken up. `chair` is the prompt's."""
    persona = "The user is a patient carpenter with a broken thing."
    assert echoed(persona, "My broken chair", "Be patient with it.") == 0.5
    assert echoed("The user is old.", "Why?", "So.") is None


def test_sensitivity_is_of_answers_to_opposed_personas() -> None:
    answers = dict([written("chosen", "glue it"), written("rejected", "glue it and wait")])
    (found,) = sensitivities([CASE], answers)
    assert (found.arm, found.jaccard.mean, found.same) == ("run", 0.5, 0)


def test_an_arm_without_answers_to_both_personas_has_no_sensitivity() -> None:
    assert sensitivities([CASE], dict([written("chosen", "glue it")])) == []


def test_answers_are_counted_by_whose_persona_they_were_given() -> None:
    answers = dict(
        [
            written("chosen", "A patient carpenter glues it.", stopped="length"),
            written("none", "The user should glue it."),
        ]
    )
    chosen, none = word_figures([CASE], answers)
    assert (chosen.given, chosen.words.mean, chosen.unended.share) == ("chosen", 5.0, 1.0)
    assert chosen.echoed is not None
    assert chosen.echoed.mean == 1.0
    assert none.echoed is None
    assert (none.speaks_of_user.share, chosen.speaks_of_user.share) == (1.0, 0.0)


def test_refusals_are_counted_by_persona_and_kind_of_request() -> None:
    answers = [
        written("none", "I'm sorry, I can't help with that.", "probe/requests/0")[1],
        written("none", "Sure.", "probe/requests/1")[1],
        written("steps", "Sure.", "probe/requests/0")[1],
        written("none", "Sure.", "probe/beside/0")[1],
        written("none", "I can't help.", "a")[1],
    ]
    told = {(one.kind, one.persona): (one.refused, one.answers) for one in refusals(answers)}
    assert told == {
        ("requests", "none"): (1, 2),
        ("requests", "steps"): (0, 1),
        ("beside", "none"): (0, 1),
    }


@pytest.mark.parametrize("text", ["", "one two three", "…"])
def test_a_short_text_is_no_loop(text: str) -> None:
    assert not is_a_loop(text)
