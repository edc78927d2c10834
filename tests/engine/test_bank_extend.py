"""The bank extended by a model behind a real server: gated, kept, gone on with."""

import shutil
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from engine.bank_extend.candidate import Candidate
from engine.bank_extend.decisions import candidates
from engine.bank_extend.extend import extend
from engine.bank_extend.files import alone_at_work
from engine.bank_extend.order import ordered
from engine.bank_extend.plan import extension_cost
from engine.bank_extend.twins import texts_of_ours
from engine.frameworks import Statement, all_dimensions, all_statements
from engine.nearness import nearness
from models.errors import BadInput
from models.events import Event, Failed, Finished, Item, Note, Step
from tests.bank_writer import SHOES, SHOP, SOUP, Writer, draft, writing

FACE = "schwartz.face"
CONTROLS = 6
GATES = 5
"""Questions about a statement that passes: two on its ends, two more, if it is sensitive."""


@pytest_asyncio.fixture(scope="module")
async def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vectors of our statements, embedded once for all tests."""
    folder = tmp_path_factory.mktemp("vectors")
    async with nearness(folder) as near:
        near.know(texts_of_ours("statements"), folder / "cache")
        await near.nearest(["One question, so that the texts before it are embedded."])
    return folder / "cache"


@pytest.fixture
def data_dir(tmp_path: Path, vectors: Path) -> Path:
    shutil.copytree(vectors, tmp_path / "data" / "cache")
    return tmp_path / "data"


@pytest.fixture
def writer() -> Iterator[Writer]:
    with writing(Writer(all_dimensions()[FACE].high)) as writer:
        yield writer


async def extended(data_dir: Path, writer: Writer, count: int = 1) -> list[Event]:
    order = ordered("statements", writer.provider, [FACE], count=count)
    return [event async for event in extend(data_dir, order)]


def passed(data_dir: Path) -> list[Candidate]:
    return [one.candidate for one in candidates(data_dir) if one.state == "waiting"]


def refused(data_dir: Path) -> list[Candidate]:
    return [one.candidate for one in candidates(data_dir) if one.state == "refused"]


def entry(candidate: Candidate) -> Statement:
    assert isinstance(candidate.entry, Statement)
    return candidate.entry


def texts(data_dir: Path) -> list[str]:
    return [entry(candidate).text for candidate in passed(data_dir)]


def notes(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Note))


async def test_what_passes_waits_and_what_is_refused_is_kept_with_its_reason(
    data_dir: Path, writer: Writer
) -> None:
    writer.drafts += [draft(("Too short.", "Short too.")), draft(SHOP)]
    events = await extended(data_dir, writer)
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.result["passed"], last.result["refused"], last.result["missing"]) == (1, 1, 0)
    [waiting], [short] = passed(data_dir), refused(data_dir)
    assert (entry(waiting).text, entry(waiting).opposite) == SHOP
    assert (entry(waiting).dimension, entry(waiting).sensitive) == (FACE, False)
    assert len(waiting.answers) == GATES
    assert all(answer.passes for answer in waiting.answers)
    assert short.refused == "The text has 2 words, outside 8 to 26."
    shown = [event.value["id"] for event in events if isinstance(event, Item)]
    assert shown == [short.id, waiting.id]
    assert {path.name for path in (data_dir / "bank").glob("*.jsonl")} == {
        "candidates.jsonl",
        "rejected.jsonl",
    }


async def test_the_cost_told_before_is_the_number_of_requests_made(
    data_dir: Path, writer: Writer
) -> None:
    order = ordered("statements", writer.provider, [FACE], count=2)
    cost = await extension_cost(data_dir, order)
    assert (cost.texts, cost.calls, writer.asked) == (2, 2 * (1 + GATES) + CONTROLS, [])
    writer.drafts += [draft(SHOP), draft(SHOES)]
    events = await extended(data_dir, writer, count=2)
    assert len(writer.asked) == cost.calls
    first, *_, last = (event for event in events if isinstance(event, Step))
    assert str(cost) in first.note
    assert f"{cost.calls} requests, {100 * cost.calls:,} tokens read" in last.note


async def test_the_same_call_again_asks_nothing_and_a_higher_count_only_what_is_missing(
    data_dir: Path, writer: Writer
) -> None:
    writer.drafts += [draft(SHOP), draft(SHOES)]
    await extended(data_dir, writer)
    writer.asked.clear()
    assert isinstance((await extended(data_dir, writer))[-1], Finished)
    assert writer.asked == []
    await extended(data_dir, writer, count=2)
    [request] = writer.requests_to_write
    assert SHOP[0].rsplit(" ", 1)[0] in request, "it is shown what is there already"
    assert texts(data_dir) == [SHOP[0], SHOES[0]]


async def test_a_refusal_in_words_is_malformed_counted_and_tried_again(
    data_dir: Path, writer: Writer
) -> None:
    sorry = "I'm sorry, but I can't help with that."
    writer.drafts += [sorry, sorry, draft(SHOP)]
    writer.says["party politics"] = "hm"
    events = await extended(data_dir, writer)
    [unread] = refused(data_dir)
    assert (unread.entry, unread.reply) == (None, sorry)
    assert unread.refused == "The reply could not be read, twice."
    steps = [event.note for event in events if isinstance(event, Step)]
    assert "4 malformed" in steps[-1], "two of the draft, two on whether it is sensitive"
    assert texts(data_dir) == [SHOP[0]]
    assert entry(passed(data_dir)[0]).sensitive, "what cannot be cleared has to be switched on"


async def test_a_gate_refuses_with_the_models_reason_or_because_it_cannot_be_read(
    data_dir: Path, writer: Writer
) -> None:
    writer.drafts += map(draft, (SHOP, SHOES, SOUP))
    writer.says[f"{SHOP[1]}\n\nCould one"] = '{"reason": "two matters", "answer": "yes"}'
    writer.says[f"{SHOES[1]}\n\nIs each"] = "Yes, wonderful!"
    writer.says[f"{SOUP[1]}\n\nIs each"] = '{"reason": "a slogan", "answer": "no"}'
    events = await extended(data_dir, writer)
    assert [one.refused for one in refused(data_dir)] == [
        "Gate 'both can be held': yes, because: two matters",
        "Gate 'is natural': two replies could not be read.",
        "Gate 'is natural': no, because: a slogan",
    ]
    assert passed(data_dir) == []
    assert "Still missing: 1 statement, after 3 attempts" in notes(events)


async def test_a_model_that_always_says_yes_lets_nothing_through_and_is_told_of(
    data_dir: Path, writer: Writer
) -> None:
    writer.drafts += map(draft, (SHOP, SHOES, SOUP))
    writer.says['the answer is "yes" or "no"'] = '{"reason": "sure", "answer": "yes"}'
    events = await extended(data_dir, writer)
    assert passed(data_dir) == []
    assert "6 texts of ours whose side is known, the model was right on 3: read" in notes(events)


async def test_near_duplicates_of_the_bank_and_of_what_was_added_are_refused(
    data_dir: Path, writer: Writer
) -> None:
    ours = all_statements()["schwartz.face.1"]
    again = (SHOP[0].replace("every spring", "each spring"), SHOP[1])
    writer.drafts += map(draft, [(ours.text, ours.opposite), SHOP, again, SHOES])
    await extended(data_dir, writer, count=2)
    first, second = (one.refused for one in refused(data_dir))
    assert first == "The text is too near to schwartz.face.1, text: cosine 1.00."
    assert passed(data_dir)[0].id in second
    assert texts(data_dir) == [SHOP[0], SHOES[0]]


async def test_a_rate_limit_keeps_what_is_done_and_the_same_call_goes_on(
    data_dir: Path, writer: Writer
) -> None:
    writer.drafts += [draft(SHOP), draft(SHOES)]
    writer.refuses_from = CONTROLS + 1 + GATES + 3
    last = (await extended(data_dir, writer, count=2))[-1]
    assert isinstance(last, Failed)
    assert "Quota used up" in last.message
    assert "1 of 2 are there and kept" in last.message
    assert "The same call goes on" in last.hint
    first = passed(data_dir)
    writer.refuses_from = None
    writer.drafts += [draft(SOUP)]
    assert isinstance((await extended(data_dir, writer, count=2))[-1], Finished)
    assert passed(data_dir)[:1] == first
    assert texts(data_dir) == [SHOP[0], SOUP[0]]


async def test_closing_keeps_what_is_done_and_lets_others_in(
    data_dir: Path, writer: Writer
) -> None:
    writer.drafts += map(draft, (SHOP, SHOES, SOUP))
    order = ordered("statements", writer.provider, [FACE], count=3)
    async with aclosing(extend(data_dir, order)) as events:
        async for event in events:
            if isinstance(event, Item):
                break
    assert texts(data_dir) == [SHOP[0]]
    with alone_at_work(data_dir):
        pass


async def test_two_cannot_extend_one_bank_at_once(data_dir: Path, writer: Writer) -> None:
    with alone_at_work(data_dir), pytest.raises(BadInput, match="Another process"):
        await extended(data_dir, writer)
    assert writer.asked == []
