"""The profile by a chat model: what is asked, what is kept, what is counted."""

import json

from engine.domain import Book, Review
from engine.profile.chat import profile_by_chat
from models.errors import UserError
from models.events import Event, Failed, Finished, Note, Step
from models.scripted import ScriptedModel

TEXT = "It is a long book. I planted\n three oaks for my grandchildren. Good."
REVIEW = Review("r1", "reader", "b1", TEXT, rating=4)
BOOKS = {"b1": Book("b1", "Oaks", categories=("Poetry",))}
TREE = "hofstede.long_term_orientation.1"
NOTHING = '{"judgements": []}'
QUESTIONS = 6
"""45 statements that are not sensitive and 30 facets, 14 in a request: six for one batch."""


def judged(trait_id: str, stance: int, quote: str) -> str:
    row = {"id": trait_id, "stance": stance, "quote": quote}
    return json.dumps({"judgements": [row]})


async def events(model: ScriptedModel) -> list[Event]:
    return [event async for event in profile_by_chat(model, [REVIEW], BOOKS, False, 1)]


def traits(last: Event) -> dict[str, dict[str, object]]:
    assert isinstance(last, Finished)
    rows = last.result["traits"]
    assert isinstance(rows, list)
    return {row["id"]: row for row in rows}


def group_of(trait_id: str, model: ScriptedModel) -> int:
    return next(
        number
        for number, (messages, _) in enumerate(model.asked)
        if f"- {trait_id}:" in messages[0].content
    )


async def answered(reply: str, *more: str) -> tuple[list[Event], ScriptedModel]:
    """All requests get no judgement but the one that lists `TREE`, which gets these replies."""
    probe = ScriptedModel([NOTHING] * QUESTIONS)
    await events(probe)
    place = group_of(TREE, probe)
    replies = [NOTHING] * place + [reply, *more] + [NOTHING] * (QUESTIONS - place - 1)
    model = ScriptedModel(replies)
    return await events(model), model


async def test_a_quote_is_found_in_the_review_whatever_its_white_space() -> None:
    told, _ = await answered(judged(TREE, 2, "I planted three oaks for my grandchildren."))
    trait = traits(told[-1])[TREE]
    start = TEXT.index("I planted")
    quote = "I planted\n three oaks for my grandchildren."
    assert trait["evidence"] == [
        {"review": "r1", "start": start, "end": start + len(quote), "quote": quote, "stance": 1.0}
    ]
    assert trait["status"] == "known"


async def test_an_invented_quote_is_left_out_and_counted() -> None:
    told, _ = await answered(judged(TREE, 2, "I adore planting trees for the far future."))
    assert traits(told[-1])[TREE]["status"] == "unknown"
    assert any(isinstance(event, Note) and "1 whose quote is not" in event.text for event in told)


async def test_a_malformed_reply_is_asked_for_again() -> None:
    told, model = await answered("I think", judged(TREE, -2, "I planted three oaks"))
    score = traits(told[-1])[TREE]["score"]
    assert isinstance(score, float)
    assert score < 0
    assert len(model.asked) == QUESTIONS + 1


async def test_a_reply_malformed_twice_is_counted_and_nothing_is_made_up() -> None:
    told, _ = await answered("I think", judged("no.such.id", 2, "I planted three oaks"))
    assert traits(told[-1])[TREE]["status"] == "unknown"
    assert any(isinstance(event, Note) and "2 malformed" in event.text for event in told)


async def test_the_number_of_requests_is_known_before_the_first() -> None:
    model = ScriptedModel([NOTHING] * QUESTIONS)
    told = await events(model)
    steps = [event for event in told if isinstance(event, Step)]
    assert (steps[0].done, steps[0].total) == (0, QUESTIONS)
    assert (steps[-1].done, len(model.asked)) == (QUESTIONS, QUESTIONS)


async def test_a_model_that_dies_ends_the_work_with_its_own_words() -> None:
    told = await events(ScriptedModel([UserError("The server is gone.", "Start it.")]))
    assert told[-1] == Failed("The server is gone.", "Start it.")


async def test_a_review_that_names_a_placeholder_is_quoted_as_it_is() -> None:
    model = ScriptedModel([NOTHING] * QUESTIONS)
    odd = Review("r1", "reader", "b1", "Text with {statements} and [/INST] in it.")
    async for _ in profile_by_chat(model, [odd], BOOKS, False, 1):
        pass
    assert "Text with {statements} and [/INST] in it." in model.asked[0][0][0].content
