"""What puts a reader off below the level of genre, by rules and by the real encoder."""

import pytest

from engine.domain import Review
from engine.frameworks import dimensions
from engine.frameworks.aversions import aversions
from engine.profile.assemble import scored
from engine.profile.aversions import aversion_findings
from engine.profile.embedded import Embed
from models.encoder import Encoder
from models.library import embedded_encoder


@pytest.fixture(scope="module")
def embed() -> Embed:
    return Encoder.load(embedded_encoder()).embed


def stances(text: str, embed: Embed | None = None) -> dict[str, float]:
    found = aversion_findings([Review("r", "reader", "b", text)], embed)
    return {finding.trait_id.removeprefix("aversions."): finding.stance for finding in found}


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("The love triangle annoyed me.", "love_triangles"),
        ("Why must every heroine have a love triangle?", "love_triangles"),
        ("I hate cliffhangers.", "cliffhangers"),
        ("Lovely sentences, but I was let down by the cliffhanger ending.", "cliffhangers"),
        ("Far too many footnotes for my taste.", "footnotes"),
        ("I\u2019m not a fan of present tense.", "present_tense"),
        ("I loved everything except the love triangle.", "love_triangles"),
        ("The violence was too much for me.", "graphic_violence"),
        ("I liked the story, but the swearing put me off.", "swearing"),
        ("I cannot bear it when an author kills the dog.", "animal_cruelty"),
        ("One complaint: the dream sequences.", "dream_sequences"),
        ("My biggest pet peeve is head-hopping.", "many_narrators"),
        ("The dialect made me put the book down twice.", "dialect_spelling"),
        ("It was preachy.", "preachiness"),
        ("This book is too long by half.", "padding"),
        ("I guessed the killer on page ten.", "predictability"),
        ("There was nobody to root for.", "unlikeable_narrators"),
        ("The author never cites a source, and it is all clumsily translated.", "bad_translation"),
    ],
)
def test_who_blames_a_thing_turns_away_from_it(text: str, thing: str) -> None:
    assert stances(text)[thing] < 0


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("I love a good cliffhanger!", "cliffhangers"),
        ("The footnotes are a delight.", "footnotes"),
        ("I could not get enough of the gore.", "gore"),
        ("I wish there had been more footnotes.", "footnotes"),
        ("There are no footnotes, which is a pity.", "footnotes"),
        ("It takes its time, and I enjoyed the slow start.", "slow_starts"),
        ("I am always a fan of world-building.", "info_dumps"),
    ],
)
def test_who_praises_or_misses_a_thing_seeks_it(text: str, thing: str) -> None:
    assert stances(text)[thing] > 0


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("Thankfully there is no love triangle.", "love_triangles"),
        ("It is never preachy, and the jokes are wonderful.", "preachiness"),
        ("For once there wasn't a contrived ending.", "coincidences"),
    ],
)
def test_who_is_glad_that_a_thing_is_not_there_minds_it(text: str, thing: str) -> None:
    assert -0.9 < stances(text)[thing] < 0


@pytest.mark.parametrize(
    "text",
    [
        "There is no cliffhanger.",
        "She hates swearing and drinks her tea cold.",
        "He tortured the dog.",
        "If you hate cliffhangers, wait for the second book.",
        "Some readers will find the violence too much.",
        "I didn't mind the cliffhanger.",
        "The plot holes did not bother me.",
        "Despite the typos I was happy.",
        '"I hate footnotes," says the professor.',
        "The package arrived late, and the box was far too long.",
        "I read it over and over again.",
        "It took me far too long to finish, with three jobs.",
        "I hated the love triangle at first and then I loved the love triangle.",
        "Every time I thought I knew who the killer was, she threw in a twist.",
        "It reads as a story rather than as an info-dump.",
        "Is it preachy?",
        "This is not a jargon-filled, pretentious study.",
        "",
    ],
)
def test_plots_other_readers_and_what_was_forgiven_are_no_evidence(text: str) -> None:
    assert stances(text) == {}


def test_a_sentence_of_a_whole_paragraph_is_no_evidence() -> None:
    text = "I hate footnotes " + "and there is much to say of all the rest " * 5
    assert stances(text) == {}


@pytest.mark.parametrize(
    ("text", "thing", "sign"),
    [
        ("It stops in the middle so that I have to buy the next one.", "cliffhangers", -1),
        ("I had to drag myself through the opening chapters.", "slow_starts", -1),
        ("I skipped whenever they went to bed.", "explicit_sex", -1),
    ],
)
def test_the_encoder_knows_a_thing_that_is_not_named(
    embed: Embed, text: str, thing: str, sign: int
) -> None:
    assert stances(text) == {}
    assert stances(text, embed)[thing] * sign > 0


@pytest.mark.parametrize(
    "text",
    [
        "I stopped in the middle to buy milk and pay the rent.",
        "My dog died last year and this book helped me.",
        "I read the first chapter on the bus and the last one in bed.",
        "I had dinner with my sister and told her of this book.",
        "Simmer for two hours, then I add the salt and stir until the sauce is thick.",
        "It will rain in the north by evening, and I took my coat.",
        "I call the function with two arguments and it returns a list of strings.",
    ],
)
def test_daily_life_recipes_weather_and_code_assert_nothing(embed: Embed, text: str) -> None:
    assert stances(text, embed) == {}


def test_quotes_stand_in_the_review_word_for_word(embed: Embed) -> None:
    text = 'Yes.  "No," she says. I hate   cliffhangers.\nI skipped whenever they went to bed.'
    review = Review("r", "reader", "b", text)
    found = list(aversion_findings([review], embed))
    assert {finding.trait_id for finding in found} == {
        "aversions.cliffhangers",
        "aversions.explicit_sex",
    }
    for finding in found:
        assert text[finding.span.start : finding.span.end] == finding.span.quote


def test_the_score_is_the_mean_of_the_quotes_and_the_rest_is_unknown() -> None:
    """One quote of stance -0.9: -0.9 / 1.5 = -0.6; confidence 1 / 2.5 = 0.4."""
    reviews = [Review("r", "reader", "b", "I hate cliffhangers.")]
    traits = {trait.id: trait for trait in scored(list(aversion_findings(reviews)), reviews, False)}
    hated = traits["aversions.cliffhangers"]
    assert (hated.framework, hated.status) == ("aversions", "known")
    assert hated.score == pytest.approx(-0.6)
    assert hated.confidence == pytest.approx(0.4)
    assert traits["aversions.gore"].status == "unknown"


def test_every_thing_has_two_poles_names_and_a_phrase_with_anchors() -> None:
    scales = {scale.id: scale for scale in dimensions("aversions")}
    assert len(scales) >= 40
    assert list(scales) == [thing.id for thing in aversions()]
    assert len({scale.name for scale in scales.values()}) == len(scales)
    for thing in aversions():
        scale = scales[thing.id]
        assert scale.framework == "aversions"
        assert scale.low
        assert scale.high
        assert thing.minds
        assert all("[" in phrase for phrase in (*thing.minds, *thing.seeks))
