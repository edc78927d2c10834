"""Facts stated in the first person, and nothing else."""

from datetime import UTC, datetime

import pytest

from engine.domain import Review, Trait
from engine.profile.demographics import demographics


def facts(*texts: str, years: tuple[int, ...] = ()) -> dict[str, Trait]:
    reviews = [
        Review(
            str(number),
            "reader",
            "book",
            text,
            written_at=datetime(years[number], 1, 1, tzinfo=UTC) if years else None,
        )
        for number, text in enumerate(texts)
    ]
    return {trait.id.split(".")[1]: trait for trait in demographics(reviews)}


@pytest.mark.parametrize(
    ("fact", "text", "value"),
    [
        ("age", "I turned 46 this year and asked for seedlings.", "46"),
        ("age", "I am a 58-year-old engineer.", "58"),
        ("age", "I'm 31, and last month it took eleven visits.", "31"),
        ("age", "I'm a woman of thirty-one with ideas.", "thirty-one"),
        ("gender", "I'm a woman of 31 with ideas.", "woman"),
        ("gender", "As a man, I was surprised.", "man"),
        ("location", "I teach in a public school in Recife, classes of forty.", "Recife"),
        ("location", "I live with two cats in New York City now.", "New York City"),
        ("location", "I\u2019m from São Paulo.", "São Paulo"),
        ("occupation", "I teach in a public school.", "teach in a public school"),
        (
            "occupation",
            "I run a small phone-repair and solar-lamp business in Nairobi.",
            "run a small phone-repair and solar-lamp business in Nairobi",
        ),
        ("occupation", "As a professional astronomer I am happy.", "a professional astronomer"),
        ("occupation", "I've been a nurse for years.", "a nurse"),
        ("family", "As a mother of two I laughed.", "a mother of two"),
        ("family", "My wife read it aloud to our daughter.", "daughter, wife"),
        ("family", "It fits my 4 year old daughter.", "4 year old daughter"),
    ],
)
def test_a_stated_fact_is_taken_in_the_readers_words(fact: str, text: str, value: str) -> None:
    trait = facts(text)[fact]
    assert trait.status == "known"
    assert trait.value == value
    assert trait.score == 1.0
    assert all(text[span.start : span.end] == span.quote for span in trait.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "I am 200 pages in and I'm 15 minutes late.",
        "At nineteen I found this strange. When it came out I was sixteen.",
        "The hero is a 34-year-old teacher from Lisbon with two sons.",
        '"I am 12 and I live in Paris," says the girl. "My husband is dead."',
        "I felt as if I'm 16, living in Rome with her.",
        "Maria Silva, the author, is a mother of two.",
        "I work in English and I teach in October.",
        "His wife and her daughter wait at home.",
        "",
    ],
)
def test_characters_quoted_speech_and_the_past_state_nothing(text: str) -> None:
    found = facts(text)
    assert {name for name, trait in found.items() if trait.status == "known"} <= {"occupation"}
    assert found["age"].note == "Not stated."


def test_of_conflicting_statements_the_newest_wins_and_the_other_is_told() -> None:
    found = facts("I live in Leeds.", "I live in Porto.", years=(2021, 2015))
    assert found["location"].value == "Leeds"
    assert found["location"].note == "The newest statement; elsewhere: Porto."
    assert [span.quote for span in found["location"].evidence] == [
        "I live in Leeds",
        "I live in Porto",
    ]
