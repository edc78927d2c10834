"""Files of pairs that somebody else wrote, or spoilt: refused with a sentence."""

import json
from pathlib import Path

import pytest

from engine.domain import Book, PreferencePair, Reader, Review
from engine.exchange import load_pairs
from engine.store import pairs as pair_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput

TEXT = "I like a quiet book."
PAIR = PreferencePair("p1", "ana", "values", "t", "t.1", "Which?", "This.", "That.", "scene.1")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """One reader with one review and one pair."""
    with opened(tmp_path) as db, change(db, "Import reviews"):
        book, review = Book("b1", "Emma"), Review("r1", "ana", "b1", TEXT)
        reader_rows.save(db, [Reader("ana", "Ana", "jsonl")], [book], [review])
        pair_rows.replace_built(db, "ana", [PAIR])
    return tmp_path


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
