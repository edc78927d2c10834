"""Every quote of one review, also those that a profile is too full to show."""

from pathlib import Path

import pytest

from engine import desk
from engine.editing import quotes_in_review
from engine.profile.findings import Finding
from engine.profile.rollup import MOST_EVIDENCE
from engine.profile.sentences import Span
from engine.store import findings as finding_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.conftest import a_profile, fill, known, read, trait_of

TOWARDS, AWAY = "schwartz.face.2", "schwartz.face.1"
"""Statements worded towards the high end of Face and towards the low."""


def test_all_quotes_are_there_though_the_profile_shows_only_the_strongest(data_dir: Path) -> None:
    number = MOST_EVIDENCE + 2
    texts = [f"I guard my good name, said I for the {n}th time." for n in range(number)]
    read(data_dir, texts, [(TOWARDS, n, 0.9 - n / 100) for n in range(number)])
    shown = trait_of(desk.built_profile(data_dir, "ann"), TOWARDS).evidence
    last = f"r{number - 1}"
    assert last not in {span.review_id for span in shown}
    (quote,) = quotes_in_review(data_dir, "ann", last)[TOWARDS]
    assert quote.quote == texts[-1]


def test_a_scale_has_the_quotes_of_its_statements_turned_to_its_own_end(data_dir: Path) -> None:
    number = MOST_EVIDENCE + 2
    texts = [f"Let them laugh, said I for the {n}th time." for n in range(number)]
    read(data_dir, texts, [(AWAY, n, 0.9 - n / 100) for n in range(number)])
    last = quotes_in_review(data_dir, "ann", f"r{number - 1}")
    assert [quote.stance for quote in last[AWAY]] == [pytest.approx(0.85)]
    assert [quote.stance for quote in last["schwartz.face"]] == [pytest.approx(-0.85)]


def test_the_quotes_stand_in_the_order_of_the_text_each_place_once(data_dir: Path) -> None:
    text = "I guard my name. Let them laugh."
    read(data_dir, [text], [])
    found = [
        Finding(TOWARDS, "r0", Span(17, 32, text[17:]), -0.9),
        Finding(TOWARDS, "r0", Span(0, 16, text[:16]), 0.7),
    ]
    with opened(data_dir) as db, change(db, "Find quotes"):
        finding_rows.save(db, "ann", found)
    quotes = quotes_in_review(data_dir, "ann", "r0")[TOWARDS]
    assert [(quote.start, quote.stance) for quote in quotes] == [(0, 0.7), (17, -0.9)]


def test_a_profile_whose_findings_were_not_kept_tells_the_quotes_it_shows(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face", 0.5)))
    (quote,) = quotes_in_review(data_dir, "ann", "r1")["schwartz.face"]
    assert quote.quote == "I love how the crew decides together."


def test_a_review_of_somebody_else_is_refused(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("schwartz.face", 0.5)))
    with pytest.raises(BadInput, match="no review 'r9'"):
        quotes_in_review(data_dir, "ann", "r9")
