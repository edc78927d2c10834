"""Personas in the store: one of each side, checks that go with a wording, undo, going with data."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.store import datasets, personas
from engine.store.database import change, opened
from engine.store.personas import Answer
from models.errors import BadInput
from tests.engine.persona_rows import (
    a_check,
    a_persona,
    examples,
    fill_dataset,
    store_personas,
)
from tests.persona_model import PLAIN, THOROUGH


def test_personas_come_in_the_order_of_their_examples(data_dir: Path) -> None:
    store_personas(data_dir, 2)
    with opened(data_dir) as db:
        found = personas.personas_of(db, "letters")
    assert [(one.example_id, one.side) for one in found] == [
        ("l00", "chosen"),
        ("l00", "rejected"),
        ("l01", "chosen"),
        ("l01", "rejected"),
    ]
    assert found[1] == a_persona("l00", "rejected", THOROUGH)


def test_a_check_counts_for_the_wording_it_was_made_of(data_dir: Path) -> None:
    store_personas(data_dir, 1)
    with opened(data_dir) as db:
        with change(db, "Check personas"):
            personas.save_checks(db, {("l00", "chosen"): a_check(PLAIN)})
        assert personas.personas_of_example(db, "l00")["chosen"].state == "passed"
        edited = replace(a_persona("l00"), text=THOROUGH, origin="edited")
        with change(db, "Edit a persona"):
            personas.add_personas(db, [edited])
        assert personas.personas_of_example(db, "l00")["chosen"].state == "unchecked"
    desk.undo(data_dir)
    with opened(data_dir) as db:
        assert personas.personas_of_example(db, "l00")["chosen"].passed is True


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (True, True, "passed"),
        (True, False, "refuted"),
        (False, True, "refuted"),
        (True, None, "refuted"),
    ],
)
def test_only_both_orders_pass(first: bool, second: bool | None, state: str) -> None:
    persona = replace(a_persona("l00"), check=a_check(PLAIN, first, second))
    assert persona.state == state


def test_a_failed_persona_keeps_the_reply_and_is_never_passed(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    failed = replace(a_persona("l00"), text="", failure="It has 4 words.", raw="The user is nice")
    with opened(data_dir) as db:
        with change(db, "Infer personas"):
            personas.add_personas(db, [failed])
        found = personas.personas_of(db, "letters")[0]
    assert (found.state, found.raw, found.passed) == ("failed", "The user is nice", None)


def test_personas_go_and_come_with_their_examples(data_dir: Path) -> None:
    store_personas(data_dir, 1)
    desk.undo(data_dir)
    desk.undo(data_dir)
    with opened(data_dir) as db:
        assert datasets.sizes(db) == {}
    desk.redo(data_dir)
    desk.redo(data_dir)
    with opened(data_dir) as db:
        assert len(personas.personas_of(db, "letters")) == 2


def test_an_answer_is_kept_by_what_was_asked_and_of_whom(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    kept = Answer("l00", "asked", "one", "reply", True, ("first",), 2, 30, 4)
    personas.keep_answer(data_dir, kept)
    personas.keep_answer(data_dir, replace(kept, model="other"))
    personas.keep_answer(data_dir, replace(kept, example_id="gone"))
    with opened(data_dir) as db:
        assert personas.answers_by(db, "letters", ["one"]) == {("l00", "asked"): kept}


def test_an_example_is_found_by_the_beginning_of_its_id(data_dir: Path) -> None:
    fill_dataset(data_dir)
    with opened(data_dir) as db:
        assert datasets.find_example(db, "l02") == examples()[2]
        with pytest.raises(BadInput, match="Several pairs begin"):
            datasets.find_example(db, "l0")
        with pytest.raises(BadInput, match="no dataset 'none'"):
            datasets.examples_of(db, "none")
