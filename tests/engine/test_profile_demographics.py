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
        ("age", "At thirty one I have no patience for vampires.", "thirty one"),
        ("age", "I, at seventy-two, am told to start over.", "seventy-two"),
        ("age", "I am learning to swim at thirty one.", "thirty one"),
        ("age", "I'm in my late sixties and still laughing.", "in my late sixties"),
        ("age", "As a 72 year old grandmother, I wept.", "72"),
        ("age", "I was born in 1958 and remember that coat.", "born in 1958"),
        ("gender", "I'm a woman of 31 with ideas.", "woman"),
        ("gender", "I am the only lady branch manager in the district.", "lady"),
        ("gender", "I was the first woman on that crew.", "woman"),
        ("gender", "Speaking as a man, the father rings true.", "man"),
        ("gender", "As a man, I was surprised.", "man"),
        ("location", "I teach in a public school in Recife, classes of forty.", "Recife"),
        ("location", "I live with two cats in New York City now.", "New York City"),
        ("location", "I\u2019m from São Paulo.", "São Paulo"),
        ("location", "Here in Accra the book costs a week's wage.", "Accra"),
        ("location", "We moved to Hanoi with six boxes of novels.", "Hanoi"),
        ("location", "I live on a hill outside Cusco.", "Cusco"),
        ("location", "I live in Rosario, Argentina, with a dog.", "Rosario, Argentina"),
        ("location", "Here in Brasília, Galeano himself said so.", "Brasília"),
        ("occupation", "I teach in a public school.", "teach in a public school"),
        (
            "occupation",
            "After thirty eight years in engine rooms I know that noise.",
            "thirty eight years in engine rooms",
        ),
        (
            "occupation",
            "I spent nearly twenty years as a night nurse.",
            "nearly twenty years as a night nurse",
        ),
        (
            "occupation",
            "I am the only lady branch manager in the district.",
            "the only lady branch manager",
        ),
        (
            "occupation",
            "I was a customs inspector for thirty years.",
            "was a customs inspector for thirty years",
        ),
        ("occupation", "I retired from the railways in May.", "retired from the railways in May"),
        ("occupation", "I used to work at the mill.", "used to work at the mill"),
        ("occupation", "I'm a boat builder by trade.", "a boat builder"),
        ("occupation", "I drive a night bus and listen.", "drive a night bus"),
        ("occupation", "I mend nets for a living.", "mend nets for a living"),
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
        ("family", "My late husband gave it to me.", "late husband"),
        ("family", "I have no children and liked hers.", "no children"),
        ("family", "We have been married for forty years.", "married for forty years"),
        ("education", "I have a degree in botany, so I checked.", "a degree in botany"),
        ("education", "I left school at fourteen and read on.", "left school at fourteen"),
        ("education", "I never finished high school.", "never finished high school"),
        ("language", "English is my third language.", "English"),
        ("language", "I read it in Portuguese first.", "Portuguese"),
        ("language", "My mother tongue is Yoruba and we speak French here.", "French, Yoruba"),
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
        "At nineteen I have been told this was strange. At 9 I have a train.",
        "When I was the only girl in the class I read it. As a 12-year-old girl, I loved it.",
        "After ten years in prison he comes home. After ten years in the army, the hero drinks.",
        "She has a degree in law, and he left school at ten. They speak Russian at court.",
        "The French is my favourite part. Here in Chapter Nine the war begins.",
        "I spent two years in love with this series.",
        "",
    ],
)
def test_characters_quoted_speech_and_the_past_state_nothing(text: str) -> None:
    found = facts(text)
    assert {name for name, trait in found.items() if trait.status == "known"} <= {"occupation"}
    assert found["age"].note == "Not stated."


def test_former_work_is_told_as_former() -> None:
    for text in ("I'm a retired nurse.", "I was a nurse for 30 years.", "I used to be a nurse."):
        value = facts(text)["occupation"].value
        assert value is not None
        assert value.startswith(("a retired", "was ", "used to "))


def test_of_conflicting_statements_the_newest_wins_and_the_other_is_told() -> None:
    found = facts("I live in Leeds.", "I live in Porto.", years=(2021, 2015))
    assert found["location"].value == "Leeds"
    assert found["location"].note == "The newest statement; elsewhere: Porto."
    assert [span.quote for span in found["location"].evidence] == [
        "I live in Leeds",
        "I live in Porto",
    ]
