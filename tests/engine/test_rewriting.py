"""One side of a pair rewritten: nothing is kept before the editor says so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.domain import PreferencePair
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.workbench import Side, keep_rewritten, rewritten
from engine.workbench.rewriting import made_by, rewritten_by
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, Item, Note
from models.scripted import ScriptedModel
from tests.engine.conftest import fill

PAIR = PreferencePair(
    "a", "ann", "values", "schwartz.face.1", "t", "Tell it.", "She waits.", "He goes.", "o"
)


@pytest.fixture
def ann(data_dir: Path) -> Path:
    fill(data_dir)
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", [PAIR])
    return data_dir


async def _events(model: ScriptedModel) -> list[Event]:
    return [event async for event in rewritten_by(model, PAIR, "chosen", "Make it warmer.")]


async def test_the_model_is_given_the_text_the_request_and_the_instruction() -> None:
    model = ScriptedModel(["“She waits, gladly.”"])
    events = await _events(model)
    assert events[-1] == Finished({"text": "She waits, gladly."})
    assert any(isinstance(event, Item) for event in events)
    asked = model.asked[0][0][0].content
    for part in ("Make it warmer.", "Tell it.", "She waits."):
        assert part in asked
    assert "He goes." not in asked


async def test_nothing_new_is_asked_for_once_more_and_then_told() -> None:
    model = ScriptedModel(["She waits.", " "])
    events = await _events(model)
    assert isinstance(events[-1], Failed)
    assert [event for event in events if isinstance(event, Note)]
    first, second = (sampling.temperature for _, sampling in model.asked)
    assert second > first


async def test_a_second_try_that_is_new_is_taken() -> None:
    assert (await _events(ScriptedModel(["", '"She stays."'])))[-1] == Finished(
        {"text": "She stays."}
    )


async def test_a_model_that_dies_says_so() -> None:
    with pytest.raises(UserError, match="died"):
        await _events(ScriptedModel([UserError("The model died.")]))


async def test_what_is_missing_is_refused_before_a_model_is_opened(ann: Path) -> None:
    for pair_id, instruction, provider, told in (
        ("a", " ", "embedded", "what is to change"),
        ("nope", "Shorter.", "embedded", "No pair 'nope'"),
        ("a", "Shorter.", "local:/nope.gguf", "no model file"),
    ):
        with pytest.raises(BadInput, match=told):
            async for _ in rewritten(ann, pair_id, "chosen", instruction, provider):
                pass


async def test_a_server_rewrites_and_the_pair_names_it_once_it_is_kept(
    ann: Path, server: str
) -> None:
    provider = f"endpoint:{server}#tiny"
    events = [event async for event in rewritten(ann, "a", "rejected", "Shorter.", provider)]
    assert events[-1] == Finished({"text": "He left.", "made": provider, "old": "He goes."})
    assert desk.pairs(ann, "ann") == [PAIR]
    kept = keep_rewritten(ann, "a", "rejected", "He left. ", provider, "He goes.")
    assert kept == replace(PAIR, rejected="He left.", made=provider, edited=True)
    assert desk.pairs(ann, "ann") == [kept]
    undone = desk.undo(ann)
    assert undone is not None
    assert undone.title == "Rewrite the rejected answer of a pair"
    with pytest.raises(BadInput, match="cannot be empty"):
        keep_rewritten(ann, "a", "rejected", " ", provider, "He goes.")


def test_a_local_file_is_named_without_its_folder() -> None:
    assert made_by("local:/home/me/models/tiny.gguf") == "local:tiny.gguf"


@pytest.mark.parametrize(
    ("side", "old", "new"),
    [("chosen", "She waits.", "He goes. "), ("rejected", "He goes.", "She  waits.\n")],
)
def test_a_rewrite_that_makes_both_answers_the_same_is_refused(
    ann: Path, side: Side, old: str, new: str
) -> None:
    with pytest.raises(BadInput, match="Both answers would be the same"):
        keep_rewritten(ann, "a", side, new, "embedded", old)
    assert desk.pairs(ann, "ann") == [PAIR]


@pytest.fixture
def server() -> Iterator[str]:
    """A server of the OpenAI protocol that always streams the same two words."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for words, reason in (("He", None), (" left.", None), ("", "stop")):
                choice = {"index": 0, "delta": {"content": words}, "finish_reason": reason}
                row = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
                told = json.dumps({**row, "choices": [choice]})
                self.wfile.write(f"data: {told}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()
