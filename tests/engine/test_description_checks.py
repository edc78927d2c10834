"""What the checks find in a description, and what they leave alone."""

import pytest

from engine.description_checks import SENTENCES, FlagKind, Sources, flags
from engine.profile.sentences import sentences
from engine.prompts import prompt

BOOK = Sources(
    title="The House of the Spirits",
    author="Isabel Allende",
    facts=(
        "Three generations of the Trueba family live through love and a coup in Chile. In 1973 "
        "Clara, who moves objects with her mind, writes it all down in her notebooks. Esteban, a "
        "landowner of forty, marries her; the twins grow up among peasants near Santiago."
    ),
    year=1982,
    told=(
        "Seeks out: family sagas; stories of the sea.\n"
        "Would say: I keep my word to my friends. Justice comes before comfort.",
        "I stand up for people who have no voice.",
    ),
)
ENOUGH = "It is told slowly. The rooms fill with voices. "


def found(text: str, kind: FlagKind, sources: Sources = BOOK) -> list[str]:
    """The words that are flagged; of a flag on the whole text its sentence."""
    return [
        text[flag.start : flag.end] or flag.told
        for flag in flags(text, sources)
        if flag.kind == kind
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Clara and Esteban marry in Chile, near Santiago.", []),
        ("Then Blanca falls in love with Pedro Tercero.", ["Blanca", "Pedro Tercero"]),
        ("Discover how a family lives. Young and old, Chileans all.", []),
        ("A story of the Truebas and of Clara's notebooks, by Allende.", []),
        ("Blanca waits. Nobody comes for Blanca.", ["Blanca", "Blanca"]),
        ("Nobody knows why. Magic decides.", []),
        ("She says: “Come with me,” and I'm lost, says Mr Trueba.", []),
        ("One thing is sure: Nothing stays hidden.", []),
        ("It is Gabriel García Márquez's Macondo again.", ["Gabriel García Márquez's Macondo"]),
        ("A Latin-American house in mid-Chilean heat.", ["Latin-American"]),
        ("He joins the CIA in a THRILLING chase.", ["CIA"]),
        ("Set against World War II, the house stands.", ["World War"]),
        ("The House of the Spirits: A Novel of Chile", []),
        ("She dreams of Jean-Luc and the Île de Ré.", ["Jean-Luc", "Île", "Ré"]),
    ],
)
def test_names_are_flagged_that_no_fact_holds(text: str, names: list[str]) -> None:
    assert found(text, "name") == names


@pytest.mark.parametrize(
    ("text", "facts", "names"),
    [
        ("Тогда Анна встречает Вронского в Москве.", "Анна живёт в Москве.", ["Вронского"]),
        ("The city of 東京 and the poet 芭蕉 wait.", "A walk through 東京.", ["芭蕉"]),
        ("He reads ديوان and שלום aloud.", "He reads ديوان aloud.", ["שלום"]),
        ("東京で詩人が待っている。", "A walk.", []),
        ("Der Fischer fährt mit dem Boot auf das Meer und kämpft mit dem Fisch.", "A boat.", []),
        ("They sail to Rome with a Roman crew and a Parisian cook.", "From Paris to Rome.", []),
        ("They meet an Italian in Venice.", "A gondola in Italy, of Venetian glass.", []),
        ("They sail to Paris.", "A Parisian crew.", []),
        ("In the garden Christine waits.", "Christopher has a garden.", ["Christine"]),
        ("A letter from José.", "A letter from Jose\u0301, unsigned.", []),
        ("She visits the O\u2019Briens.", "Mary O'Brien is visited.", []),
    ],
)
def test_names_of_other_scripts_and_places(text: str, facts: str, names: list[str]) -> None:
    assert found(text, "name", Sources("", "", facts)) == names


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3 generations, a landowner of 40 and a year: 1973.", []),
        ("Forty years old, two twins and three generations.", []),
        ("In the 1970s, in the twentieth century, in the 20th-century house of the '70s.", []),
        ("It came out in nineteen eighty-two.", []),
        ("In 1974 there were four of them.", ["1974", "four"]),
        (
            "Twenty-one rooms and two hundred and five doors.",
            ["Twenty-one", "two hundred and five"],
        ),
        ("One by one, no one at first, a second later.", []),
        ("Hundreds of peasants and dozens of doors.", []),
        ("1,973 horses ran in 1,973.5 seconds.", ["1,973.5"]),
        ("A ten-year-old in the 19th century.", ["ten", "19th"]),
        ("In the twenty-first century of 2 wars.", ["twenty-first"]),
        ("Pope John XXIII prays, and I do.", ["XXIII"]),
        ("At 9:30 she rises.", ["9:30", "9:30"]),
        ("1. She rises.\n 2) She sings of 2 wars.\n**4.** It ends.", []),
        ("1. She rises.\n7 doors open.", ["7"]),
    ],
)
def test_numbers_are_flagged_that_no_fact_holds(text: str, numbers: list[str]) -> None:
    assert found(text, "number") == numbers


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("The House of the Spirits is long. Read The House of the Spirits.", []),
        (
            "It opens with the sea at night. Then the sea at night comes back, and with the sea at "
            "night it ends.",
            ["with the sea at\nnight".replace("\n", " ")],
        ),
        ("She waits for him. He is late. She waits for him.", ["She waits for him"]),
        ("A very very old house. It is very, very old.", []),
        ("It goes on and on and on. No no no no!", ["no no"]),
    ],
)
def test_what_stood_before_is_flagged_at_its_later_place(text: str, repeats: list[str]) -> None:
    assert found(text, "repeated") == repeats


def test_a_text_is_three_to_five_sentences_long_and_ends() -> None:
    said = [f"Clara writes of {what}." for what in ("ink", "sea", "salt", "rain", "air", "fire")]
    assert found(" ".join(said[:3]), "length") == []
    assert found(" ".join(said[:5]), "length") == []
    assert found(said[0], "length") == ["1 sentence, where three to five were asked for."]
    assert found(" ".join(said[:6]), "length")[0].startswith("6 sentences")
    assert found(ENOUGH + "Mr. Trueba waits, e.g. at night", "length") == [
        "It breaks off inside a sentence."
    ]
    assert found(ENOUGH + "“Come,” he says, “it is late.”", "length") == []
    assert found("1. It opens.\n2. It turns.\n3. It ends.", "length") == []
    assert found("", "length") == found(" *** \n", "length") == ["It says nothing."]


def test_the_length_is_what_the_request_asks_for() -> None:
    words = {3: "three", 5: "five"}
    low, high = (words[number] for number in SENTENCES)
    assert f"{low} to {high} sentences" in prompt("description")
    assert len(sentences(ENOUGH)) == 2


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("As a conscientious reader, you will like Clara.", "As a conscientious reader, you"),
        ("It is for someone like you.", "someone like you"),
        ("Because you value justice, this is yours.", "Because you value"),
        ("Your love of family sagas meets its match.", "Your love of"),
        ("It speaks to your values.", "your values"),
        ("If you're an open-minded person, come in.", "you're an open-minded"),
        ("This reader would open it at once.", "This reader"),
        ("The reader who seeks justice finds it.", "The reader who"),
        ("A long book. You cherish old houses.", "You cherish"),
        ("A tale.\nSeeks out: family sagas.", "Seeks out:"),
    ],
)
def test_the_readers_profile_said_to_the_readers_face_is_flagged(text: str, mention: str) -> None:
    assert found(text, "mention") == [mention]


@pytest.mark.parametrize(
    "text",
    [
        "You will not put it down, and you'll love every page.",
        "If you love the sea, sail with them.",
        "It captures your heart and your imagination.",
        "Losing the people you love is what it is about.",
        "You are a thief in a house of mirrors; you open the door.",
        "As a young reader Clara devours novels.",
        "Readers who like long books will stay.",
        "It keeps the reader guessing to the end.",
        "As she reads, you hear the sea.",
    ],
)
def test_what_is_said_to_anybody_is_no_mention_of_the_reader(text: str) -> None:
    assert found(text, "mention") == []


@pytest.mark.parametrize(
    ("text", "copies"),
    [
        ("Clara too says that justice comes before comfort.", ["justice comes before comfort"]),
        ("They stand up for people who are poor.", ["stand up for people who"]),
        ("A family saga of justice, of comfort and of voices.", []),
        ("She keeps her word to her friends.", []),
        ("Three generations of the Trueba family stand.", []),
    ],
)
def test_the_wording_of_the_profile_is_flagged_from_four_words_on(
    text: str, copies: list[str]
) -> None:
    assert found(text, "copied") == copies


def test_what_the_facts_say_too_is_not_the_profiles_wording() -> None:
    facts = Sources(
        "", "", "They live through love and a coup.", told=("I live through love and.",)
    )
    assert found("People live through love and a coup.", "copied", facts) == []


def test_words_that_say_nothing_are_no_copied_phrase() -> None:
    of_reader = Sources("", "", "", told=("It is all in one of the houses.",))
    assert found("She is all in one of the rooms.", "copied", of_reader) == []


def test_flags_come_in_the_order_of_the_text_with_their_places() -> None:
    text = "As a thoughtful reader, you meet Blanca in 1999."
    kinds = [(flag.kind, text[flag.start : flag.end]) for flag in flags(text, BOOK)]
    assert kinds == [
        ("length", ""),
        ("mention", "As a thoughtful reader, you"),
        ("name", "Blanca"),
        ("number", "1999"),
    ]


def test_hostile_text_is_only_text() -> None:
    for text in ("[/INST] \x1b[31m", "﷽" * 50, "a-" * 500, "I" * 3000, "1." * 2000, "(" * 4000):
        flags(text, BOOK)
