"""`pairs export` and `pairs load`: formats, streams, and what is said about them."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.pair_files.exporting import ONLY, PAIR_FORMATS
from engine.pair_files.reading import READ_FORMATS
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from studio.shell import pair_files
from tests.studio.command_line import command, document
from tests.studio.conftest import PAIRS


def test_help_names_every_format_and_choice() -> None:
    """The command line has lists of its own, since it must not wait for the engine."""
    assert tuple(PAIR_FORMATS) == pair_files.FORMATS
    assert set(pair_files.FORMATS) == set(READ_FORMATS)
    assert pair_files.ONLY == ONLY


@pytest.mark.parametrize("format_name", PAIR_FORMATS)
def test_every_format_goes_out_and_comes_back(
    data_dir: Path, tmp_path: Path, format_name: str
) -> None:
    file = tmp_path / "pairs"
    before = desk.pairs(data_dir, "ana")
    told = document(data_dir, "pairs", "export", "ana", str(file), "--format", format_name)
    assert (told["pairs"], told["held_out"], told["format"]) == (3, 1, format_name)
    command(data_dir, "pairs", "swap", "p1")
    command(data_dir, "pairs", "drop", "p2")
    loaded = document(data_dir, "pairs", "load", "ana", str(file))
    assert (loaded["changed"], loaded["same"], loaded["skipped"]) == (2, 1, [])
    now = desk.pairs(data_dir, "ana")
    assert [pair.chosen for pair in now] == [pair.chosen for pair in before]
    assert not any(pair.dropped for pair in now)


def test_the_name_of_the_file_tells_the_format(data_dir: Path, tmp_path: Path) -> None:
    command(data_dir, "pairs", "export", "ana", str(tmp_path / "a.csv"))
    command(data_dir, "pairs", "export", "ana", str(tmp_path / "a.parquet"))
    assert (tmp_path / "a.csv").read_text("utf-8-sig").startswith('"prompt","chosen"')
    assert (tmp_path / "a.parquet").read_bytes().startswith(b"PAR1")


def test_held_out_pairs_in_a_file_for_other_trainers_are_told_of(
    data_dir: Path, tmp_path: Path
) -> None:
    arguments = ("pairs", "export", "ana", str(tmp_path / "f"), "--format", "trl")
    done = command(data_dir, *arguments)
    assert done.stdout == f"3 pairs written to {tmp_path / 'f'}.\n"
    assert done.stderr == "1 of them is held out; --only train leaves those out.\n"
    assert command(data_dir, *arguments, "--only", "train", "--force").stderr == ""


def test_standard_output_carries_the_file_itself(data_dir: Path) -> None:
    lines = command(data_dir, "pairs", "export", "ana").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["p1", "p2", "p3"]
    table = command(data_dir, "pairs", "export", "ana", "-", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline="")))
    assert [row["id"] for row in rows] == ["p1", "p2", "p3"]
    told = document(data_dir, "pairs", "export", "ana", "-", "--format", "trl")
    assert [row["persona_studio"]["id"] for row in told["pairs"]] == ["p1", "p2", "p3"]


def test_standard_input_is_read_as_a_file_is(data_dir: Path) -> None:
    exported = command(data_dir, "pairs", "export", "ana", "-", "--format", "hh").stdout
    told = document(data_dir, "pairs", "load", "ana", "-", stdin=exported)
    assert (told["format"], told["same"]) == ("hh", 3)


def test_other_peoples_pairs_take_the_track_and_trait_that_are_given(
    data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text("prompt,chosen,rejected\nWhy?,Yes.,No.\nWhen?,Now.,\n")
    done = command(data_dir, "pairs", "load", "ana", str(file), "--trait", "ocean.openness")
    assert done.stdout == (
        "trl: 0 changed, 1 added, 0 as they were; 0 of 1 pair held out.\n"
        "1 row skipped:\n"
        "  line 3: The rejected text is empty.\n"
    )
    pair = desk.pairs(data_dir, "ana")[-1]
    assert (pair.track, pair.trait_id, pair.made) == ("personality", "ocean.openness", "imported")
    assert document(data_dir, "undo")["undone"] == "Load pairs"
    assert len(desk.pairs(data_dir, "ana")) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "ana", "-", "--format", "parquet"), "Parquet is not for a screen or a pipe."),
        (("export", "jo"), "Reader 'jo' has no pairs."),
        (("export", "ana", "-", "--format", "csv", "--with-card"), "has no place for the card"),
        (("load", "ana", "/no/such/file"), "There is no file /no/such/file."),
        (("load", "ana", "-"), "standard input is empty."),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_exit_code_2(
    data_dir: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = command(data_dir, "pairs", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("what", ["pairs", "profile"])
def test_no_command_that_writes_a_file_replaces_one_unasked(
    data_dir: Path, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "out.json"
    file.write_text("mine")
    refused = command(data_dir, what, "export", "ana", str(file))
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"{file} is there already. Give --force to replace it, or name another file.\n"
    )
    assert file.read_text() == "mine"
    assert command(data_dir, what, "export", "ana", str(file), "--force").exit_code == 0
    assert file.read_text() != "mine"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_table_that_was_called_json_lines_is_read_and_said_to_be_one(
    data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text("prompt,chosen,rejected\nWhy?,Yes.,No.\n")
    done = command(data_dir, "pairs", "load", "ana", str(file), "--format", "trl")
    assert done.stderr == (
        "The file is CSV, and trl a format of JSON Lines: its columns were read as the fields of "
        "trl.\n"
    )
    told = document(data_dir, "pairs", "load", "ana", str(file), "--format", "trl")
    assert told["remark"] == done.stderr.strip()


def test_pairs_that_would_not_be_loaded_again_are_told_of_when_they_go_out(
    data_dir: Path, tmp_path: Path
) -> None:
    same = replace(desk.pairs(data_dir, "ana")[0], id="p9", chosen="So.", rejected=" So. ")
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [same])
    told = "1 of them would not be loaded again: a text is empty or over"
    assert told in command(data_dir, "pairs", "export", "ana").stderr
    assert told in command(data_dir, "pairs", "export", "ana", str(tmp_path / "f")).stderr
    loaded = document(data_dir, "pairs", "load", "ana", str(tmp_path / "f"))
    assert loaded["skipped"] == [
        {"line": 4, "reason": "The chosen and the rejected answer are the same."}
    ]


def test_where_chooses_by_the_filter_of_the_workbench_and_in_its_order(
    data_dir: Path, tmp_path: Path
) -> None:
    with opened(data_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[n], stance=0.2 * n) for n in range(3)])
    ask = ("pairs", "export", "ana", "-", "--where", "scene sort:-strength not:held_out")
    told = document(data_dir, *ask)
    assert [row["id"] for row in told["pairs"]] == ["p2", "p1"]
    command(data_dir, "pairs", "drop", "p2")
    assert [row["id"] for row in document(data_dir, *ask)["pairs"]] == ["p2", "p1"]
    kept = document(data_dir, *ask, "--format", "trl")["pairs"]
    assert [row["persona_studio"]["id"] for row in kept] == ["p1"]
    file = tmp_path / "found.jsonl"
    told = document(data_dir, "pairs", "export", "ana", str(file), "--where", "is:dropped")
    assert (told["pairs"], told["where"]) == (1, "is:dropped")


def test_a_filter_that_finds_nothing_to_write_or_is_none_writes_nothing(
    data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "none.jsonl"
    for where, told in (
        ("zebra", "Reader 'ana' has no pairs among those that 'zebra' finds."),
        ("is:nope", "is:nope is not known"),
    ):
        done = command(data_dir, "pairs", "export", "ana", str(file), "--where", where)
        assert (done.exit_code, done.stdout) == (2, "")
        assert told in done.stderr
        assert not file.exists()
