"""Descriptions in words: what made them, what the checks and the meter found."""

from dataclasses import replace
from datetime import UTC, datetime

from engine import desk
from engine.description_checks import Flag
from engine.domain import Description
from engine.meter import Reading
from engine.meter_votes import MeterAgreement
from engine.profile.sentences import Span
from engine.votes.counting import Counted, win_rate
from models.chat import Sampling
from studio.marked_text import flagged
from studio.preview_words import (
    agreement_line,
    checks_line,
    flag_lines,
    making,
    meter_line,
    meter_lines,
)

TEXT = "Then Macondo burns in 1967."
FLAGS = (
    Flag("length", "1 sentence, where three to five were asked for."),
    Flag("name", "“Macondo” is in none of the book's facts.", 5, 12),
    Flag("number", "“1967” is in none of the book's facts.", 22, 26),
)
WRITTEN = Description(
    reader_id="ana",
    book_id="b1",
    pane_id="card:jo",
    model_name="tuned [x]",
    model_sha256="f" * 64,
    with_card=True,
    near=("I keep my word.",),
    sampling=Sampling(max_tokens=120, temperature=0.7, repeat_penalty=1.1, seed=3),
    prompt_sha256="e" * 64,
    text=TEXT,
    made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    stopped="length",
    run_id="export-1",
    card_of="jo",
)


def test_what_the_checks_found_fits_in_a_line_and_stands_in_full_below() -> None:
    assert checks_line(FLAGS) == (
        "? 1 unknown name  # 1 unknown number  1 sentence, where three to five were asked for."
    )
    assert list(flag_lines(FLAGS))[1] == "? “Macondo” is in none of the book's facts."
    assert checks_line(()) == "Checks: nothing found."
    assert list(flag_lines(())) == ["Checks: nothing found."]


def test_a_flagged_phrase_stands_between_marks_with_its_sign() -> None:
    assert str(flagged(TEXT, FLAGS)) == "Then \u203a?Macondo\u2039 burns in \u203a#1967\u2039."


def test_everything_that_made_a_text_is_told() -> None:
    assert list(making(WRITTEN)) == [
        "Model: tuned [x] (ffffffffffff)",
        "Made by: export-1",
        "Card: of jo",
        "Sampling: temperature 0.7, 120 tokens, repeat penalty 1.1, seed 3, cut at its limit",
        "Prompt: eeeeeeeeeeee",
        "Told: I keep my word.",
    ]
    plain = replace(WRITTEN, with_card=False, card_of=None, run_id=None, near=(), model_sha256="")
    told = list(making(plain))
    assert "Card: none" in told
    assert told[0] == "Model: tuned [x] (hash not told)"


def test_the_meter_tells_sides_apart_and_says_what_it_is() -> None:
    span = Span(0, len(TEXT), TEXT)
    read = (
        Reading("schwartz.humility", 1.25, "with", span),
        Reading("schwartz.power_dominance", 0.8, "against", span),
    )
    names = desk.trait_names()
    line = meter_line(read, names)
    assert line == (
        f"Meter: with the reader: {names['schwartz.humility']}; "
        f"against the reader: {names['schwartz.power_dominance']}"
    )
    votes = [Counted(str(number), "won" if number < 15 else "lost") for number in range(20)]
    agreement = MeterAgreement(win_rate(votes), 2, 0)
    full = list(meter_lines(read, names, agreement))
    assert full[1] == f"+1.2 {names['schwartz.humility']}, with the reader: “{TEXT}”"
    assert "An instrument, not a judge" in full[-1]
    assert "Of 20 votes that prefer one text" in full[-1]
    assert "75% (53% to 89%); on 2 more it ranked neither." in full[-1]
    assert agreement_line(agreement) == "agrees with 75% of 20 votes (53% to 89%)"
    few = MeterAgreement(win_rate(votes[:3]), 0, 0)
    assert agreement_line(few) == "agreement with votes unknown (3 of 20)"
    assert meter_line((), names) == "Meter: draws on no value more than is usual"
