"""Pairs go out in every format and come back the same, whatever their texts are."""

import csv
import gzip
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from engine.domain import PreferencePair
from engine.pair_files.exporting import ONLY, PAIR_FORMATS, Export, export_pairs, format_for
from engine.pair_files.loading import load_pairs
from engine.private_file import AlreadyThere
from engine.prompts import prompt
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.conftest import a_profile, known
from tests.engine.pair_file_texts import nasty_pairs, pairs_in, stored

PAIR = PreferencePair(
    *("p1", "ana", "values", "schwartz.face.1", "t.1", "Which?", "This.", "That.", "scene.1")
)
PACKED = "parquet.gz"
"""Packed as it is, and refused."""
FORMULA = re.compile(r"\s*[=+\-@\uff1d]|[\t\r\n]")


def written(data_dir: Path, path: Path, *arguments: Any) -> list[dict[str, Any]]:
    """The rows of a file of JSON Lines that an export wrote."""
    export_pairs(data_dir, "ana", path, Export(*arguments), replaces=True)
    return [json.loads(line) for line in path.read_text().split("\n") if line]


@pytest.mark.parametrize(
    ("format_name", "suffix"),
    [(name, suffix) for name in PAIR_FORMATS for suffix in ("", ".gz") if name + suffix != PACKED],
)
@pytest.mark.parametrize("seed", range(5))
def test_pairs_come_back_as_they_went_out(
    tmp_path: Path, seed: int, format_name: str, suffix: str
) -> None:
    pairs = nasty_pairs(seed, 80)
    file = tmp_path / f"pairs{suffix}"
    export_pairs(stored(tmp_path / "a", pairs), "ana", file, Export(format_name, "all"))
    loaded = load_pairs(stored(tmp_path / "b"), "ana", file)
    assert (loaded.added, loaded.skipped) == (80, ())
    assert pairs_in(tmp_path / "b") == pairs
    again = load_pairs(tmp_path / "b", "ana", file)
    assert (again.same, again.added, again.changed) == (80, 0, 0)


@pytest.mark.parametrize("format_name", [name for name in PAIR_FORMATS if name != "hh"])
def test_texts_with_turns_of_a_dialogue_are_only_texts(tmp_path: Path, format_name: str) -> None:
    pairs = nasty_pairs(11, 60, with_turns=True)
    export_pairs(stored(tmp_path / "a", pairs), "ana", tmp_path / "f", Export(format_name, "all"))
    load_pairs(stored(tmp_path / "b"), "ana", tmp_path / "f")
    assert pairs_in(tmp_path / "b") == pairs


def test_in_dialogues_texts_with_turns_survive_or_are_refused(tmp_path: Path) -> None:
    refusals = []
    for at, pair in enumerate(nasty_pairs(11, 24, with_turns=True)):
        a, b, file = stored(tmp_path / f"a{at}", [pair]), tmp_path / f"b{at}", tmp_path / f"f{at}"
        try:
            export_pairs(a, "ana", file, Export("hh", "all"))
        except BadInput as error:
            refusals.append(error.message)
        else:
            load_pairs(stored(b), "ana", file)
            assert pairs_in(b) == [pair]
    assert 4 < len(refusals) < 20
    assert all("would be read as a new turn" in refusal for refusal in refusals)


@pytest.mark.parametrize("format_name", PAIR_FORMATS)
def test_pairs_keep_their_places(tmp_path: Path, format_name: str) -> None:
    pairs = [replace(PAIR, id=f"p{n}") for n in range(3)]
    file = tmp_path / "pairs"
    export_pairs(stored(tmp_path / "a", pairs), "ana", file, Export(format_name))
    swapped = [pair.swapped() if pair.id == "p1" else pair for pair in pairs]
    loaded = load_pairs(stored(tmp_path / "b", swapped), "ana", file)
    assert (loaded.changed, loaded.same) == (1, 2)
    assert pairs_in(tmp_path / "b") == [pairs[0], replace(pairs[1], edited=True), pairs[2]]


@pytest.mark.parametrize("format_name", PAIR_FORMATS)
def test_a_pair_of_ours_that_nothing_can_be_learnt_from_is_told_of_and_not_loaded_again(
    tmp_path: Path, format_name: str
) -> None:
    """The sides of the second are the same but for white space, the third asks nothing."""
    pairs = [
        PAIR,
        replace(PAIR, id="p2", chosen="Not  this.\n", rejected=" Not this."),
        replace(PAIR, id="p3", prompt=" "),
    ]
    file = tmp_path / "pairs"
    written = export_pairs(stored(tmp_path / "a", pairs), "ana", file, Export(format_name))
    assert (written.pairs, written.unloadable) == (3, 2)
    assert "2 of them would not be loaded again" in next(written.warnings())
    loaded = load_pairs(stored(tmp_path / "b"), "ana", file)
    lines = (2, 3) if loaded.place == "row" or format_name != "csv" else (3, 5)
    assert [(row.line, row.reason) for row in loaded.skipped] == [
        (lines[0], "The chosen and the rejected answer are the same."),
        (lines[1], "The prompt text is empty."),
    ]
    assert pairs_in(tmp_path / "b") == [PAIR]


def test_what_is_there_is_replaced_only_where_that_was_asked_for(tmp_path: Path) -> None:
    """An empty file is as good as none."""
    data_dir, file = stored(tmp_path / "a", [PAIR]), tmp_path / "pairs.jsonl"
    file.touch()
    export_pairs(data_dir, "ana", file, Export())
    first = file.read_bytes()
    link = tmp_path / "link.jsonl"
    link.symlink_to(file)
    for path in (file, link):
        with pytest.raises(AlreadyThere, match="is there already"):
            export_pairs(data_dir, "ana", path, Export("trl"))
    assert file.read_bytes() == first
    export_pairs(data_dir, "ana", link, Export("trl"), replaces=True)
    assert file.read_bytes() != first
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a", "link.jsonl", "pairs.jsonl"]


@pytest.mark.parametrize(
    ("format_name", "sign"),
    [("csv", '"'), ("trl", "\x01"), ("hh", "\x01"), ("ultrafeedback", "\x01")],
)
def test_a_row_that_no_reading_would_take_is_refused_on_its_way_out(
    tmp_path: Path, format_name: str, sign: str
) -> None:
    """A quotation mark takes two characters of a table, a control character six of JSON."""
    long = replace(PAIR, prompt=sign * 999_000, chosen=sign * 999_000, rejected=sign * 998_000)
    data_dir, file = stored(tmp_path / "a", [long]), tmp_path / "pairs"
    with pytest.raises(BadInput, match=f"Pair p1 cannot be written as {format_name}: its row"):
        export_pairs(data_dir, "ana", file, Export(format_name))
    assert not file.exists()
    export_pairs(data_dir, "ana", file, Export("parquet"))
    assert load_pairs(data_dir, "ana", file).same == 1


def test_a_prompt_that_is_a_dialogue_goes_out_as_its_turns(tmp_path: Path) -> None:
    asked = "Human: Why?\n\nAssistant: So.\n\nHuman: And?"
    data_dir = stored(tmp_path / "a", [replace(PAIR, prompt=asked)])
    (row,) = written(data_dir, tmp_path / "f", "hh")
    assert row["chosen"] == f"\n\n{asked}\n\nAssistant: This."
    load_pairs(stored(tmp_path / "b"), "ana", tmp_path / "f")
    assert pairs_in(tmp_path / "b")[0].prompt == asked


def test_rows_are_those_that_trainers_read(tmp_path: Path) -> None:
    data_dir = stored(tmp_path / "a", [PAIR])
    user, this, that = (
        {"role": role, "content": content}
        for role, content in (("user", "Which?"), ("assistant", "This."), ("assistant", "That."))
    )
    expected: dict[str, dict[str, object]] = {
        "trl": {"prompt": "Which?", "chosen": "This.", "rejected": "That."},
        "trl-conversational": {"prompt": [user], "chosen": [this], "rejected": [that]},
        "hh": {
            "chosen": "\n\nHuman: Which?\n\nAssistant: This.",
            "rejected": "\n\nHuman: Which?\n\nAssistant: That.",
        },
        "argilla": {
            "instruction": "Which?",
            "chosen_response": "This.",
            "rejected_response": "That.",
        },
    }
    for name, texts in expected.items():
        (row,) = written(data_dir, tmp_path / name, name)
        assert row.pop("persona_studio") == {
            **{key: value for key, value in vars(PAIR).items() if key not in expected["trl"]},
            "evidence": [],
            "near": [],
        }
        assert row == texts
    (row,) = written(data_dir, tmp_path / "u", "ultrafeedback")
    assert (row["prompt"], row["chosen"], row["rejected"]) == ("Which?", [user, this], [user, that])
    assert (row["messages"], row["score_chosen"], row["score_rejected"]) == ([user, this], 1, 0)


def test_parquet_is_what_datasets_reads_and_its_parquet_is_read(tmp_path: Path) -> None:
    """`evidence` stays a list and the flags stay flags, with no cache left behind."""
    pairs = nasty_pairs(3, 40)
    file = tmp_path / "pairs.parquet"
    export_pairs(stored(tmp_path / "a", pairs), "ana", file, Export("parquet", "all"))
    table = Dataset.from_parquet(str(file), cache_dir=str(tmp_path / "cache"))
    assert [row["chosen"] for row in table] == [pair.chosen for pair in pairs]
    assert [tuple(row["evidence"]) for row in table] == [pair.evidence for pair in pairs]
    assert [row["held_out"] for row in table] == [pair.held_out for pair in pairs]
    table.to_parquet(str(tmp_path / "again.parquet"))
    loaded = load_pairs(stored(tmp_path / "b"), "ana", tmp_path / "again.parquet")
    assert (loaded.container, loaded.added) == ("parquet", 40)
    assert pairs_in(tmp_path / "b") == pairs


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    """But for the stance, whose sign is that of a number."""
    pairs = nasty_pairs(5, 300)
    file = tmp_path / "pairs.csv"
    export_pairs(stored(tmp_path / "a", pairs), "ana", file, Export("csv", "all"))
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    cells = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    assert len(cells) == 300
    assert not [
        cell
        for row in cells
        for name, cell in row.items()
        if name != "stance" and FORMULA.match(cell)
    ]
    assert sum(cell.startswith("'") for row in cells for cell in row.values()) > 100


def test_a_table_that_a_spreadsheet_saved_again_holds_the_same_pairs(tmp_path: Path) -> None:
    """With semicolons, Windows' line ends, TRUE for true, and no byte order mark."""
    pairs = [
        replace(PAIR, prompt="=1+1\nand, so; on", held_out=True, stance=-0.25),
        replace(PAIR, id="p2", chosen="'tis", evidence=("r1", "r2")),
    ]
    file = tmp_path / "pairs.csv"
    export_pairs(stored(tmp_path / "a", pairs), "ana", file, Export("csv"))
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=";").writerows(
        [cell.upper() if cell in ("true", "false") else cell for cell in row] for row in rows
    )
    file.write_bytes(saved.getvalue().replace("\r\n", "\n").replace("\n", "\r\n").encode())
    load_pairs(stored(tmp_path / "b"), "ana", file)
    assert pairs_in(tmp_path / "b") == pairs


def test_the_card_goes_out_as_in_training_and_does_not_come_back(tmp_path: Path) -> None:
    for name in ("trl-conversational", "ultrafeedback"):
        data_dir = stored(tmp_path / name, [PAIR])
        with opened(data_dir) as db, change(db, "Build a profile"):
            profile_rows.save(db, a_profile(known("schwartz.face", 0.9), reader_id="ana"))
        file = tmp_path / f"{name}.jsonl"
        (row,) = written(data_dir, file, name, None, True)
        messages = row["prompt"] if name == "trl-conversational" else row["chosen"]
        assert isinstance(messages, list)
        assert [message["role"] for message in messages][:2] == ["system", "user"]
        assert messages[0]["content"].startswith(prompt("writer").partition("{card}")[0])
        load_pairs(stored(tmp_path / f"{name}-b"), "ana", file)
        assert pairs_in(tmp_path / f"{name}-b") == [PAIR]


@pytest.mark.parametrize(
    ("export", "message"),
    [
        (Export("trl", None, True), "no place for the card"),
        (Export("trl-conversational", None, True), "'ana' has no profile"),
        (Export("xml"), "There is no format 'xml' for pairs."),
        (Export("parquet"), "Parquet is packed as it is"),
        (Export("trl", "accepted"), "has no pairs that would be written as 'accepted'"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_the_old_file(
    tmp_path: Path, export: Export, message: str
) -> None:
    file = tmp_path / "pairs.gz"
    file.write_text("what was there")
    with pytest.raises(BadInput, match=message):
        export_pairs(stored(tmp_path / "a", [PAIR]), "ana", file, export)
    assert file.read_text() == "what was there"


def test_a_refusal_in_the_last_row_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    bad = replace(PAIR, id="p2", chosen="x\n\nHuman: y")
    data_dir = stored(tmp_path / "a", [PAIR, bad])
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "pairs.jsonl").write_text("what was there")
    with pytest.raises(BadInput, match="Pair p2 cannot be written as HH-RLHF: its chosen text"):
        export_pairs(data_dir, "ana", folder / "pairs.jsonl", Export("hh"), replaces=True)
    assert [file.name for file in folder.iterdir()] == ["pairs.jsonl"]
    assert (folder / "pairs.jsonl").read_text() == "what was there"


def test_an_export_follows_a_link_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    target, link = tmp_path / "target.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(target)
    export_pairs(stored(tmp_path / "a", [PAIR]), "ana", link, Export())
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    data_dir = stored(tmp_path / "a", [PAIR])
    for place in (tmp_path / "no" / "such.jsonl", tmp_path):
        with pytest.raises(BadInput, match="cannot be written"):
            export_pairs(data_dir, "ana", place, Export())


def test_only_chooses_and_dropped_pairs_stay_out_of_what_others_train_on(tmp_path: Path) -> None:
    pairs = [
        replace(PAIR, id="train"),
        replace(PAIR, id="held", held_out=True),
        replace(PAIR, id="dropped", dropped=True, accepted=True),
        replace(PAIR, id="good", accepted=True),
    ]
    data_dir = stored(tmp_path / "a", pairs)

    def ids(*arguments: object) -> list[object]:
        rows = written(data_dir, tmp_path / "f", *arguments)
        return [(row.get("persona_studio") or row)["id"] for row in rows]

    expected = {
        "all": ["train", "held", "dropped", "good"],
        "kept": ["train", "held", "good"],
        "train": ["train", "good"],
        "held-out": ["held"],
        "accepted": ["good"],
    }
    assert {only: ids("trl", only) for only in ONLY} == expected
    assert ids("trl") == expected["kept"]
    assert ids("studio") == expected["all"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.CSV.gz", "csv"),
        ("a.parquet", "parquet"),
        ("a.jsonl", "studio"),
        ("a.jsonl.gz", "studio"),
        ("-", "studio"),
    ],
)
def test_the_format_is_told_by_the_name_of_the_file(name: str, expected: str) -> None:
    assert format_for(Path(name)) == expected


def test_gzip_is_the_same_for_the_same_pairs(tmp_path: Path) -> None:
    data_dir = stored(tmp_path / "a", [PAIR])
    export_pairs(data_dir, "ana", tmp_path / "a.jsonl.gz", Export())
    export_pairs(data_dir, "ana", tmp_path / "b.jsonl.gz", Export())
    packed = (tmp_path / "a.jsonl.gz").read_bytes()
    assert packed == (tmp_path / "b.jsonl.gz").read_bytes()
    assert json.loads(gzip.decompress(packed))["id"] == "p1"
