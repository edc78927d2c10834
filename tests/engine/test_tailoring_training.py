"""A tailoring in its real child: on a random model of two layers with a real tokenizer."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import torch

from engine import jobs, preflight, runs
from engine.prompts import for_persona
from engine.store import datasets, personas
from engine.store.database import change, opened
from engine.tailoring.sets import is_held_out, subject_of
from engine.train.chat_template import ChatTemplate, rendered
from engine.train.config import config_for
from engine.train.look import OPPOSED
from engine.train.samples import REPEAT_PENALTY, SAMPLE_TOKENS, write_greedily
from models.events import Finished, Item, JsonObject, Note
from models.library import resolve_base
from models.torch_base import load_base
from tests.engine.tailoring_rows import DATASET, LONG, SHORT, example, fill, personas_of

QUICK: dict[str, object] = {"learning_rate": 5e-3, "epochs": 12, "batch_size": 4}


async def trained(data_dir: Path, base: Path, **changes: object) -> tuple[JsonObject, list[str]]:
    """What a run on the dataset came to, and what it told."""
    run = runs.start_training(
        data_dir, [subject_of(DATASET)], str(base), "persona-quick", QUICK | changes
    )
    events = [event async for event in jobs.follow(runs.run_dir(data_dir, run.id))]
    last = events[-1]
    assert isinstance(last, Finished), last
    return last.result, [event.text for event in events if isinstance(event, Note)]


async def test_a_model_learns_to_answer_as_the_persona_wants(
    data_dir: Path, tiny_base: Path
) -> None:
    """The same two answers in every pair: only the persona tells which is the better.

    Beside the base without a persona, the answer that the persona wants has gained in all held-out
    pairs, and in none under the opposed persona.
    """
    fill(data_dir, 24, passed=None)
    result, notes = await trained(data_dir, tiny_base, unchecked_personas=True)
    assert result["mirrored"] == result["pairs"]
    held_out = result["held_out"]
    assert isinstance(held_out, dict)
    assert (held_out["turned"], held_out["tuned"], held_out["opposite"]) == (1.0, 1.0, 0.0)
    assert result["told_by"] == "persona"
    assert "Personas that were not checked are taken too." in notes


async def test_a_held_out_prompt_is_answered_for_both_at_each_checkpoint(
    data_dir: Path, tiny_base: Path
) -> None:
    examples = {one.id: one for one in fill(data_dir)}
    changes = QUICK | {"epochs": 1, "personas": "both", "checkpoint_every": 1}
    run = runs.start_training(
        data_dir, [subject_of(DATASET)], str(tiny_base), "persona-quick", changes
    )
    directory = runs.run_dir(data_dir, run.id)
    events = [event async for event in jobs.follow(directory)]
    assert isinstance(events[-1], Finished), events[-1]
    samples = [event.value for event in events if isinstance(event, Item)]
    assert [one["step"] for one in samples] == [*range(len(samples))]
    assert len(samples) > 2
    about = examples[str(samples[0]["book"]).partition("/")[0]]
    assert samples[0]["title"] == about.prompt
    assert is_held_out(about.prompt)

    base, tokenizer = load_base(resolve_base(str(tiny_base)), data_dir / "cache", torch.bfloat16)
    template = ChatTemplate(tokenizer)
    for persona, told in zip((SHORT, LONG), str(samples[0]["text"]).split(OPPOSED), strict=True):
        asked = [vars(one) for one in for_persona(about.prompt, persona, takes=template.takes)]
        prompt = rendered(tokenizer, asked, generation_prompt=True)
        ids = write_greedily(base, tokenizer, prompt, SAMPLE_TOKENS, REPEAT_PENALTY, Flag())
        # In bfloat16 rounding may make two texts of one model part, but late.
        assert str(tokenizer.decode(ids)).strip()[:20] == told.strip()[:20]


async def test_fine_tuning_then_dpo_on_the_chosen_personas(data_dir: Path, tiny_base: Path) -> None:
    fill(data_dir)
    result, _ = await trained(
        data_dir, tiny_base, personas="chosen", method="sft-dpo", epochs=2, sft_epochs=2
    )
    assert result["mirrored"] == 0
    verdict = result["verdict"]
    assert isinstance(verdict, dict)
    assert "opposite reader" not in str(verdict["says"])


async def test_a_pair_over_the_length_is_left_out_and_listed(
    data_dir: Path, tiny_base: Path
) -> None:
    trained_on = next(one for one in fill(data_dir) if not is_held_out(one.prompt))
    longer = replace(trained_on, id="long", chosen="chair " * 200)
    with opened(data_dir) as db, change(db, "Import preferences"):
        datasets.save(db, [longer])
        personas.add_personas(db, personas_of([longer], passed=None))
    result, notes = await trained(
        data_dir, tiny_base, personas="none", unchecked_personas=True, epochs=1, max_length=150
    )
    assert result["too_long"] == ["long/chosen"]
    assert "1 pairs are longer than 150 tokens and are left out: long/chosen." in notes


async def test_dialogues_are_trained_on_as_turns_with_trls_own_tokens(
    data_dir: Path, tiny_base: Path
) -> None:
    """The run compares TRL's tokens with those that were checked, and ends where they differ."""
    talks = [
        replace(one, prompt=f"{begins}Human: {one.prompt}\n\nAssistant: Of what?\n\nHuman: Rivers.")
        for one in (example(number) for number in range(16))
        for begins in ("" if int(one.id[1:]) % 2 else "System: Be brief.\n\n",)
    ]
    with opened(data_dir) as db, change(db, "Import preferences"):
        datasets.save(db, talks)
        personas.add_personas(db, personas_of(talks, passed=None))
    result, notes = await trained(data_dir, tiny_base, unchecked_personas=True, epochs=6)
    held_out = result["held_out"]
    assert isinstance(held_out, dict)
    assert held_out["turned"] == 1.0
    assert not any("one turn" in note for note in notes)


def test_what_a_tailoring_needs_is_reckoned_without_a_reader(data_dir: Path) -> None:
    fill(data_dir)
    config = config_for("persona-quick", "embedded", {})
    found = preflight.check(data_dir, [subject_of(DATASET)], config)
    assert found is not None
    assert found.forecast.work.pairs > 0
    assert found.forecast.work.steps > 0


def test_a_run_of_a_dataset_names_it(data_dir: Path, tiny_base: Path) -> None:
    fill(data_dir)
    run = runs.start_training(data_dir, [subject_of(DATASET)], str(tiny_base), "persona-quick")
    directory = runs.run_dir(data_dir, run.id)
    runs.stop(data_dir, run.id)
    assert run.subject == subject_of(DATASET)
    assert json.loads(directory.job.read_text())["reader_ids"] == [subject_of(DATASET)]
