"""The sentence splitter and the facts about words that the judges rest on."""

import pytest

from engine.profile.sentences import clauses, sentences
from engine.profile.words import is_negated, stem, writer_acts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I loved it. I cried!", ["I loved it.", "I cried!"]),
        ("Mr. Fukuoka and Dr. Kimmerer wrote it.", ["Mr. Fukuoka and Dr. Kimmerer wrote it."]),
        ("By N.K. Jemisin. Read it.", ["By N.K. Jemisin.", "Read it."]),
        ("It cost 3.2 billion. Wow.", ["It cost 3.2 billion.", "Wow."]),
        ("He left at 2 p.m. on Monday.", ["He left at 2 p.m. on Monday."]),
        ("“Stop!” he cried. Then nothing…  Next", ["“Stop!” he cried.", "Then nothing…", "Next"]),
        ("One line\n\nanother line", ["One line", "another line"]),
        ("great book. loved it", ["great book.", "loved it"]),
        ("So sad.The end is great!I cried.", ["So sad.", "The end is great!", "I cried."]),
        ("See Node.js at Amazon.Com today.", ["See Node.js at Amazon.Com today."]),
        ("Prof.Smith wrote it.", ["Prof.Smith wrote it."]),
        ("すごい。また読む。", ["すごい。", "また読む。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_is_cut_where_a_reader_would_cut_it(text: str, expected: list[str]) -> None:
    assert [span.quote for span in sentences(text)] == expected


def test_every_quote_stands_where_its_offsets_say() -> None:
    """After two spaces `So so.` fills 2 to 8, and after two more `No no?` fills 10 to 16."""
    text = "  So so.  No no?"
    spans = sentences(text)
    assert [(span.start, span.end) for span in spans] == [(2, 8), (10, 16)]
    assert all(text[span.start : span.end] == span.quote for span in spans)


def test_repeated_sentences_keep_their_own_places() -> None:
    assert [span.start for span in sentences("So good. So good. So good.")] == [0, 9, 18]


def test_clauses_hold_the_sentence_its_long_parts_and_neighbours_together() -> None:
    """Cut at the comma: three words are too few to stand alone, six are enough."""
    assert clauses("I was late, so I missed the whole party") == [
        "I was late, so I missed the whole party",
        "so I missed the whole party",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("finished", "finish"), ("stories", "story"), ("planned", "plan"), ("loves", "loved")],
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I trust people", False),
        ("I don't trust people", True),
        ("I do not say that nobody came", False),
        ("I was almost shouting", True),
    ],
)
def test_an_even_number_of_denials_denies_nothing(text: str, expected: bool) -> None:
    assert is_negated(text) is expected


def test_the_writer_acts_only_as_subject_or_object() -> None:
    assert writer_acts("it made me cry")
    assert not writer_acts("my aunt cried")
