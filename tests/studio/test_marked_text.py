"""Quotes marked in a review: where they begin and end, and which side they are on."""

from engine.domain import Evidence
from studio.marked_text import AGAINST, FOR, line_of_current, marked

TEXT = "One two three four."
OPEN, CLOSE = AGAINST


def quote(words: str, stance: float) -> Evidence:
    start = TEXT.index(words)
    return Evidence("r", start, start + len(words), words, stance)


def test_quotes_for_and_against_have_marks_of_their_own() -> None:
    shown = marked(TEXT, [quote("One", 0.5), quote("three", -0.5)], None)
    assert str(shown) == f"{FOR[0]}One{FOR[1]} two {OPEN}three{CLOSE} four."


def test_a_quote_within_another_closes_before_it() -> None:
    shown = marked(TEXT, [quote("two three", 1.0), quote("three", -1.0)], None)
    assert str(shown) == f"One {FOR[0]}two {OPEN}three{CLOSE}{FOR[1]} four."


def test_quotes_may_overlap() -> None:
    shown = marked(TEXT, [quote("One two", 1.0), quote("two three", -1.0)], None)
    assert str(shown) == f"{FOR[0]}One {OPEN}two{FOR[1]} three{CLOSE} four."


def test_only_the_current_quote_is_reversed_and_the_others_are_underlined() -> None:
    current = quote("three", -1.0)
    shown = marked(TEXT, [quote("One", 1.0), current], current)
    styled = {shown.plain[span.start : span.end]: str(span.style) for span in shown.spans}
    assert styled["One"] == "underline"
    assert styled["three"] == "bold reverse"


def test_the_line_of_the_current_quote_is_counted_in_wrapped_lines() -> None:
    """On 8 columns the text is wrapped as `One two`, `»three«`, `four.`."""
    current = quote("three", 1.0)
    assert line_of_current(marked(TEXT, [current], current), 8) == 1


def test_what_could_steer_a_terminal_is_shown_as_a_sign() -> None:
    text = "a \x1b[31m b"
    assert str(marked(text, [Evidence("r", 2, 7, text[2:7], 1.0)], None)) == "a »␛[31m« b"
