"""The embedded judge with the real encoder, and its job over a run directory."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from benchmarks.off_topic import TEXTS, quotes_taken
from engine.bank import example_reviews
from engine.domain import Book, Review
from engine.frameworks import VALUE_FRAMEWORKS, dimensions, statements
from engine.jobs import RunDir
from engine.profile.cues import cues
from engine.profile.embedded import findings
from engine.profile.heads import heads
from engine.profile.job import work
from models.encoder import Encoder
from models.events import Event, Finished, Item
from tools.train_judge import fingerprint, training_sentences

TRAIT_FIELDS = {"id", "framework", "score", "confidence", "status", "evidence", "value", "note"}


def stances(encoder: Encoder, *texts: str) -> dict[str, float]:
    """Trait to stance, of a reader with these reviews."""
    reviews = [Review(str(number), "reader", "b", text) for number, text in enumerate(texts)]
    return {
        finding.trait_id: finding.stance
        for _, _, part in findings(reviews, encoder)
        for finding in part
    }


def test_there_are_examples_for_both_ends_of_every_statement_and_facet() -> None:
    """At least two sentences and the statement itself; a facet has sentences alone."""
    wanted = {item.id for framework in VALUE_FRAMEWORKS for item in statements(framework)}
    wanted |= {scale.id for scale in dimensions("ocean") if scale.parent}
    trained = heads()
    assert set(trained.traits) == wanted
    there = trained.examples.rows < len(trained.examples.vectors)
    assert there.sum(axis=2).min() >= 3


def test_the_shipped_heads_were_trained_on_the_sentences_that_are_shipped() -> None:
    """Where this fails, run `python -m tools.train_heads` on Touché23-ValueEval again."""
    assert heads().about["examples fingerprint"] == fingerprint(training_sentences())


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
        ("I never finish what I begin, this book included.", "self_discipline", -1),
        ("Call me naive, but I trust people.", "trust", 1),
        ("I don't trust anyone in that business.", "trust", -1),
        ("I always cry at weddings, and I cried at this one.", "emotionality", 1),
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
        "I read it in one night.",
        "I gave up after a hundred pages.",
        "I never trusted the husband, and I was furious with the ending.",
    ],
)
def test_plots_verdicts_and_how_it_was_read_are_no_evidence(encoder: Encoder, text: str) -> None:
    assert stances(encoder, text) == {}


def test_text_on_other_things_asserts_nothing(encoder: Encoder) -> None:
    assert len(TEXTS) == 9
    assert quotes_taken(encoder) == []


def test_one_passing_moment_is_no_temperament_but_the_same_in_two_reviews_is(
    encoder: Encoder,
) -> None:
    once = "I made a list of the suspects and ticked off each name."
    again = "I kept a list of all the suspects."
    facet = "ocean.conscientiousness.orderliness"
    assert facet not in stances(encoder, once)
    assert facet not in stances(encoder, f"{once} {again}")
    assert stances(encoder, once, again)[facet] > 0


def test_a_review_in_a_language_that_is_not_served_is_not_read(encoder: Encoder) -> None:
    german = "I trust people, sagt er immer, aber ich traue niemandem und ich bleibe lieber allein."
    assert stances(encoder, german) == {}


def test_a_quote_is_taken_for_a_statement_that_has_no_cue(encoder: Encoder) -> None:
    """The cues know 82 statements and facets, the examples all 180."""
    assert "wvs.faith.1" not in {cue.trait_id for cue in cues()}
    assert stances(encoder, "I say grace before every meal and thank God.")["wvs.faith.1"] > 0
    assert stances(encoder, "I am an atheist and say no grace at table.")["wvs.faith.1"] < 0


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
    text = "I teach in a school in Leeds. I always cry so hard! My desk is always a mess."
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
