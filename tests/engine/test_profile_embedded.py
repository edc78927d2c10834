"""The embedded judge with the real encoder, and its job over a run directory."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from engine.bank import example_reviews
from engine.domain import Book, Review
from engine.frameworks import VALUE_FRAMEWORKS, dimensions, statements
from engine.jobs import RunDir
from engine.profile.cues import cues
from engine.profile.embedded import findings
from engine.profile.job import work
from models.encoder import Encoder
from models.events import Event, Finished, Item
from models.library import embedded_encoder

TRAIT_FIELDS = {"id", "framework", "score", "confidence", "status", "evidence", "value", "note"}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load(embedded_encoder())


def stances(encoder: Encoder, text: str) -> dict[str, float]:
    review = Review("r", "reader", "b", text)
    return {
        finding.trait_id: finding.stance
        for _, _, part in findings([review], encoder)
        for finding in part
    }


def test_there_are_cues_for_both_ends_of_every_statement_and_facet() -> None:
    wanted = {item.id for framework in VALUE_FRAMEWORKS for item in statements(framework)}
    wanted |= {scale.id for scale in dimensions("ocean") if scale.parent}
    for pole in (1, -1):
        covered = {cue.trait_id for cue in cues() if cue.pole == pole}
        one_sided = {"wvs.self_expression.4"} if pole == 1 else set()
        assert wanted - covered <= one_sided


def test_no_cue_repeats_five_words_of_the_bundled_example() -> None:
    """Cues were written with the example in view; at least none may be a copy of it."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z']+", text.lower())
        return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}

    lines = example_reviews().read_text(encoding="utf-8").splitlines()
    example = set().union(*(runs(json.loads(line)["text"]) for line in lines))
    assert [cue.phrase for cue in cues() if runs(cue.phrase) & example] == []


@pytest.mark.parametrize(
    ("text", "trait_id", "sign"),
    [
        ("Long and dense, but I always finish what I start.", "self_discipline", 1),
        ("I gave up after a hundred pages and never looked back.", "self_discipline", -1),
        ("Call me naive, but I trust people.", "trust", 1),
        ("I don't trust anyone in that business.", "trust", -1),
        ("The last chapter made me cry on the bus.", "emotionality", 1),
        ("So many unanswered questions, and I wanted answers!", "uncertainty_avoidance.2", -1),
        ("I love that open ending.", "uncertainty_avoidance.2", 1),
    ],
)
def test_a_plain_sentence_speaks_for_its_side(
    encoder: Encoder, text: str, trait_id: str, sign: int
) -> None:
    found = {name: stance for name, stance in stances(encoder, text).items() if trait_id in name}
    assert found
    assert all(stance * sign > 0 for stance in found.values())


@pytest.mark.parametrize(
    "text",
    [
        "This was a good book, though it took a while to get going.",
        "She trusts people and always finishes what she starts.",
        "The story is set in 1925 and has three parts.",
    ],
)
def test_plots_and_empty_praise_are_no_evidence(encoder: Encoder, text: str) -> None:
    assert stances(encoder, text) == {}


def run_with(path: Path, reviews: list[Review], books: list[Book]) -> RunDir:
    for name, rows in (("reviews", reviews), ("books", books)):
        lines = (json.dumps(asdict(row), default=str) + "\n" for row in rows)
        (path / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    return RunDir(path)


def finished(events: list[Event]) -> Mapping[str, Any]:
    last = events[-1]
    assert isinstance(last, Finished)
    return last.result


def test_a_job_yields_each_trait_once_with_quotes_that_stand_in_the_review(tmp_path: Path) -> None:
    text = "I teach in a school in Leeds. I cried so hard! My desk is a mess, as ever."
    book = Book("b", "Poems", categories=("Poetry",))
    run = run_with(tmp_path, [Review("r", "reader", "b", text, rating=5)], [book])
    events = list(work(run, {"reader": "reader", "sensitive": False}, Flag()))
    result = finished(events)
    rows = {row["id"]: row for row in result["traits"]}
    assert [event.value for event in events if isinstance(event, Item)] == result["traits"]
    assert len(rows) == len(result["traits"])
    for row in rows.values():
        assert TRAIT_FIELDS <= set(row) <= TRAIT_FIELDS | {"share", "books", "interval"}
        assert row["status"] != "known" or row["evidence"]
        for span in row["evidence"]:
            assert text[span["start"] : span["end"]] == span["quote"]
    assert rows["demographics.location"]["value"] == "Leeds"
    assert rows["interests.poetry"]["score"] > 0
    assert rows["ocean.openness.emotionality"]["score"] > 0
    assert rows["ocean.conscientiousness.orderliness"]["score"] < 0


def test_two_words_of_text_leave_everything_unknown_and_say_how_little(tmp_path: Path) -> None:
    run = run_with(tmp_path, [Review("r", "reader", "b", "Great book")], [Book("b", "Untitled")])
    rows = finished(list(work(run, {"reader": "x", "sensitive": False}, Flag())))["traits"]
    assert {row["status"] for row in rows} <= {"unknown", "off"}
    value = next(row for row in rows if row["id"] == "schwartz.tradition.1")
    assert value["note"] == "No clear sign in 2 words of text in all."


def test_a_job_that_is_asked_to_stop_ends_without_a_result(tmp_path: Path) -> None:
    run = run_with(tmp_path, [Review("r", "reader", "b", "I cried. I laughed.")], [])
    stop = Flag()
    stop.set()
    events = list(work(run, {"reader": "reader", "sensitive": False}, stop))
    assert not any(isinstance(event, Finished) for event in events)
