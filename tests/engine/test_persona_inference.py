"""Personas inferred and checked by a model behind a real server: roles swapped, going on, kept."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from engine import desk
from engine.personas.check import CheckWish, check_cost, checked
from engine.personas.domain import Persona
from engine.personas.held_out import held_out
from engine.personas.infer import Wish, inference_cost, inferred
from engine.personas.map import map_path
from engine.store import personas as persona_rows
from engine.store.authors import come_by
from engine.store.database import change, opened
from models.errors import BadInput
from models.events import Event, Failed, Finished, JsonObject, Note
from tests.engine.persona_rows import a_persona, examples, fill_dataset
from tests.persona_model import PLAIN, THOROUGH, Guesser, guessing


async def all_of(events: AsyncGenerator[Event, None]) -> list[Event]:
    return [event async for event in events]


async def result_of(events: AsyncGenerator[Event, None]) -> JsonObject:
    last = (await all_of(events))[-1]
    assert isinstance(last, Finished), last
    return last.result


def at(result: JsonObject, *path: str) -> object:
    found: object = result
    for name in path:
        assert isinstance(found, dict)
        found = found[name]
    return found


def stored(data_dir: Path) -> list[Persona]:
    with opened(data_dir) as db:
        return persona_rows.personas_of(db, "letters")


async def test_each_pair_is_asked_twice_with_the_roles_swapped(data_dir: Path) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        result = await result_of(inferred(data_dir, Wish("letters", model.provider)))
    assert [one.text for one in stored(data_dir)] == [PLAIN, THOROUGH] * 2
    assert (result["asked"], result["personas"], result["failed"]) == (4, 4, 0)
    assert at(result, "spent", "calls") == 4
    # Each server's reply says that it read 100 tokens and wrote 7.
    assert at(result, "spent", "prompt_tokens") == 400
    first, second = sorted(model.asked)[:2]
    assert first.partition("Preferred answer:")[0] == second.partition("Preferred answer:")[0]


async def test_a_broken_rule_is_told_once_and_the_second_reply_counts(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    short = json.dumps({"difference": "d", "persona": "The user is nice and prefers glue."})
    with guessing(Guesser(replies=[short])) as model:
        wish = Wish("letters", f"{model.provider}", limit=1)
        result = await result_of(inferred(data_dir, wish))
    assert len(model.asked) == 3
    assert sum("It has 7 words, where 15 to 35 are asked for." in one for one in model.asked) == 1
    assert (result["failed"], at(result, "spent", "malformed")) == (0, 1)


async def test_two_broken_replies_are_shown_as_they_came(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    short = json.dumps({"difference": "d", "persona": "The user is nice and prefers glue."})
    with guessing(Guesser(replies=[short] * 4)) as model:
        result = await result_of(inferred(data_dir, Wish("letters", model.provider)))
    assert [(one.state, one.raw) for one in stored(data_dir)] == [("failed", short)] * 2
    assert result["reasons"] == {"It has 7 words, where 15 to 35 are asked for.": 2}


async def test_a_refused_call_keeps_what_was_answered_and_the_next_goes_on(
    data_dir: Path,
) -> None:
    fill_dataset(data_dir, 3)
    with guessing(Guesser(refuses_from=4)) as model:
        events = await all_of(inferred(data_dir, Wish("letters", model.provider)))
        assert isinstance(events[-1], Failed)
        assert "of 6 answers are there and kept" in events[-1].message
        assert len(stored(data_dir)) == 4
        model.refuses_from = None
        before = len(model.asked)
        result = await result_of(inferred(data_dir, Wish("letters", model.provider)))
    assert len(model.asked) - before == result["asked"] == 2
    assert len(stored(data_dir)) == 6


async def test_a_prompt_that_the_server_filters_stops_no_other(data_dir: Path) -> None:
    fill_dataset(data_dir, 3)
    filtered = examples(3)[0]
    with guessing(Guesser(filters=filtered.prompt)) as model:
        result = await result_of(inferred(data_dir, Wish("letters", model.provider)))
        again = await result_of(inferred(data_dir, Wish("letters", model.provider)))
    assert (result["personas"], result["failed"], again["asked"]) == (4, 2, 0)
    failed = [one for one in stored(data_dir) if one.state == "failed"]
    assert {one.example_id for one in failed} == {filtered.id}
    assert all("refused with status 400: The content filter" in one.raw for one in failed)


async def test_a_persona_whose_check_the_server_filters_stays_unchecked(data_dir: Path) -> None:
    """With the answer `Glue …` first the server refuses; asked again it is with `fresh` alone."""
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        model.filters = "Answer 1:\nGlue the joint of chair 0"
        before = len(model.asked)
        wish = CheckWish("letters", model.provider)
        result = await result_of(checked(data_dir, wish))
        assert (result["turned_away"], len(model.asked) - before) == (2, 8)
        assert [one.state for one in stored(data_dir)] == ["unchecked"] * 2 + ["passed"] * 2
        assert at(result, "both", "accuracy", "cases") == 2
        model.filters = ""
        again = await result_of(checked(data_dir, wish))
        assert (again["turned_away"], again["asked"]) == (2, 0)
        fresh = await result_of(checked(data_dir, CheckWish("letters", model.provider, fresh=True)))
        assert (fresh["turned_away"], fresh["asked"]) == (0, 8)
    assert {one.state for one in stored(data_dir)} == {"passed"}


async def test_a_comparison_that_the_server_filters_is_left_out(data_dir: Path) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        model.filters = "chair number 0?\n\nTwo guesses"
        wish = CheckWish("letters", model.provider, compares=True)
        result = await result_of(checked(data_dir, wish))
    assert result["preference"] == {"chosen": 1, "rejected": 0, "ties": 0, "gap": 1.0}
    assert result["turned_away"] == 0


async def test_a_server_that_refuses_everything_ends_the_work(data_dir: Path) -> None:
    """Four are under way at once: as the third is refused, two more may have been asked."""
    fill_dataset(data_dir, 9)
    with guessing(Guesser(filters="Preferred answer:")) as model:
        events = await all_of(inferred(data_dir, Wish("letters", model.provider)))
    assert isinstance(events[-1], Failed)
    assert "refused with status 400" in events[-1].message
    assert len(model.asked) <= 6
    assert stored(data_dir) == []


async def test_asking_again_asks_nothing_and_changes_nothing(data_dir: Path) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        mark = desk.newest_change(data_dir)
        result = await result_of(inferred(data_dir, Wish("letters", model.provider)))
        assert result["asked"] == 0
        assert desk.newest_change(data_dir) == mark
        cost = await inference_cost(data_dir, Wish("letters", model.provider, fresh=True))
        assert cost.calls == 4


async def test_what_the_editor_wrote_is_never_inferred_over(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    own = Persona(**{**vars(a_persona("l00", text=THOROUGH)), "origin": "edited"})
    with opened(data_dir) as db, change(db, "Edit a persona"):
        persona_rows.add_personas(db, [own])
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider, fresh=True)))
    assert [one.origin for one in stored(data_dir)] == ["edited", "inferred"]


async def test_undo_takes_all_of_an_inference_back_and_its_answers_are_kept(
    data_dir: Path,
) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        undone = desk.undo(data_dir)
        assert undone is not None
        assert undone.title == "Infer personas"
        assert stored(data_dir) == []
        result = await result_of(inferred(data_dir, Wish("letters", model.provider)))
    assert (result["asked"], len(stored(data_dir)), len(model.asked)) == (0, 4, 4)


async def test_a_judge_that_believes_the_persona_passes_it_in_both_orders(
    data_dir: Path,
) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        wish = CheckWish("letters", model.provider, compares=True)
        assert (await check_cost(data_dir, wish)).calls == 2 * 2 * 2 + 2 * 2
        result = await result_of(checked(data_dir, wish))
    assert {one.state for one in stored(data_dir)} == {"passed"}
    assert (at(result, "both", "accuracy", "hits"), at(result, "both", "accuracy", "cases")) == (
        4,
        4,
    )
    assert result["first_share"] == 0.5
    assert result["gap"] == 0.0
    # This judge always takes the plain persona, which is that of the chosen answer.
    assert result["preference"] == {"chosen": 2, "rejected": 0, "ties": 0, "gap": 1.0}


async def test_both_personas_of_a_pair_are_checked_on_the_same_beginning(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        before = len(model.asked)
        (data_dir / "endpoints.toml").write_text(
            f'[endpoints.it]\nbase_url = "{model.base_url}"\nmodel = "m"\nconcurrency = 1\n'
        )
        await result_of(checked(data_dir, CheckWish("letters", "endpoint:it")))
    beginnings = [one.partition("This is who asked:")[0] for one in model.asked[before:]]
    assert beginnings[0] == beginnings[1] != beginnings[2] == beginnings[3]


async def test_a_judge_that_goes_by_the_place_passes_nothing(data_dir: Path) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        model.by_place = True
        wish = CheckWish("letters", model.provider, compares=True)
        result = await result_of(checked(data_dir, wish))
    assert {one.state for one in stored(data_dir)} == {"refuted"}
    assert at(result, "both", "either_order", "share") == 0.5
    assert result["first_share"] == 1.0
    assert at(result, "preference", "ties") == 2


async def test_another_judge_leaves_checked_personas_alone_until_told(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        await result_of(checked(data_dir, CheckWish("letters", model.provider)))
        model.model, model.by_place = "other", True
        result = await result_of(checked(data_dir, CheckWish("letters", model.provider)))
        assert result["asked"] == 0
        fresh = CheckWish("letters", model.provider, fresh=True)
        assert (await result_of(checked(data_dir, fresh)))["asked"] == 4
    assert {one.state for one in stored(data_dir)} == {"refuted"}


async def test_a_check_that_is_refused_half_way_stores_whole_checks_only(data_dir: Path) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        model.refuses_from = len(model.asked) + 4
        events = await all_of(checked(data_dir, CheckWish("letters", model.provider)))
        assert isinstance(events[-1], Failed)
        half = [one for one in stored(data_dir) if one.passed is not None]
        assert len(half) < 4
        model.refuses_from = None
        await result_of(checked(data_dir, CheckWish("letters", model.provider)))
    assert {one.state for one in stored(data_dir)} == {"passed"}


async def test_two_are_never_at_work_on_one_datasets_personas(data_dir: Path) -> None:
    """The first is a window, which has asked nothing yet; the second is told before it asks."""
    fill_dataset(data_dir, 1)
    fill_dataset(data_dir, 1, "notes")

    async def begin(work: AsyncGenerator[Event, None]) -> None:
        come_by("window")
        await anext(work)

    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        before = len(model.asked)
        first = checked(data_dir, CheckWish("letters", model.provider))
        await asyncio.create_task(begin(first))
        told = "'letters' are being checked in a window, since ..:.. UTC.*stop it there"
        for second in (
            inferred(data_dir, Wish("letters", model.provider, fresh=True)),
            checked(data_dir, CheckWish("letters", model.provider)),
            held_out(data_dir, "letters", "embedded", 2),
        ):
            with pytest.raises(BadInput, match=told):
                await anext(second)
        assert len(model.asked) == before
        await result_of(inferred(data_dir, Wish("notes", model.provider)))
        await first.aclose()
        await result_of(checked(data_dir, CheckWish("letters", model.provider)))
    assert (
        map_path(data_dir, "letters", "work").with_suffix(".lock").stat().st_mode & 0o777 == 0o600
    )


async def test_a_judge_that_inferred_the_personas_is_named_as_such(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        events = await all_of(checked(data_dir, CheckWish("letters", model.provider)))
    assert any(
        isinstance(one, Note) and "inferred these personas itself" in one.text for one in events
    )


async def test_what_is_over_the_context_is_left_out_and_told(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    with guessing(Guesser()) as model:
        (data_dir / "endpoints.toml").write_text(
            f'[endpoints.small]\nbase_url = "{model.base_url}"\nmodel = "m"\ncontext = 900\n'
        )
        result = await result_of(inferred(data_dir, Wish("letters", "endpoint:small")))
    assert (result["too_long"], result["asked"], model.asked) == (2, 0, [])


async def test_nothing_to_check_says_what_to_do(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    with guessing(Guesser()) as model:
        with pytest.raises(BadInput, match="has no personas to check"):
            await all_of(checked(data_dir, CheckWish("letters", model.provider)))
        with pytest.raises(BadInput, match="no dataset 'other'"):
            await all_of(inferred(data_dir, Wish("other", model.provider)))


async def test_a_reply_with_what_no_store_takes_is_made_harmless(data_dir: Path) -> None:
    """Half of a surrogate pair and a terminal's escape code, in a persona and beside the JSON."""
    fill_dataset(data_dir, 1)
    odd = PLAIN.replace("tour", "\ud800 tour\x1b[2J").replace("plain", "\nplain")
    reply = json.dumps({"difference": "d", "persona": odd})
    with guessing(Guesser(replies=[reply, "\ud83d", "\ud83d"])) as model:
        (data_dir / "endpoints.toml").write_text(
            f'[endpoints.it]\nbase_url = "{model.base_url}"\nmodel = "m"\nconcurrency = 1\n'
        )
        await result_of(inferred(data_dir, Wish("letters", "endpoint:it")))
    chosen, rejected = stored(data_dir)
    assert chosen.text == PLAIN.replace("tour", "\ufffd tour[2J")
    assert (rejected.state, rejected.raw) == ("failed", "\ufffd")


async def test_asking_afresh_and_being_refused_changes_only_what_was_answered(
    data_dir: Path,
) -> None:
    fill_dataset(data_dir, 2)
    with guessing(Guesser()) as model:
        await result_of(inferred(data_dir, Wish("letters", model.provider)))
        await result_of(checked(data_dir, CheckWish("letters", model.provider)))
        model.model, model.by_place = "other", True
        await result_of(inferred(data_dir, Wish("letters", model.provider, fresh=True)))
        await result_of(checked(data_dir, CheckWish("letters", model.provider, fresh=True)))
        before = stored(data_dir)
        # What the first model said once is kept, and is no answer to what it is asked afresh.
        model.model, model.refuses_from = "m", 0
        for events in (
            inferred(data_dir, Wish("letters", model.provider, fresh=True)),
            checked(data_dir, CheckWish("letters", model.provider, fresh=True)),
        ):
            failed = (await all_of(events))[-1]
            assert isinstance(failed, Failed)
            assert "asks everything again" in failed.hint
    assert stored(data_dir) == before
