"""Files that are not what they should be: each refusal says where, what was there, what to do."""

import gzip
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from engine.domain import PreferencePair
from engine.pair_files.loading import load_pairs
from engine.sources.opening import CHUNK_SIZE
from engine.store import journal
from engine.store.database import opened
from models.errors import BadInput
from tests.engine.pair_file_texts import HH, STRANGERS, THIS, lines, pairs_in, stored

PAIR = PreferencePair("p1", "ana", "values", "t", "t.1", "Which?", "This.", "That.", "scene.1")
ROW = {"prompt": "Why?", "chosen": "Yes.", "rejected": "No."}
PNG = b"\x89PNG" + bytes(40)


REFUSED: dict[str, tuple[bytes, str]] = {
    "no pair of ours": (
        b'{"reader_id": "jo", "trait_id": "", "origin": "x", "prompt": "a", "chosen": "b", '
        b'"rejected": "c"}',
        "holds no pair of this reader, read as studio. Line 1: The field 'id' is missing",
    ),
    "other fields": (b'{"question": "a", "answer": "b"}', "the fields 'question', 'answer'"),
    "other columns": (b"a,b\n1,2\n", "the columns 'a', 'b'"),
    "reviews": (
        b'{"user_id": "u", "asin": "a", "rating": 5, "text": "t"}',
        "holds reviews",
    ),
    "a JSON list": (b'[{"prompt": "a", "chosen": "b", "rejected": "c"}]', "is one JSON list"),
    "empty": (b"", "is empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is a picture, not text"),
    "cut off Parquet": (b"PAR1" + bytes(50), "is a Parquet file that cannot be read"),
    "Latin-1": ('{"prompt": "é"}'.encode("latin-1"), "is not UTF-8"),
    "cut off gzip": (gzip.compress(b'{"prompt": "a"}' * 99)[:-20], "breaks off"),
    "Parquet, packed again": (gzip.compress(b"PAR1" + bytes(50)), "packed once more, as .gz"),
    "JSON that breaks off": (
        b'\n{"prompt": "a", "chosen": \n',
        "line 2: The line is not complete JSON (column 26: Expecting value).",
    ),
    "JSON on several lines": (b'{\n "prompt": "a"\n}\n', "JSON objects of several lines"),
    "a header alone": (b"prompt,chosen,rejected\n", "wrong has no rows."),
    "a column twice": (b"prompt,chosen,rejected,chosen\na,b,c,d\n", "the column 'chosen' 2 times"),
    "no table": (b"prompt|chosen|rejected\n", "it begins with 'prompt|chosen|rejected'"),
    "messages of another make": (
        b'{"chosen": [{"from": "gpt", "value": "a"}], "rejected": []}',
        "has {'from': 'gpt', 'value': 'a'} where a message with role and content should be.",
    ),
    "content in parts": (
        b'{"chosen": [{"role": "user", "content": [{"type": "image"}]}], "rejected": []}',
        "has a message whose content should be text but is [{'type': 'image'}].",
    ),
    "messages as Python prints them": (
        json.dumps({name: str([THIS]) for name in ("prompt", "chosen", "rejected")}).encode(),
        "Line 1: The field 'prompt' is a list of messages, written as text",
    ),
    "dialogues that part": (
        json.dumps({"chosen": f"{HH} a", "rejected": f"{HH} b".replace("Which", "When")}).encode(),
        "Line 1: The two dialogues part before their last Assistant turn.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_file_is_refused_with_what_it_is_and_nothing_changes(
    tmp_path: Path, case: str
) -> None:
    content, message = REFUSED[case]
    data_dir = stored(tmp_path / "data", [PAIR])
    file = tmp_path / "wrong"
    file.write_bytes(content)
    with pytest.raises(BadInput) as refusal:
        load_pairs(data_dir, "ana", file)
    assert message in refusal.value.message
    assert pairs_in(data_dir) == [PAIR]
    with opened(data_dir) as db:
        assert [entry.title for entry in journal.history(db)] == ["Build pairs", "Import reviews"]


def test_parquet_without_the_columns_of_pairs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    Dataset.from_list([{"question": "a", "answers": ["b"]}]).to_parquet(str(file))
    with pytest.raises(BadInput, match="has the columns 'question', 'answers'"):
        load_pairs(stored(tmp_path / "data"), "ana", file)


def test_a_row_of_parquet_is_named_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "theirs"
    Dataset.from_list(
        [STRANGERS["trl"], {"prompt": "x", "chosen": None, "rejected": "y"}]
    ).to_parquet(str(file))
    loaded = load_pairs(stored(tmp_path / "data"), "ana", file)
    assert loaded.place == "row"
    assert [(row.line, row.reason) for row in loaded.skipped] == [
        (2, "The field 'chosen' is missing.")
    ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("csv", "is JSON Lines, not CSV"),
        ("parquet", "is JSON Lines, not Parquet"),
        ("hh", "Line 1: The chosen dialogue does not end with an Assistant turn."),
        ("xml", "There is no format 'xml' for pairs."),
    ],
)
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(
    tmp_path: Path, asked: str, message: str
) -> None:
    file = lines(tmp_path / "theirs", STRANGERS["trl"])
    with pytest.raises(BadInput) as refusal:
        load_pairs(stored(tmp_path / "data"), "ana", file, asked)
    assert message in refusal.value.message


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"bytes": PNG, "path": "a.png"}, "text but is a picture or another file: 'a.png'."),
        (PNG, "text but is bytes: b'\\x89PNG"),
        ([["a"]], "has ['a'] where a message with role and content should be."),
        (["a"], "has 'a' where a message with role and content should be."),
        (7, "text but is 7."),
        (json.dumps([THIS]), "is a list of messages, written as text"),
        (None, "is missing."),
    ],
)
def test_a_cell_that_is_no_text_is_named_by_its_column_and_what_it_is(
    tmp_path: Path, chosen: object, told: str
) -> None:
    file = tmp_path / "pairs.parquet"
    pq.write_table(pa.Table.from_pylist([{**ROW, "chosen": chosen}]), file)
    with pytest.raises(BadInput) as refusal:
        load_pairs(stored(tmp_path / "data"), "ana", file)
    assert "Row 1: The field 'chosen' " in refusal.value.message
    assert told in refusal.value.message


def test_messages_that_a_cell_has_as_text_are_read_where_that_is_asked_for(tmp_path: Path) -> None:
    this, no = json.dumps([THIS]), json.dumps([{**THIS, "content": "No."}])
    bad = {"prompt": "Why?", "chosen": this, "rejected": "[{'role': 'x'}]"}
    file = lines(tmp_path / "f", bad, {**bad, "rejected": no})
    loaded = load_pairs(stored(tmp_path / "data"), "ana", file, "trl-conversational")
    (pair,) = pairs_in(tmp_path / "data")
    assert (pair.prompt, pair.chosen, pair.rejected) == ("Why?", "This.", "No.")
    assert "like a list of messages, but not JSON (column 3:" in loaded.skipped[0].reason


@pytest.mark.parametrize(
    ("name", "content", "asked", "remark"),
    [
        ("f.csv", b"prompt,chosen,rejected\na,b,c\n", None, ""),
        ("f.csv", b"prompt,chosen,rejected\na,b,c\n", "csv", ""),
        (
            "f.csv",
            b"prompt,chosen,rejected\na,b,c\n",
            "trl",
            "is CSV, and trl a format of JSON Lines: its columns were read as the fields of trl.",
        ),
        ("f.jsonl", b"prompt,chosen,rejected\na,b,c\n", None, "is CSV, whatever its name says"),
        ("f.csv.gz", gzip.compress(json.dumps(ROW).encode()), None, "is JSON Lines, whatever"),
        ("f.txt", json.dumps(ROW).encode(), "trl", ""),
    ],
)
def test_a_name_or_a_format_that_the_file_belies_is_told_of(
    tmp_path: Path, name: str, content: bytes, asked: str | None, remark: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    loaded = load_pairs(stored(tmp_path / "data"), "ana", file, asked)
    assert loaded.added == 1
    assert (remark in loaded.remark) if remark else loaded.remark == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_an_encoding_that_the_file_begins_with_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes("prompt,chosen,rejected\nPourquoi é?,b,c\n".encode(encoding))
    load_pairs(stored(tmp_path / "data"), "ana", file)
    assert pairs_in(tmp_path / "data")[0].prompt == "Pourquoi é?"


def test_another_encoding_is_refused_with_line_and_column(tmp_path: Path) -> None:
    """2,000 rows of 54 bytes are over the 64 KiB that are read at once."""
    file = tmp_path / "f.jsonl"
    row = json.dumps(ROW).encode() + b"\n"
    file.write_bytes(row * 2000 + b'{"prompt": "Pourquoi \xe9?"')
    with pytest.raises(BadInput, match="not UTF-8: byte 0xE9 in line 2001, column 22"):
        load_pairs(stored(tmp_path / "data"), "ana", file)


@pytest.mark.parametrize("container", ["jsonl", "parquet"])
def test_a_pipe_is_read_though_it_can_be_read_only_once(tmp_path: Path, container: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = [{**ROW, "prompt": f"Why {n}?"} for n in range(3000)]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    if container == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), buffer := io.BytesIO())
        content = buffer.getvalue()
    writer = threading.Thread(target=pipe.write_bytes, args=[content])
    writer.start()
    loaded = load_pairs(stored(tmp_path / "data"), "ana", pipe)
    writer.join()
    assert (loaded.added, pairs_in(tmp_path / "data")[0].origin) == (3000, "pipe")


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_file_that_is_cut_short_while_it_is_read_is_no_shorter_file(
    tmp_path: Path, packed: Callable[[bytes], bytes]
) -> None:
    """Where it ends between two rows, nothing else would tell."""
    file = tmp_path / "f.jsonl"
    rows = ({**ROW, "prompt": os.urandom(100).hex()} for _ in range(3000))
    file.write_bytes(packed("".join(json.dumps(row) + "\n" for row in rows).encode()))

    def cut(bytes_read: int) -> None:
        if CHUNK_SIZE < bytes_read < file.stat().st_size:
            os.truncate(file, bytes_read)

    data_dir = stored(tmp_path / "data")
    with pytest.raises(BadInput, match="was cut short from"):
        load_pairs(data_dir, "ana", file, watch=cut)
    assert pairs_in(data_dir) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "is a directory. Give one of the files in it."),
        (lambda path: None, "There is no file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (Path.touch, "is empty. Give a file with at least one row."),
    ],
)
def test_what_is_no_file_is_said_to_be_what_it_is(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / "f.jsonl")
    with pytest.raises(BadInput) as refusal:
        load_pairs(stored(tmp_path / "data"), "ana", tmp_path / "f.jsonl")
    assert message in str(refusal.value)
