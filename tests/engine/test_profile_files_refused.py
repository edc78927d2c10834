"""Files that are no profile, or contradict themselves: refused by name, and nothing stored."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.domain import (
    Profile,
    Trait,
)
from engine.profile_files import exported, load_profile
from models.errors import BadInput
from tests.engine.profile_documents import (
    NOW,
    TRAIT,
    built,
    data_dir,
    document,
    file_of,
    stored,
)

__all__ = ["data_dir"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"score": 1.5}, "`score` is 1.5, not a number from -1 to 1"),
        ({"score": True}, "`score` is True"),
        ({"confidence": -0.1}, "`confidence` is -0.1, not a number from 0 to 1"),
        ({"status": "perhaps"}, "`status` is 'perhaps', not one of known, unknown, off"),
        ({"status": "unknown"}, "is unknown, yet scored"),
        ({"framework": "tarot"}, "`framework` is 'tarot'"),
        ({"framework": "wvs"}, "`framework` is 'wvs'"),
        ({"score": None}, "`score` is missing"),
        ({"overide": {}}, "`overide` is no field"),
        ({"evidence": []}, "quotes no review"),
        ({"evidence": [], "books": ["b1"]}, "quotes no review"),
        ({"evidence": "I like"}, "`evidence` is 'I like', not a list"),
        ({"books": ["b9"]}, "has not reviewed the book 'b9'"),
        ({"interval": [0.5, 0.1]}, "ends before it begins"),
        ({"interval": [0.5]}, "`interval` is [0.5], not a list of 2"),
        (
            {"evidence": [{"review": "r9", "start": 0, "end": 6, "quote": "I like", "stance": 1}]},
            "not at that place",
        ),
        (
            {"evidence": [{"review": "r1", "start": 3, "end": 9, "quote": "I like", "stance": 1}]},
            "not at that place",
        ),
        (
            {"override": {"kind": "set", "score": 0.5, "made_at": "yesterday"}},
            "`made_at` is 'yesterday', not such as 2026-01-02T03:04:05+00:00",
        ),
        (
            {"override": {"kind": "set", "score": 0.5, "made_at": "2026-02-30T00:00:00Z"}},
            "'2026-02-30T00:00:00Z' is no time",
        ),
    ],
)
def test_a_trait_that_cannot_be_true_is_refused_by_name(
    data_dir: Path, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(told)) as refusal:
        load_profile(data_dir, "ana", file_of(data_dir, document(data_dir, **changes)))
    assert "ocean.openness" in refusal.value.message
    assert built(data_dir).traits == (TRAIT,)


def test_a_trait_without_an_id_is_refused_by_its_number(data_dir: Path) -> None:
    with pytest.raises(BadInput, match="Number 1 of the traits: `id` is ''"):
        load_profile(data_dir, "ana", file_of(data_dir, document(data_dir, id="")))


def test_an_interest_may_rest_on_rated_books_alone(data_dir: Path) -> None:
    rated = Trait("interests.poetry", "interests", 0.5, 0.6, "known", share=0.4, books=("b1",))
    stored(data_dir, Profile("ana", "embedded", (rated,), NOW))
    told = json.loads(json.dumps(exported(data_dir, "ana")))
    assert load_profile(data_dir, "ana", file_of(data_dir, told)).profile.traits == (rated,)
    del told["traits"][0]["books"]
    with pytest.raises(BadInput, match=r"interests\.poetry.*quotes no review"):
        load_profile(data_dir, "ana", file_of(data_dir, told))


def spoil_finding(told: dict[str, Any]) -> None:
    place = {"start": 1, "end": 7, "quote": "I like", "stance": 1}
    told["findings"] = [{"trait": "ocean.openness", "review": "r1", **place}]


def repeat_reading(told: dict[str, Any]) -> None:
    reading = {"source": "picks", "score": 1, "confidence": 1, "made_at": NOW.isoformat()}
    told["traits"][0]["readings"] = [reading, reading]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_finding, "A finding for 'ocean.openness' quotes 'I like'"),
        (repeat_reading, "the reading 'picks' is there twice"),
        (lambda told: told["traits"].append(told["traits"][0]), "is there twice"),
        (lambda told: told.update(genres={"b1": "tarot"}), "of no genre 'tarot'"),
        (lambda told: told.update(genres={"b9": "poetry"}), "not reviewed the book 'b9'"),
        (lambda told: told.update(schema_version=3), "with a newer Persona Studio"),
        (lambda told: told.update(schema_version="2"), "`schema_version` is '2'"),
        (lambda told: told.update(sensitive=True), "`sensitive` is True, not an object"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(
    data_dir: Path, spoil: Callable[[dict[str, Any]], None], told: str
) -> None:
    spoilt = document(data_dir)
    spoil(spoilt)
    with pytest.raises(BadInput, match=re.escape(told)):
        load_profile(data_dir, "ana", file_of(data_dir, spoilt))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"traits": 3}', "\ufffe", '{"traits": [NaN]}', "[" * 100_000]
)
def test_a_file_that_is_no_profile_is_refused_by_name(data_dir: Path, text: str) -> None:
    path = data_dir / "nothing.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"nothing\.json"):
        load_profile(data_dir, "ana", path)


def test_a_file_in_another_encoding_is_refused(data_dir: Path) -> None:
    path = data_dir / "latin.json"
    path.write_bytes('{"traits": "é"}'.encode("latin-1"))
    with pytest.raises(BadInput, match="not UTF-8"):
        load_profile(data_dir, "ana", path)
