"""The descriptions that previews wrote: kept with what made them, undone, and forgotten."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.domain import Description
from engine.store.database import change, opened
from engine.store.descriptions import add_description, descriptions_of, find_description
from models.chat import Sampling
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, fill

SALT = Description(
    reader_id="ann",
    book_id="b1",
    pane_id="tuned",
    model_name="SmolLM2 [x]",
    model_sha256="0" * 64,
    with_card=True,
    near=("I keep “my” word.", "I look for poetry."),
    sampling=Sampling(max_tokens=120, temperature=0.7, seed=3),
    prompt_sha256="1" * 64,
    text="A boat, a crew; and [/INST] nothing else.",
    made_at=WHEN,
    stopped="end",
    run_id="export-1",
    card_of="bo",
    edited_text="A boat and a crew.",
    accepted_at=WHEN,
)


def added(data_dir: Path, *descriptions: Description) -> list[int]:
    with opened(data_dir) as db, change(db, "Write a description"):
        return [add_description(db, description) for description in descriptions]


def told(data_dir: Path, reader_id: str, book_id: str | None = None) -> list[Description]:
    with opened(data_dir) as db:
        return descriptions_of(db, reader_id, book_id)


def test_a_description_comes_back_as_it_was_kept_and_a_plain_one_too(data_dir: Path) -> None:
    fill(data_dir)
    plain = replace(SALT, run_id=None, card_of=None, edited_text=None, accepted_at=None, near=())
    first, second = added(data_dir, SALT, plain)
    assert told(data_dir, "ann") == [replace(plain, id=second), replace(SALT, id=first)]
    with opened(data_dir) as db:
        assert find_description(db, first) == replace(SALT, id=first)
        with pytest.raises(BadInput, match="no description 99"):
            find_description(db, 99)


def test_descriptions_are_listed_by_reader_and_by_book_the_newest_first(data_dir: Path) -> None:
    fill(data_dir)
    others = replace(SALT, book_id="b2"), replace(SALT, reader_id="bo", card_of=None)
    one, two, three, four = added(data_dir, SALT, *others, SALT)
    assert [found.id for found in told(data_dir, "ann")] == [four, two, one]
    assert [found.id for found in told(data_dir, "ann", "b1")] == [four, one]
    assert [found.id for found in told(data_dir, "bo")] == [three]


def test_undo_takes_a_description_away_and_redo_brings_the_same_one_back(data_dir: Path) -> None:
    fill(data_dir)
    kept = replace(SALT, sampling=Sampling(temperature=0.1 + 0.2))
    added(data_dir, kept)
    (before,) = told(data_dir, "ann")
    desk.undo(data_dir)
    assert told(data_dir, "ann") == []
    desk.redo(data_dir)
    assert told(data_dir, "ann") == [before]
    assert before.sampling == kept.sampling


def test_an_id_is_not_given_twice_though_its_description_was_undone(data_dir: Path) -> None:
    fill(data_dir)
    (first,) = added(data_dir, SALT)
    desk.undo(data_dir)
    (second,) = added(data_dir, SALT)
    assert second > first


def test_forgetting_a_reader_takes_what_was_written_for_them_or_from_their_card(
    data_dir: Path,
) -> None:
    fill(data_dir, a_profile())
    by_bo = replace(SALT, reader_id="bo", card_of=None)
    from_ann = replace(SALT, reader_id="bo", card_of="ann")
    *_, kept, _ = added(data_dir, SALT, by_bo, from_ann)
    desk.forget(data_dir, "ann")
    assert told(data_dir, "ann") == []
    assert [found.id for found in told(data_dir, "bo")] == [kept]
