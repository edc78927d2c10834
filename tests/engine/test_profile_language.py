"""Which reviews are read, and what is said of those that are not."""

import pytest

from engine.domain import Review
from engine.profile.findings import TextRead
from engine.profile.language import language_name, languages_of, unread, unread_note

ENGLISH = "I read this in two evenings on the balcony, and I was sorry when it ended."
PORTUGUESE = "Li este livro em duas noites na varanda e fiquei com pena quando acabou."
GERMAN = "Ich habe dieses Buch an zwei Abenden auf dem Balkon gelesen und war danach sehr traurig."


def reviews(*texts: str) -> list[Review]:
    return [Review(str(number), "reader", "b", text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ENGLISH, "en"),
        (PORTUGUESE, "pt"),
        (GERMAN, "de"),
        ("この本はとても面白くて、一晩で読み終えてしまいました。", "ja"),
        ("Эту книгу я прочитал за два вечера и совсем не пожалел.", "ru"),
    ],
)
def test_the_language_of_a_review_is_told(text: str, code: str) -> None:
    assert languages_of(reviews(text)) == {"0": code}


def test_a_short_text_goes_with_the_readers_other_text() -> None:
    short = "Super!"
    assert languages_of(reviews(short, ENGLISH))["0"] == "en"
    assert languages_of(reviews(short, GERMAN))["0"] == "de"


def test_a_reader_of_two_words_is_read() -> None:
    assert unread(reviews("Great book")) == {}


def test_a_review_without_text_has_no_language() -> None:
    assert languages_of(reviews("  ")) == {}


def test_how_many_reviews_are_left_out_is_said_with_their_language() -> None:
    assert unread_note({}, 4) == ""
    assert (
        unread_note({"a": "pt", "b": "pt"}, 4)
        == "2 of 4 reviews are in Portuguese, which the embedded provider does not read"
    )
    assert (
        unread_note({"a": "pt", "b": "de", "c": "pt"}, 4)
        == "3 of 4 reviews are in other languages (2 in Portuguese, 1 in German), "
        "which the embedded provider does not read"
    )


def test_text_that_the_encoder_does_not_serve_is_not_counted_as_read() -> None:
    """One English sentence of 16 words; the Portuguese review adds nothing but the sentence."""
    read = TextRead.of(reviews(ENGLISH, PORTUGUESE), by_encoder=True)
    assert (read.reviews, read.sentences, read.words) == (1, 1, 16)
    assert str(read) == (
        "16 words of text in all; 1 of 2 reviews is in Portuguese, "
        "which the embedded provider does not read"
    )
    assert TextRead.of(reviews(ENGLISH, PORTUGUESE)).reviews == 2


def test_where_nothing_is_left_the_language_is_all_that_is_said() -> None:
    read = TextRead.of(reviews(PORTUGUESE), by_encoder=True)
    assert str(read) == (
        "the text: 1 of 1 reviews is in Portuguese, which the embedded provider does not read"
    )


def test_every_language_the_identifier_knows_has_an_english_name() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    codes = LanguageIdentifier.from_model_file(MODEL_FILE).labels
    assert [code for code in codes if language_name(code) == code] == []
