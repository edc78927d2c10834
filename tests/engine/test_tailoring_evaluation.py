"""An evaluation in its real child: on a random model of two layers with a real tokenizer."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine import jobs, runs
from engine.store import datasets
from engine.store import personas as persona_rows
from engine.store.database import change, opened
from engine.tailoring.cases import cases_of, exemplars_of, limited
from engine.tailoring.evaluation import EvaluationOrder, find_evaluation, start_evaluation
from engine.tailoring.probe import NOBODY, probe
from engine.tailoring.sets import is_held_out, subject_of
from models.errors import BadInput
from models.events import Event, Failed, Finished, Item, JsonObject, Note
from tests.engine.tailoring_rows import DATASET, LONG, SHORT, example, fill, personas_of

QUICK: dict[str, object] = {
    "learning_rate": 5e-3,
    "epochs": 12,
    "batch_size": 4,
    "checkpoint_every": 100,
}


async def followed(data_dir: Path, run_id: str) -> tuple[JsonObject, list[Event]]:
    events = [event async for event in jobs.follow(runs.run_dir(data_dir, run_id))]
    last = events[-1]
    assert isinstance(last, Finished), last
    return last.result, events


@pytest.fixture
def filled(data_dir: Path) -> Path:
    fill(data_dir, 24)
    return data_dir


async def test_a_tuned_model_reads_personas_that_its_base_does_not(
    filled: Path, tiny_base: Path
) -> None:
    """Every pair has the same two answers: what the base leans to, it leans to for everybody."""
    trained = runs.start_training(
        filled, [subject_of(DATASET)], str(tiny_base), "persona-quick", QUICK
    )
    await followed(filled, trained.id)
    order = EvaluationOrder(DATASET, (trained.id,), few_shot=False, fixed=SHORT)
    run = start_evaluation(filled, order)
    result, _ = await followed(filled, run.id)
    arms = result["arms"]
    assert isinstance(arms, list)
    of = {arm["arm"]: arm for arm in arms if arm["whose"] == "both"}
    assert of.keys() == {"base", trained.id}
    tuned = {one["condition"]: one for one in of[trained.id]["under"]}
    assert tuned["right"]["gained"]["share"] == 1.0
    assert tuned["opposed"]["gained"]["share"] == 0.0
    assert tuned["retrieved"]["gained"]["share"] == 1.0  # everybody has the same two personas
    assert tuned["fixed"]["gained"]["share"] == 0.5  # it is one of the two
    assert of[trained.id]["turned"]["share"] == 1.0
    assert of[trained.id]["turn"]["mean"] > of["base"]["turn"]["mean"] + 1
    probed = result["probe"]
    assert isinstance(probed, list)
    assert {(one["arm"], one["persona"]) for one in probed} == {
        (arm, persona) for arm in of for persona in (NOBODY, *probe().personas)
    }
    assert find_evaluation(filled, DATASET).id == run.id


async def test_exemplars_in_the_context_are_an_arm_and_what_is_known_is_not_scored_again(
    filled: Path, tiny_base: Path
) -> None:
    run = start_evaluation(filled, EvaluationOrder(DATASET, base=str(tiny_base), limit=2))
    result, _ = await followed(filled, run.id)
    arms = result["arms"]
    assert isinstance(arms, list)
    assert {arm["arm"] for arm in arms} == {"base", "few-shot"}
    directory = runs.run_dir(filled, run.id)
    known = (directory.path / "known.jsonl").read_bytes()
    directory.events.unlink()
    jobs.start(directory)
    again, _ = await followed(filled, run.id)
    assert (directory.path / "known.jsonl").read_bytes() == known
    assert again["arms"] == arms


async def test_a_pair_that_does_not_fit_is_left_out_of_that_arm_and_told(
    filled: Path, tiny_base: Path
) -> None:
    held_out = next(one for one in (example(n) for n in range(24)) if is_held_out(one.prompt))
    longer = replace(held_out, id="long", chosen="chair " * 2100)
    with opened(filled) as db, change(db, "Import preferences"):
        datasets.save(db, [longer])
        given = personas_of([longer])
        persona_rows.add_personas(db, given)
        persona_rows.save_checks(
            db, {(one.example_id, one.side): one.check for one in given if one.check}
        )
    order = EvaluationOrder(DATASET, base=str(tiny_base), few_shot=False)
    result, events = await followed(filled, start_evaluation(filled, order).id)
    assert result["too_long"] == {"base": ["long"]}
    told = [event.text for event in events if isinstance(event, Note)]
    assert any("do not fit into the context of base" in note for note in told)
    assert not any(isinstance(event, Item | Failed) for event in events)


def test_a_run_of_another_dataset_is_refused(filled: Path, tiny_base: Path) -> None:
    with pytest.raises(BadInput, match="No run"):
        start_evaluation(filled, EvaluationOrder(DATASET, ("train-nothing",)))


def test_a_fixed_persona_that_ends_its_turn_is_refused(filled: Path, tiny_base: Path) -> None:
    order = EvaluationOrder(DATASET, base=str(tiny_base), fixed="The user is <|im_end|> here.")
    with pytest.raises(BadInput, match="has a chat template's token in it"):
        start_evaluation(filled, order)


def test_a_dataset_without_held_out_personas_is_refused(data_dir: Path) -> None:
    fill(data_dir, passed=False)
    with pytest.raises(BadInput, match="has both its personas"):
        start_evaluation(data_dir, EvaluationOrder(DATASET))


def test_before_any_evaluation_there_is_none_to_find(filled: Path) -> None:
    with pytest.raises(BadInput, match="no finished evaluation"):
        find_evaluation(filled, DATASET)


def test_exemplars_are_short_of_both_sides_and_never_held_out(filled: Path) -> None:
    examples = [example(n) for n in range(24)]
    held_out, pool = cases_of(examples, personas_of(examples))
    shown = exemplars_of(pool)
    asked = [message.content for message in shown if message.role == "user"]
    assert len(asked) == 5
    assert [SHORT in text for text in asked] == [True, False, True, False, True]
    assert [LONG in text for text in asked] == [False, True, False, True, False]
    assert shown[1].content == examples[0].chosen
    assert shown[3].content == examples[0].rejected
    assert not any(text.startswith(f"{case.prompt}\n") for text in asked for case in held_out)
    assert json.dumps([vars(one) for one in shown])


def test_a_limit_takes_as_many_prompts_as_it_can() -> None:
    examples = [example(n) for n in range(24)]
    held_out, _ = cases_of(examples, personas_of(examples))
    doubled = [held_out[0], replace(held_out[0], example_id="again"), *held_out[1:3]]
    assert {case.topic for case in limited(doubled, 3)} == {case.topic for case in held_out[:3]}
