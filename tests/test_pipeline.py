"""Story G from end to end with the embedded models, on a few pairs: nothing in it is made up."""

import hashlib
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from engine import desk, runs
from engine.bank import books
from engine.domain import TRACKS
from engine.export_order import ExportOrder
from engine.preview import DEFAULT_SAMPLING, Bench
from models.chat import Reply
from models.events import Event, Failed, Finished, JsonObject

READER = "EXAMPLE-RECIFE"


def sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def finished(events: list[Event]) -> JsonObject:
    last = events[-1]
    assert isinstance(last, Finished), last
    return last.result


async def followed(data_dir: Path, run_id: str) -> JsonObject:
    return finished([event async for event in runs.follow(data_dir, run_id)])


async def test_reviews_become_a_model_that_describes_a_book(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    assert len(desk.import_example(data_dir).readers) == 3

    built = finished([event async for event in desk.build_profile(data_dir, READER)])
    assert isinstance(built["traits"], list)
    texts = {review.id: review.text for review, _ in desk.reviews(data_dir, READER)}
    known = [trait for trait in built["traits"] if trait["status"] == "known"]
    assert known
    for trait in known:
        assert trait["evidence"], trait["id"]
        assert -1 <= trait["score"] <= 1
        for span in trait["evidence"]:
            assert texts[span["review"]][span["start"] : span["end"]] == span["quote"]

    report = desk.build_pairs(data_dir, READER)
    assert set(report.by_track) == set(TRACKS)

    changes = {"max_pairs": 8, "companion_pairs": 8, "max_held_out": 4}
    training = runs.start_training(data_dir, [READER], changes=changes)
    trained = await followed(data_dir, training.id)
    assert (trained["state"], trained["steps"]) == ("finished", 3)
    assert isinstance(trained["held_out"], dict)
    assert 0 <= trained["held_out"]["accuracy"] <= 1

    exported = await followed(
        data_dir, runs.start_export(data_dir, training.id, ExportOrder(("Q8_0",))).id
    )
    assert exported["sha256"] == sha256_of(Path(str(exported["gguf"])))
    assert exported["prompt_tokens_equal"] is True

    book = next(book for book in books() if book.use == "preview")
    sampling = replace(DEFAULT_SAMPLING, max_tokens=24)
    replies = {}
    async with Bench(data_dir) as bench:
        for pane in ("base", "tuned"):
            async with aclosing(bench.stream(READER, book.id, pane, sampling)) as events:
                async for event in events:
                    if isinstance(event, Reply):
                        replies[pane] = event
    assert replies["base"].text.strip()
    assert replies["tuned"].text.strip()
    assert replies["tuned"].model_sha256 == exported["sha256"] != replies["base"].model_sha256
    assert replies["tuned"].prompt_tokens == replies["base"].prompt_tokens > 100

    again = [event async for event in desk.build_profile(data_dir, READER)]
    assert "reused" in str(again[0])
    assert finished(again) == built


async def test_two_words_of_text_are_said_to_be_too_little(tmp_path: Path) -> None:
    file = tmp_path / "small.jsonl"
    file.write_text('{"reader": "bo", "book": "Emma", "text": "Rather good."}\n')
    data_dir = tmp_path / "data"
    desk.import_reviews(data_dir, file)
    built = finished([event async for event in desk.build_profile(data_dir, "bo")])
    assert isinstance(built["traits"], list)
    assert {trait["status"] for trait in built["traits"]} <= {"unknown", "off"}
    notes = {trait["note"] for trait in built["traits"] if trait["framework"] == "ocean"}
    assert notes == {"No clear sign in 2 words of text in all."}


async def test_a_base_that_is_gone_is_named_when_training_starts(tmp_path: Path) -> None:
    file = tmp_path / "lost.gguf"
    file.write_bytes(b"GGUF but nothing more")
    data_dir = tmp_path / "data"
    desk.import_example(data_dir)
    async for event in desk.build_profile(data_dir, READER):
        assert not isinstance(event, Failed), event
    desk.build_pairs(data_dir, READER)
    run = runs.start_training(data_dir, [READER], base=str(file))
    events = [event async for event in runs.follow(data_dir, run.id)]
    assert isinstance(events[-1], Failed)
    assert "lost.gguf" in events[-1].message
