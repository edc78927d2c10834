"""What a persona has to be: form, length, nothing quoted, nothing on protected attributes."""

import pytest

from engine.personas.exemplars import KINDS, Kind, exemplars, kind_of
from engine.personas.protected import protected_word
from engine.personas.rules import broken_form, broken_rule, quotations, words_of

TASTE = "and prefers answers that are short, plain and easy to act on at once"


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_exemplars_keep_the_rules(kind: Kind) -> None:
    found = exemplars(kind)
    assert len(found) == 5
    for one in found:
        assert broken_rule(one.persona, one.prompt, one.preferred, one.other) == "", one.persona


@pytest.mark.parametrize("kind", KINDS)
def test_the_exemplars_of_a_kind_prefer_long_answers_and_short_ones(kind: Kind) -> None:
    longer = [len(words_of(one.preferred)) > len(words_of(one.other)) for one in exemplars(kind)]
    assert 1 <= sum(longer) <= 4


@pytest.mark.parametrize(
    ("persona", "reason"),
    [
        (f"Someone curious {TASTE}.", "does not begin"),
        (
            "The user is a patient person who likes long and winding answers to all of it.",
            "prefers",
        ),
        ("The user is curious and prefers short answers.", "It has 8 words"),
        (f"The user is curious {TASTE}. They also like jokes.", "more than one sentence"),
        (f"The user is curious {TASTE}\nand more", "more than one sentence"),
        (f"The user is {'very ' * 30}curious {TASTE}.", "It has 48 words"),
    ],
)
def test_a_broken_form_is_named(persona: str, reason: str) -> None:
    assert reason in broken_form(persona)


def test_an_abbreviation_ends_no_sentence() -> None:
    assert not broken_form(f"The user is fond of tools, e.g. lathes and planes, {TASTE}.")


def test_five_words_in_a_row_are_a_quotation() -> None:
    """Four are not; and of five that any two sentences share, neither."""
    answer = "Keep your tools dry and sharpen them every single week of the year."
    four = "The user is careful and would sharpen them every single day"
    five = "The user is careful and would sharpen them every single week"
    assert list(quotations(four, answer)) == []
    assert list(quotations(five, answer)) == ["sharpen them every single week"]
    assert list(quotations("what they would like to have", "that is what they would like to")) == []


@pytest.mark.parametrize(
    ("said", "attribute"),
    [
        ("a devout Hindu who gardens", "religion"),
        ("someone of deep faith", "religion"),
        ("an Asian student", "ethnicity"),
        ("a young Black woman", "ethnicity"),
        ("a conservative voter", "politics"),
        ("thrifty and politically engaged", "politics"),
        ("someone living with diabetes", "health"),
        ("autistic and precise", "health"),
        ("a gay cook", "sexuality"),
        ("a mother of three", "gender"),
        ("somebody who trusts his instincts", "gender"),
        ("someone of Muslim faith", "religion"),
        ("from a deeply religious family", "religion"),
        ("a cook raised in a Jewish household", "religion"),
        ("careful with a Hispanic background", "ethnicity"),
        ("Black", "ethnicity"),
        ("deaf and quick", "health"),
    ],
)
def test_what_the_user_is_said_to_be_is_refused(said: str, attribute: str) -> None:
    found = protected_word(f"The user is {said} {TASTE}.")
    assert found is not None
    assert found[0] == attribute


@pytest.mark.parametrize(
    "said",
    [
        "fond of health food and long walks",
        "a health-conscious cook",
        "patient and even-tempered",
        "conservative in spending",
        "a liberal hand with salt",
        "curious about Hindu temples",
        "interested in women's history",
        "a historian of religion in Asia",
        "in search of advice on depression and grief for a friend",
        "a fan of race cars and straight answers",
        "a human being who likes mankind",
        "a straightforward person in the theatre",
        "a manager of a small team",
        "fond of black coffee and blind to fashion",
        "drawn to the history of Jewish cooking",
        "interested in family life in Hindu novels",
    ],
)
def test_a_subject_is_no_attribute(said: str) -> None:
    assert protected_word(f"The user is {said} {TASTE}.") is None


def test_an_attribute_among_the_tastes_is_refused_as_well() -> None:
    told = "The user is careful and prefers answers that take them seriously as a mother."
    assert protected_word(told) == ("gender", "as a mother")
    told = "The user is careful and prefers answers in keeping with their faith."
    assert protected_word(told) == ("religion", "their faith")
    told = "The user is careful, prefers short answers, and is a devout Muslim."
    assert protected_word(told) == ("religion", "is a devout Muslim")
    told = "The user is careful and prefers answers that respect being gay."
    assert protected_word(told) == ("sexuality", "being gay")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hh_rlhf_harmless_a", "safety"),
        ("shp_cooking", "forum"),
        ("mnemonics", "learning"),
        ("goodreads_letters", "reading"),
        ("PKU-SafeRLHF", "safety"),
        ("letters", "help"),
        ("spreadsheets", "help"),
        ("pharmacy-help", "help"),
    ],
)
def test_a_datasets_name_tells_its_kind(name: str, kind: str) -> None:
    assert kind_of(name) == kind
