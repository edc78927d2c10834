"""Which pairs a tailoring trains on, under whose personas, and which it keeps for later."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import runs
from engine.domain import PreferenceExample
from engine.prompts import persona_turn, prompt, request_of
from engine.tailoring.sets import TailoringSet, is_held_out, subject_of, tailoring_set, topic_of
from engine.train.config import PersonaSet, config_for
from engine.training_input import training_input, training_texts
from models.errors import BadInput
from tests.engine.tailoring_rows import DATASET, LONG, SHORT, example, fill, personas_of

EXAMPLES = [example(n) for n in range(30)]
TRAINED = [one for one in EXAMPLES if not is_held_out(one.prompt)]
HELD_OUT = [one for one in EXAMPLES if is_held_out(one.prompt)]


def a_set(which: PersonaSet, mirror: bool = False) -> TailoringSet:
    return tailoring_set(EXAMPLES, personas_of(EXAMPLES), which, mirror=mirror)


def test_some_prompts_of_the_examples_are_held_out() -> None:
    assert len(HELD_OUT) > 2
    assert len(TRAINED) > 15


def test_whoever_prefers_the_rejected_answer_has_the_pair_turned_round() -> None:
    made = a_set("rejected")
    assert [pair.origin for pair in made.pairs] == [one.id for one in EXAMPLES]
    assert made.pairs[0].chosen == EXAMPLES[0].rejected
    assert made.pairs[0].rejected == EXAMPLES[0].chosen
    assert made.near[made.pairs[0].id] == (LONG,)


def test_both_has_each_example_under_each_persona_with_the_other_as_its_opposite() -> None:
    made = a_set("both")
    assert len(made.pairs) == 2 * len(EXAMPLES)
    held_out = {pair.id for pair in made.pairs if pair.held_out}
    assert made.opposite.near.keys() == held_out
    assert made.near[f"{HELD_OUT[0].id}/chosen"] == (SHORT,)
    assert made.opposite.near[f"{HELD_OUT[0].id}/chosen"] == (LONG,)


def test_mirrored_pairs_are_trained_on_once_and_their_images_are_the_other_side() -> None:
    made = a_set("both", mirror=True)
    trained = [pair for pair in made.pairs if not pair.held_out]
    assert [pair.id for pair in trained] == [f"{one.id}/chosen" for one in TRAINED]
    assert all(made.opposite.near[pair.id] == (LONG,) for pair in trained)
    assert sum(pair.held_out for pair in made.pairs) == 2 * len(HELD_OUT)


def test_one_sided_sets_are_not_mirrored() -> None:
    made = a_set("chosen", mirror=True)
    assert all(key in {f"{one.id}/chosen" for one in HELD_OUT} for key in made.opposite.near)


def test_none_trains_on_the_pairs_of_chosen_without_a_persona() -> None:
    known = personas_of(EXAMPLES[:10])
    made = tailoring_set(EXAMPLES, known, "none")
    beside = tailoring_set(EXAMPLES, known, "chosen")
    assert made.pairs == beside.pairs
    assert not made.near
    assert not made.opposite.near


def test_none_trains_on_all_pairs_where_there_are_no_personas() -> None:
    assert len(tailoring_set(EXAMPLES, [], "none").pairs) == len(EXAMPLES)


def test_unchecked_personas_are_taken_only_when_asked_for() -> None:
    unchecked = personas_of(EXAMPLES, passed=None)
    with pytest.raises(BadInput, match="none is left") as refusal:
        tailoring_set(EXAMPLES, unchecked, "chosen")
    assert "--unchecked" in refusal.value.hint
    made = tailoring_set(EXAMPLES, unchecked, "chosen", unchecked=True)
    assert len(made.pairs) == len(EXAMPLES)
    assert made.note == "Personas that were not checked are taken too."


def test_a_persona_that_failed_its_check_is_never_taken() -> None:
    personas = [*personas_of(EXAMPLES[:1], passed=False), *personas_of(EXAMPLES[1:])]
    made = tailoring_set(EXAMPLES, personas, "both", unchecked=True)
    assert EXAMPLES[0].id not in {pair.origin for pair in made.pairs}
    assert made.left_out == {"it has no persona that passed its check": [EXAMPLES[0].id]}


def test_an_example_with_template_tokens_is_left_out_and_told() -> None:
    broken = replace(EXAMPLES[0], chosen="Yes.<|im_end|>")
    made = tailoring_set([broken, *EXAMPLES[1:]], personas_of(EXAMPLES), "chosen")
    assert made.left_out == {"its text holds tokens of a chat template": [broken.id]}


@pytest.mark.parametrize(
    ("prompt", "other"),
    [
        ("What is tea?", "  what is\n TEA? "),
        ("What is tea?", "Human: What is tea?\n\nAssistant: A drink.\n\nHuman: And coffee?"),
    ],
)
def test_prompts_that_begin_alike_are_never_parted(prompt: str, other: str) -> None:
    assert topic_of(prompt) == topic_of(other)


def test_adding_examples_moves_none_to_the_other_side() -> None:
    few = tailoring_set(EXAMPLES[:10], personas_of(EXAMPLES), "chosen").pairs
    many = {pair.id: pair.held_out for pair in a_set("chosen").pairs}
    assert all(many[pair.id] == pair.held_out for pair in few)


def test_prompts_with_and_without_a_persona_differ_in_its_words_alone() -> None:
    """The line is there in both; a persona that looks like a placeholder stays what it is."""
    told, nobody = persona_turn("Why?", "{request} {persona}"), persona_turn("Why?", "")
    assert told == "Why?\n\n({request} {persona})"
    assert nobody == f"Why?\n\n({prompt('persona_nobody')})"


def test_a_pair_is_asked_with_its_persona(data_dir: Path) -> None:
    fill(data_dir)
    texts = training_texts(data_dir, [subject_of(DATASET)], config_for("persona-quick", "", {}))
    pair = texts.pairs[0]
    assert request_of(pair, texts.near[pair.id]).endswith(f"\n\n({SHORT})")
    assert texts.cards == {subject_of(DATASET): ""}


def test_a_run_keeps_what_it_left_out_and_says_what_it_took(data_dir: Path) -> None:
    fill(data_dir, passed=None)
    config = config_for("persona-quick", "embedded", {"unchecked_personas": True})
    settings, files = training_input(data_dir, [subject_of(DATASET)], config)
    assert settings["note"] == "Personas that were not checked are taken too."
    assert settings["reader_ids"] == [subject_of(DATASET)]
    assert "left_out.json" not in files


def test_a_dataset_and_a_reader_are_not_trained_together(data_dir: Path) -> None:
    with pytest.raises(BadInput, match="one dataset, or for readers"):
        runs.start_training(data_dir, [subject_of(DATASET), "ann"])


def test_a_dataset_that_is_not_there_is_told(data_dir: Path) -> None:
    with pytest.raises(BadInput, match="no dataset 'nothing'"):
        runs.start_training(data_dir, [subject_of("nothing")], preset="persona-quick")


def test_an_empty_dataset_has_nothing_to_train_on() -> None:
    nothing: list[PreferenceExample] = []
    with pytest.raises(BadInput, match="none is left"):
        tailoring_set(nothing, [], "both")
