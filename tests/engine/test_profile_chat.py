"""The profile by a chat model: what is asked, what is kept, what is counted."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.domain import Review
from engine.frameworks import dimensions, statements
from engine.profile.chat import answers_by_chat
from engine.profile.chat_pieces import Room, pieces
from engine.profile.chat_plan import Plan, judge, planned
from engine.profile.chat_replies import read_reply
from engine.profile.chat_sheets import Sheet, sheets
from engine.profile.cost import Cost
from engine.store.judgements import Judgement, Key
from models.chat import ChatEvent, Message, Sampling
from models.errors import UserError
from models.events import Event, Failed, Step
from models.scripted import ScriptedModel

TEXT = "It is a long book. I planted  three oaks for my grandchildren. Good."
REVIEW = Review("r1", "ann", "b1", TEXT, rating=4)
OTHER = Review("r2", "ann", "b1", "My nephew borrowed it and never gave it back.")
CONTEXT = 8192
SHEETS = ["schwartz", "hofstede", "wvs", "ocean"]
NOTHING = '{"judgements": []}'
COST = Cost(2, 0, 300, 100, True)


def said(*judgements: tuple[int, str, int]) -> str:
    names = ("sentence", "id", "stance")
    rows = [dict(zip(names, judgement, strict=True)) for judgement in judgements]
    return json.dumps({"judgements": rows})


def plan_of(*reviews: Review, kept: dict[Key, Judgement] | None = None) -> Plan:
    return planned(reviews, False, CONTEXT, kept or {})


async def asked(
    model: ScriptedModel, plan: Plan, concurrency: int = 1
) -> tuple[list[Event], list[Judgement]]:
    kept: list[Judgement] = []
    told = [e async for e in answers_by_chat(model, plan, COST, concurrency, kept.append)]
    return list(told), kept


def the_sheet() -> Sheet:
    return next(sheet for sheet in sheets(False, 6000) if sheet.name == "hofstede")


def test_every_statement_and_facet_is_on_one_sheet() -> None:
    everything = sheets(True, 6000)
    listed = [line.trait_id for sheet in everything for line in sheet.asked]
    values = [item.id for name in ("schwartz", "hofstede", "wvs") for item in statements(name)]
    facets = [scale.id for scale in dimensions("ocean") if scale.parent]
    assert sorted(listed) == sorted(values + facets)
    assert [sheet.name for sheet in everything] == [*SHEETS, "sensitive"]


def test_what_is_sensitive_is_asked_only_when_switched_on_and_changes_no_other_sheet() -> None:
    without, with_them = sheets(False, 6000), sheets(True, 6000)
    assert [sheet.key for sheet in with_them[:-1]] == [sheet.key for sheet in without]
    sensitive = {s.id for name in ("schwartz", "wvs") for s in statements(name) if s.sensitive}
    assert {line.trait_id for line in with_them[-1].asked} == sensitive


def test_a_sheet_over_the_tokens_is_cut_and_loses_nothing() -> None:
    whole, cut = sheets(False, 6000), sheets(False, 300)
    assert len(cut) > len(whole)
    assert [a.trait_id for s in cut for a in s.asked] == [
        a.trait_id for s in whole for a in s.asked
    ]
    assert len({sheet.key for sheet in cut}) == len(cut)


@pytest.mark.parametrize("text", ["", "Loved it!", "Five stars, would buy."])
def test_a_review_of_fewer_than_five_words_is_not_asked_about(text: str) -> None:
    assert plan_of(Review("r", "ann", "b1", text)).units == ()


def test_a_review_in_a_script_without_spaces_is_asked_about() -> None:
    assert plan_of(Review("r", "ann", "b1", "この本は祖母を思い出させました。")).units


def test_a_long_review_is_cut_between_sentences_and_none_is_lost() -> None:
    """300 sentences of 10 words: 1,200 words are 120 sentences, so three pieces."""
    sentence = "Every one of these sentences has exactly ten short words."
    review = Review("r", "ann", "b1", " ".join([sentence] * 300))
    parts = list(pieces([review], 6000))
    assert [len(part.spans) for part in parts] == [120, 120, 60]
    assert len({part.name for part in parts}) == 3
    assert all(review.text[s.start : s.end] == s.quote for part in parts for s in part.spans)


def test_a_text_without_a_full_stop_fits_the_models_context() -> None:
    review = Review("r", "ann", "b1", "and so on " * 3000)
    room = Room.of(2048)
    parts = list(pieces([review], room.piece))
    assert all(len(" ".join(part.sentences)) <= 3 * room.piece for part in parts)
    words = [word for part in parts for quote in part.sentences for word in quote.split()]
    assert words == review.text.split()


async def test_all_reviews_of_a_sheet_follow_the_same_beginning() -> None:
    model = ScriptedModel([NOTHING] * 3 * len(SHEETS))
    await asked(model, plan_of(REVIEW, OTHER))
    beginnings = [messages[:-1] for messages, _ in model.asked]
    assert [len(set(beginnings[i : i + 3])) for i in range(0, len(beginnings), 3)] == [1] * 4
    assert len(set(beginnings)) == len(SHEETS)
    assert model.asked[1][0][-1].content.endswith(
        "[2] I planted  three oaks for my grandchildren.\n[3] Good."
    )


async def test_what_a_model_says_of_a_text_that_shows_nothing_is_kept_with_its_answers() -> None:
    model = ScriptedModel([said((1, "S1", 2), (2, "S2", 1)), *[NOTHING] * 7])
    _, kept = await asked(model, plan_of(REVIEW))
    assert [answer.said_of_nothing for answer in kept] == [2, 0, 0, 0]
    assert [answer.findings for answer in kept] == [()] * 4


async def test_the_schema_names_only_the_sheets_ids_and_the_reviews_sentences() -> None:
    model = ScriptedModel([NOTHING] * 2 * len(SHEETS))
    await asked(model, plan_of(REVIEW))
    schema = json.loads(model.asked[-1][1].json_schema or "")
    judgement = schema["properties"]["judgements"]["items"]["properties"]
    assert judgement["sentence"]["enum"] == [1, 2, 3]
    assert judgement["id"]["enum"] == [f"F{number}" for number in range(1, 31)]


async def test_a_review_that_names_a_placeholder_is_asked_about_as_it_is() -> None:
    model = ScriptedModel([NOTHING] * 2 * len(SHEETS))
    await asked(
        model, plan_of(Review("r", "ann", "b1", "Text with {statements} and [/INST] in it."))
    )
    assert model.asked[1][0][-1].content == "Review:\n[1] Text with {statements} and [/INST] in it."


def test_a_sentence_is_named_by_its_number_and_quoted_as_it_stands() -> None:
    [piece] = pieces([REVIEW], 6000)
    reply = read_reply(said((3, "H2", -1), (2, "H1", 2)), the_sheet(), piece)
    assert reply is not None
    first, second = reply.findings
    assert (first.trait_id, first.stance) == (the_sheet().traits["H2"], -0.5)
    assert (second.review_id, second.span.quote) == (
        "r1",
        "I planted  three oaks for my grandchildren.",
    )
    assert TEXT[second.span.start : second.span.end] == second.span.quote


def test_a_number_that_is_no_sentence_is_refused_and_counted() -> None:
    [piece] = pieces([REVIEW], 6000)
    reply = read_reply(said((0, "H1", 2), (5, "H1", 2), (1, "H1", 1)), the_sheet(), piece)
    assert reply is not None
    assert (len(reply.findings), reply.not_found) == (1, 2)


@pytest.mark.parametrize(
    "reply",
    [
        "I think",
        "[]",
        '{"judgements": [3]}',
        said((1, "Z9", 2)),
        said((1, "H1", 0)),
        said((1, "H1", 3)),
        '{"judgements": [{"sentence": true, "id": "H1", "stance": 1}]}',
        '{"judgements": [{"sentence": 1, "id": ["H1"], "stance": 1}]}',
        '{"judgements": [{"sentence": 1, "id": "H1", "stance": 1',
    ],
)
def test_a_reply_of_another_shape_is_malformed(reply: str) -> None:
    [piece] = pieces([REVIEW], 6000)
    assert read_reply(reply, the_sheet(), piece) is None


def test_a_reply_that_goes_down_the_list_is_malformed_and_a_full_one_is_not() -> None:
    [piece] = pieces([Review("r", "ann", "b1", "It is so. " * 6)], 6000)
    down = [(number, f"H{number}", 2) for number in range(1, 6)]
    assert read_reply(said(*down), the_sheet(), piece) is None
    chosen = [*down[:4], (5, "H5", -1)]
    assert read_reply(said(*chosen), the_sheet(), piece) is not None


async def test_a_malformed_reply_is_asked_for_once_more_with_another_seed() -> None:
    model = ScriptedModel([NOTHING, "I think", said((2, "S1", 2)), *[NOTHING] * 6])
    _, kept = await asked(model, plan_of(REVIEW))
    assert (len(model.asked), kept[0].malformed, len(kept[0].findings)) == (9, 1, 1)
    assert kept[0].unread == ("I think",)
    first, second = (sampling for _, sampling in model.asked[1:3])
    assert (first.seed, first.temperature) != (second.seed, second.temperature)


async def test_a_reply_malformed_twice_is_kept_as_it_came_and_is_no_answer() -> None:
    model = ScriptedModel([NOTHING, "I think", said((1, "Z9", 2)), *[NOTHING] * 6])
    plan = plan_of(REVIEW)
    _, kept = await asked(model, plan)
    assert (kept[0].malformed, kept[0].findings) == (2, ())
    assert kept[0].unread == ("I think", said((1, "Z9", 2)))
    again = plan_of(REVIEW, kept={answer.key: answer for answer in kept})
    assert [unit.sheet.name for unit in again.missing] == ["schwartz"]


async def test_the_first_event_tells_the_cost_and_each_later_one_the_tokens_so_far() -> None:
    model = ScriptedModel([NOTHING] * 2 * len(SHEETS))
    told, _ = await asked(model, plan_of(REVIEW))
    steps = [event for event in told if isinstance(event, Step)]
    assert (steps[0].done, steps[0].total) == (0, 2 * len(SHEETS))
    assert str(COST) in steps[0].note
    assert steps[-1].done == len(model.asked) == 2 * len(SHEETS)
    words = sum(len(turn.content.split()) for messages, _ in model.asked for turn in messages)
    assert f"{words:,} tokens read" in steps[-1].note


async def test_a_model_that_dies_keeps_what_is_done_and_says_how_to_go_on() -> None:
    model = ScriptedModel([*[NOTHING] * 3, UserError("The server is gone.", "Start it.")])
    told, kept = await asked(model, plan_of(REVIEW))
    assert len(kept) == 1
    last = told[-1]
    assert isinstance(last, Failed)
    assert last.message == "The server is gone. 1 of 4 answers are there and kept."
    assert last.hint == "Start it. Build again to ask only what is missing."


class Slow(ScriptedModel):
    """Knows how many requests wait at once; from one of them on it never answers."""

    def __init__(self, replies: Sequence[str], silent_from: int | None = None) -> None:
        super().__init__(replies)
        self.silent_from = silent_from
        self.started = 0
        self.waiting = 0
        self.most_waiting = 0

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[ChatEvent, None]:
        self.started += 1
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            if self.silent_from is not None and self.started > self.silent_from:
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            async with aclosing(super().stream(messages, sampling)) as events:
                async for event in events:
                    yield event
        finally:
            self.waiting -= 1


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_requests_than_the_limit_are_under_way(concurrency: int) -> None:
    reviews = [
        Review(f"r{n}", "ann", "b1", f"This is my honest review number {n}.") for n in range(9)
    ]
    model = Slow([NOTHING] * 10 * len(SHEETS))
    _, kept = await asked(model, plan_of(*reviews), concurrency)
    assert model.most_waiting == concurrency
    assert Counter(answer.review_id for answer in kept) == {review.id: 4 for review in reviews}


async def test_closing_cancels_the_requests_under_way_and_keeps_what_is_done() -> None:
    reviews = [
        Review(f"r{n}", "ann", "b1", f"This is my honest review number {n}.") for n in range(9)
    ]
    model = Slow([NOTHING] * 2, silent_from=2)
    kept: list[Judgement] = []
    async with aclosing(answers_by_chat(model, plan_of(*reviews), COST, 3, kept.append)) as events:
        async for event in events:
            if isinstance(event, Step) and event.done == 2:
                assert model.waiting > 0
                break
    assert model.waiting == 0
    assert [answer.review_id for answer in kept] == ["r0"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It was a good book, and long.", 7),  # 29 / 4
        ("我觉得这本小说很有意思。", 9),  # 12 * 3 / 4
        ("この小説はとてもよかった。", 9),  # 13 * 3 / 4
        ("이 소설은 정말 좋았다.", 7),  # 9 * 3 / 4 + 4 / 4: three spaces and a full stop
        ("小说 Emma 很好", 4),  # 4 * 3 / 4 + 6 / 4
    ],
)
async def test_the_tokens_of_a_servers_prompt_are_estimated_by_its_script(
    data_dir: Path, text: str, tokens: int
) -> None:
    async with judge("endpoint:http://127.0.0.1:9/v1#m", data_dir) as who:
        assert await who.count_tokens([Message("user", text)]) == tokens
        assert not who.counts_exactly
