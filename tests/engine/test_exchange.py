"""Files of profiles and pairs that somebody else wrote, or spoilt: refused with a sentence."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.domain import Book, Evidence, PreferencePair, Profile, Reader, Review, Trait
from engine.exchange import load_pairs, load_profile
from engine.record import profile_as_json
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput

TEXT = "I like a quiet book."
TRAIT = Trait("ocean.openness", "ocean", 0.5, 0.6, "known", (Evidence("r1", 0, 6, "I like", 0.5),))
PAIR = PreferencePair("p1", "ana", "values", "t", "t.1", "Which?", "This.", "That.", "scene.1")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """One reader with one review, a profile of one trait, and one pair."""
    with opened(tmp_path) as db, change(db, "Import reviews"):
        book, review = Book("b1", "Emma"), Review("r1", "ana", "b1", TEXT)
        reader_rows.save(db, [Reader("ana", "Ana", "jsonl")], [book], [review])
        profile_rows.save(db, Profile("ana", "embedded", (TRAIT,), datetime.now(UTC)))
        pair_rows.replace_built(db, "ana", [PAIR])
    return tmp_path


def profile_file(folder: Path, **changes: object) -> Path:
    """The reader's own profile as a file, with fields of its only trait changed."""
    told: dict[str, Any] = json.loads(
        json.dumps(profile_as_json(Profile("ana", "embedded", (TRAIT,), datetime.now(UTC))))
    )
    told["traits"][0] |= changes
    path = folder / "profile.json"
    path.write_text(json.dumps(told))
    return path


def test_an_untouched_profile_comes_back_as_it_was(data_dir: Path) -> None:
    assert load_profile(data_dir, "ana", profile_file(data_dir)).traits == (TRAIT,)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"score": 1.5}, "`score` is 1.5"),
        ({"score": True}, "`score` is True"),
        ({"confidence": -0.1}, "`confidence` is -0.1"),
        ({"status": "perhaps"}, "`status` is 'perhaps'"),
        ({"framework": "tarot"}, "`framework` is 'tarot'"),
        ({"id": ""}, "no text in `id`"),
        ({"evidence": []}, "quotes no review"),
        ({"evidence": "I like"}, "no list of evidence"),
        (
            {"evidence": [{"review": "r2", "start": 0, "quote": "I like", "stance": 0.5}]},
            "not at that place",
        ),
        (
            {"evidence": [{"review": "r1", "start": 3, "quote": "I like", "stance": 0.5}]},
            "not at that place",
        ),
        ({"override": {"score": 0.5, "made_at": "yesterday"}}, "`made_at` is no time"),
    ],
)
def test_a_trait_that_cannot_be_true_is_refused(
    data_dir: Path, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(told)):
        load_profile(data_dir, "ana", profile_file(data_dir, **changes))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"traits": 3}', "\ufffe"])
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


def test_bad_rows_are_listed_and_good_rows_are_kept(data_dir: Path) -> None:
    rows = [
        {**vars(PAIR), "chosen": "Another."},
        {**vars(PAIR)},
        {**vars(PAIR), "id": "p2", "reader_id": "jo"},
        {**vars(PAIR), "id": "p3", "track": "weather"},
        {**vars(PAIR), "id": "p4", "held_out": "no"},
        {**vars(PAIR), "id": "p5", "rejected": ""},
    ]
    path = data_dir / "pairs.jsonl"
    path.write_text("\n".join([*map(json.dumps, rows), "", "{cut off"]))
    loaded = load_pairs(data_dir, "ana", path)
    assert (loaded.pairs, loaded.changed, loaded.added) == (1, 1, 0)
    reasons = {row.line: row.reason for row in loaded.skipped}
    assert list(reasons) == [2, 3, 4, 5, 6, 8]
    assert "twice" in reasons[2]
    assert "'jo'" in reasons[3]
    assert "'weather'" in reasons[4]
    assert "held_out" in reasons[5]
    assert "`rejected`" in reasons[6]
    assert "not JSON" in reasons[8]


def test_a_file_without_one_good_pair_changes_nothing(data_dir: Path) -> None:
    path = data_dir / "pairs.jsonl"
    path.write_text('{"prompt": "Which?"}\n')
    with pytest.raises(BadInput, match="line 1"):
        load_pairs(data_dir, "ana", path)
    with opened(data_dir) as db:
        assert pair_rows.of_reader(db, "ana") == [PAIR]
