"""A profile built by a model behind a real server on the loopback interface: kept, gone on with."""

import json
import threading
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine import desk
from engine.domain import Book, Reader, Review
from engine.profile.cost import profile_cost
from engine.store import findings as finding_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened, rows
from models.errors import BadInput
from models.events import Event, Failed, Finished, Note, Step
from models.library import embedded_gguf
from tests.loopback import QuietHandler, serving

SHEETS = 4
FIRST = "I planted three oaks for my grandchildren. A slow book."
SECOND = "My neighbour read all of it aloud to us."
THIRD = "We argued about the last chapter until midnight."
JUDGED = json.dumps({"judgements": [{"sentence": 1, "shows": "x", "id": "H1", "stance": 2}]})
NOTHING = json.dumps({"judgements": []})


@dataclass
class Server:
    """Says that the first sentence agrees with H1, and nothing on any other sheet.

    Of the text that shows nothing, which each sheet is put to first, it says nothing.
    """

    base_url: str = ""
    asked: list[str] = field(default_factory=list)
    """The last message of each request."""
    refuses_from: int | None = None
    """From this request on, counted from 0, there is no answer but 429."""
    talks_nonsense: bool = False
    finds_too_much: bool = False
    """H1 in the text that shows nothing, too."""
    under_way: int = 0
    most_under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    together: threading.Barrier | None = None
    """Where so many requests wait for each other, or a fifth of a second."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with server.lock:
                number = len(server.asked)
                refused = server.refuses_from is not None and number >= server.refuses_from
                if not refused:
                    server.asked.append(server_asked(asked))
                server.under_way += 1
                server.most_under_way = max(server.most_under_way, server.under_way)
            self._meet()
            with server.lock:
                server.under_way -= 1
            if refused:
                self._answer(429, json.dumps({"error": {"message": "Quota used up"}}))
            else:
                is_hofstede = "\nH1: " in asked["messages"][0]["content"]
                shows = server.finds_too_much or "The parcel" not in server_asked(asked)
                text = JUDGED if is_hofstede and shows else NOTHING
                self._answer(200, _sse("I think" if server.talks_nonsense else text))

        def _meet(self) -> None:
            if server.together:
                try:
                    server.together.wait(0.2)
                except threading.BrokenBarrierError:
                    server.together.reset()

        def _answer(self, status: int, body: str) -> None:
            self.send_response(status)
            kind = "text/event-stream" if status == 200 else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body.encode())

    with serving(Handler) as server.base_url:
        yield server


def server_asked(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def about_reviews(server: Server) -> list[str]:
    return [asked for asked in server.asked if "The parcel" not in asked]


def _sse(text: str) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"


def write(data_dir: Path, *texts: str) -> None:
    """Ann's reviews; each has its id from its text."""
    reviews = [Review(f"r-{text}", "ann", "b1", text, rating=4) for text in texts]
    with opened(data_dir) as db, change(db, "Import reviews"):
        reader_rows.save(db, [Reader("ann", "Ann", "plain")], [Book("b1", "Oaks")], reviews)


async def built(
    data_dir: Path, server: Server, model: str = "m", fresh: bool = False
) -> list[Event]:
    provider = f"endpoint:{server.base_url}#{model}"
    return [event async for event in desk.build_profile(data_dir, "ann", provider, fresh)]


def quotes(data_dir: Path) -> list[str]:
    with opened(data_dir) as db:
        return [finding.span.quote for finding in finding_rows.of_reader(db, "ann")]


def notes(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Note))


async def test_the_profile_holds_what_the_model_found_and_what_it_cost(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST, SECOND)
    events = await built(data_dir, server)
    assert isinstance(events[-1], Finished)
    assert quotes(data_dir) == ["I planted three oaks for my grandchildren.", SECOND]
    note = desk.built_profile(data_dir, "ann").provider_note
    assert f"m at {server.base_url}: 2 judgements" in note
    assert "800 tokens read, 56 written, 0 of 8 answers from earlier builds" in note


async def test_the_cost_told_before_is_the_number_of_requests_made(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST, SECOND)
    provider = f"endpoint:{server.base_url}#m"
    cost = await profile_cost(data_dir, "ann", provider)
    assert (cost.calls, cost.reused, cost.is_estimate, server.asked) == (8 + SHEETS, 0, True, [])
    events = await built(data_dir, server)
    assert len(server.asked) == cost.calls
    first = next(event for event in events if isinstance(event, Step))
    assert str(cost) in first.note
    after = await profile_cost(data_dir, "ann", provider)
    assert (after.calls, after.reused, after.prompt_tokens) == (0, 8, 0)
    assert (await profile_cost(data_dir, "ann", provider, fresh=True)).calls == 8 + SHEETS


async def test_building_again_asks_nothing_and_gives_the_same_profile(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST, SECOND)
    first = await built(data_dir, server)
    server.refuses_from = 0
    again = await built(data_dir, server)
    assert isinstance(first[-1], Finished)
    assert isinstance(again[-1], Finished)
    assert again[-1].result["traits"] == first[-1].result["traits"]
    assert "8 of 8 answers" in notes(again)
    assert len(about_reviews(server)) == 8


async def test_a_new_review_is_all_that_is_asked_about(data_dir: Path, server: Server) -> None:
    write(data_dir, FIRST)
    await built(data_dir, server)
    write(data_dir, FIRST, SECOND)
    server.asked.clear()
    await built(data_dir, server)
    assert about_reviews(server) == [f"Review:\n[1] {SECOND}"] * SHEETS
    assert len(quotes(data_dir)) == 2


async def test_another_model_and_a_fresh_build_share_no_answers(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST)
    for model, fresh, asked in (("m", False, 4), ("n", False, 8), ("m", False, 8), ("m", True, 12)):
        await built(data_dir, server, model, fresh)
        assert len(about_reviews(server)) == asked


async def test_a_rate_limit_keeps_what_is_done_and_going_on_asks_the_rest(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST)
    await built(data_dir, server)
    before = desk.built_profile(data_dir, "ann")
    write(data_dir, FIRST, SECOND, THIRD)
    server.asked.clear()
    server.refuses_from = 4
    events = await built(data_dir, server)
    last = events[-1]
    assert isinstance(last, Failed)
    assert "Quota used up" in last.message
    assert "2 of 8 answers are there and kept" in last.message
    assert "Build again" in last.hint
    assert desk.built_profile(data_dir, "ann") == before
    server.refuses_from = None
    assert isinstance((await built(data_dir, server))[-1], Finished)
    assert sorted(about_reviews(server)) == sorted(
        [f"Review:\n[1] {text}" for text in (SECOND, THIRD)] * 4
    )
    assert len(quotes(data_dir)) == 3


async def test_closing_keeps_what_is_done(data_dir: Path, server: Server) -> None:
    write(data_dir, FIRST, SECOND)
    provider = f"endpoint:{server.base_url}#m"
    async with aclosing(desk.build_profile(data_dir, "ann", provider)) as events:
        async for event in events:
            if isinstance(event, Step) and event.done == 3:
                break
    assert desk.profile(data_dir, "ann") is None
    cost = await profile_cost(data_dir, "ann", provider)
    assert cost.reused >= 2
    server.asked.clear()
    await built(data_dir, server)
    assert len(about_reviews(server)) == 8 - cost.reused


async def test_replies_malformed_twice_are_named_kept_and_asked_for_again(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST)
    server.talks_nonsense = True
    events = await built(data_dir, server)
    assert "Malformed twice, and left out, on r-I planted" in notes(events)
    assert len(about_reviews(server)) == 2 * SHEETS
    with opened(data_dir) as db:
        kept = rows(db, "select findings, malformed from judgement")
    assert [row["malformed"] for row in kept] == [2] * SHEETS
    assert json.loads(str(kept[0]["findings"]))["unread"] == ["I think", "I think"]
    server.talks_nonsense = False
    await built(data_dir, server)
    assert len(about_reviews(server)) == 3 * SHEETS
    assert len(quotes(data_dir)) == 1


async def test_a_model_that_finds_something_in_everything_is_told_of_again_and_again(
    data_dir: Path, server: Server
) -> None:
    write(data_dir, FIRST)
    await built(data_dir, server)
    assert "it found nothing" in desk.built_profile(data_dir, "ann").provider_note
    server.finds_too_much = True
    for fresh in (True, False):
        await built(data_dir, server, fresh=fresh)
        assert "made 1 judgement: it finds too much" in (
            desk.built_profile(data_dir, "ann").provider_note
        )


async def test_the_endpoints_own_limit_is_kept(data_dir: Path, server: Server) -> None:
    write(data_dir, *(f"{text} {number}" for text in (FIRST, SECOND) for number in "123"))
    endpoint = f'[endpoints.office]\nbase_url = "{server.base_url}"\nmodel = "m"\nconcurrency = 2\n'
    (data_dir / "endpoints.toml").write_text(endpoint)
    server.together = threading.Barrier(2)
    async for _ in desk.build_profile(data_dir, "ann", "endpoint:office"):
        pass
    assert server.most_under_way == 2


async def test_genres_that_the_encoder_guessed_stay(data_dir: Path, server: Server) -> None:
    write(data_dir, FIRST)
    await built(data_dir, server)
    with opened(data_dir) as db, change(db, "Guess"):
        finding_rows.save_guesses(db, "ann", {"b1": "poetry"})
    await built(data_dir, server)
    with opened(data_dir) as db:
        assert finding_rows.guesses_of(db, "ann") == {"b1": "poetry"}
    poetry = desk.built_profile(data_dir, "ann").trait("interests.poetry")
    assert poetry is not None
    assert poetry.status == "known"


async def test_a_forgotten_readers_answers_go_too(data_dir: Path, server: Server) -> None:
    write(data_dir, FIRST)
    await built(data_dir, server)
    desk.forget(data_dir, "ann")
    with opened(data_dir) as db:
        assert rows(db, "select * from judgement") == []


async def test_a_local_files_cost_is_counted_by_its_own_tokenizer(data_dir: Path) -> None:
    write(data_dir, FIRST, SECOND)
    cost = await profile_cost(data_dir, "ann", f"local:{embedded_gguf()}")
    assert not cost.is_estimate
    assert cost.calls % 2 == 0
    assert cost.prompt_tokens > 2 * 1000
    assert cost.completion_tokens_at_most == 1024 * cost.calls


async def test_the_cost_for_a_reader_who_is_not_there_is_refused(
    data_dir: Path, server: Server
) -> None:
    with pytest.raises(BadInput, match="nobody"):
        await profile_cost(data_dir, "nobody", f"endpoint:{server.base_url}#m")
