"""Files of pairs that others made, or that were spoilt on the way: what is good is taken."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from datasets import Dataset

from engine.domain import Framework, PreferencePair
from engine.pair_files import loading
from engine.pair_files.exporting import Export, export_pairs
from engine.pair_files.loading import About, is_held_out, load_pairs
from engine.store import journal
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.pair_file_texts import STRANGERS, lines, nasty_pairs, pairs_in, stored

PAIR = PreferencePair("p1", "ana", "values", "t", "t.1", "Which?", "This.", "That.", "scene.1")


@pytest.mark.parametrize("container", ["json", "parquet"])
@pytest.mark.parametrize("format_name", STRANGERS)
def test_other_peoples_pairs_are_told_by_their_fields(
    tmp_path: Path, format_name: str, container: str
) -> None:
    data_dir, file = stored(tmp_path / "data"), tmp_path / "theirs"
    row = STRANGERS[format_name]
    if container == "parquet":
        Dataset.from_list([row]).to_parquet(str(file))
    else:
        lines(file, row)
    loaded = load_pairs(data_dir, "ana", file)
    assert (loaded.format, loaded.container, loaded.added) == (format_name, container, 1)
    (pair,) = pairs_in(data_dir)
    assert (pair.prompt, pair.chosen, pair.rejected) == ("Which?", "This.", "That.")
    assert (pair.made, pair.trait_id, pair.track) == ("imported", "", "descriptions")
    assert (pair.topic, pair.origin, pair.stance) == ("Which?", "theirs", 0.0)


def test_a_table_of_any_making_needs_three_columns(tmp_path: Path) -> None:
    """Capitals do not count, and in somebody else's table an apostrophe is one."""
    file = tmp_path / "theirs.csv"
    file.write_text("Prompt;Chosen;Rejected;Note\nWhich?;'=1+1;That;\nNext?;a;a;same\n")
    loaded = load_pairs(stored(tmp_path / "data"), "ana", file)
    assert (loaded.format, loaded.container) == ("trl", "csv")
    assert pairs_in(tmp_path / "data")[0].chosen == "'=1+1"
    assert [(row.line, row.reason) for row in loaded.skipped] == [
        (3, "The chosen and the rejected answer are the same.")
    ]


def test_loading_other_peoples_pairs_again_keeps_what_the_editor_did(tmp_path: Path) -> None:
    data_dir, file = stored(tmp_path / "data"), lines(tmp_path / "theirs", STRANGERS["trl"])
    load_pairs(data_dir, "ana", file)
    (pair,) = pairs_in(data_dir)
    touched = replace(pair, chosen="Mended.", edited=True, flagged=True)
    with opened(data_dir) as db, change(db, "Edit a pair"):
        pair_rows.update(db, touched)
    assert load_pairs(data_dir, "ana", file).same == 1
    assert pairs_in(data_dir) == [touched]
    about = About(None, "ocean.openness")
    assert load_pairs(data_dir, "ana", file, about=about).changed == 1
    assert pairs_in(data_dir) == [replace(touched, track="personality", trait_id="ocean.openness")]


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (About(), ("descriptions", "")),
        (About("values"), ("values", "")),
        (About(None, "schwartz.face.1"), ("values", "schwartz.face.1")),
        (About(None, "interests.poetry"), ("interests", "interests.poetry")),
        (About("descriptions", "ocean.openness"), ("descriptions", "ocean.openness")),
    ],
)
def test_the_person_says_what_other_peoples_pairs_are_about(
    tmp_path: Path, about: About, expected: tuple[str, str]
) -> None:
    data_dir, file = stored(tmp_path / "data"), lines(tmp_path / "theirs", STRANGERS["trl"])
    load_pairs(data_dir, "ana", file, about=about)
    (pair,) = pairs_in(data_dir)
    assert (pair.track, pair.trait_id) == expected


def test_every_framework_that_a_pair_can_be_about_has_its_track() -> None:
    assert set(loading._TRACKS) == set(get_args(Framework)) - {"demographics"}


def test_a_trait_that_is_none_is_refused(tmp_path: Path) -> None:
    file = lines(tmp_path / "theirs", STRANGERS["trl"])
    with pytest.raises(BadInput, match="There is no trait 'kindness'"):
        load_pairs(stored(tmp_path / "data"), "ana", file, about=About(None, "kindness"))


def test_our_own_pairs_say_themselves_what_they_are_about(tmp_path: Path) -> None:
    file = tmp_path / "ours"
    export_pairs(stored(tmp_path / "a", [PAIR]), "ana", file, Export("trl"))
    load_pairs(stored(tmp_path / "b"), "ana", file, about=About("interests", "ocean.openness"))
    assert pairs_in(tmp_path / "b") == [PAIR]


def test_pairs_of_one_prompt_are_held_out_together_and_about_15_in_100_prompts_are(
    tmp_path: Path,
) -> None:
    """Of 2,000 prompts 300 are expected, with a standard deviation of 16."""
    rows = [
        {"prompt": f"Which {n}?", "chosen": side, "rejected": "no"}
        for n in range(2000)
        for side in ("yes", "sure")
    ]
    loaded = load_pairs(stored(tmp_path / "data"), "ana", lines(tmp_path / "theirs", *rows))
    sides: dict[str, set[bool]] = {}
    for pair in pairs_in(tmp_path / "data"):
        sides.setdefault(pair.prompt, set()).add(pair.held_out)
        assert pair.held_out == is_held_out(pair.prompt)
    assert all(len(held) == 1 for held in sides.values())
    assert 240 < sum(True in held for held in sides.values()) < 360
    assert loaded.held_out == 2 * sum(True in held for held in sides.values())


def test_bad_rows_are_listed_with_line_field_and_what_was_expected(tmp_path: Path) -> None:
    data_dir = stored(tmp_path / "data", [PAIR, replace(PAIR, id="p9", reader_id="jo")])
    rows = [
        {**vars(PAIR), "chosen": "Another."},
        {**vars(PAIR)},
        {**vars(PAIR), "id": "p2", "reader_id": "jo"},
        {**vars(PAIR), "id": "p3", "track": "weather"},
        {**vars(PAIR), "id": "p4", "held_out": "no"},
        {**vars(PAIR), "id": "p5", "rejected": " "},
        {**vars(PAIR), "id": "p6", "evidence": [1]},
        {**vars(PAIR), "id": "p7", "stance": 3},
        {**vars(PAIR), "id": "p8", "prompt": ["x"]},
        {**vars(PAIR), "id": "p9"},
    ]
    file = lines(tmp_path / "pairs.jsonl", *rows)
    file.write_text(file.read_text() + "\n{cut off")
    loaded = load_pairs(data_dir, "ana", file)
    assert (loaded.pairs, loaded.changed, loaded.added) == (1, 1, 0)
    assert pairs_in(data_dir) == [replace(PAIR, chosen="Another.", edited=True)]
    assert {row.line: row.reason for row in loaded.skipped} == {
        2: "It repeats the pair of line 1.",
        3: "It is a pair of the reader 'jo'.",
        4: "The field 'track' should be interests, values, personality or descriptions but is "
        "'weather'.",
        5: "The field 'held_out' should be true or false but is 'no'.",
        6: "The rejected text is empty.",
        7: "The field 'evidence' should be a list of texts but is [1].",
        8: "The field 'stance' should be from -1 to 1 but is 3.",
        9: "The field 'prompt' should be text but is ['x'].",
        10: "The id 'p9' is that of a pair of the reader 'jo'.",
        12: "The line is not complete JSON (column 2: Expecting property name enclosed in double "
        "quotes).",
    }


def test_an_older_file_of_ours_is_loaded_without_the_younger_fields(tmp_path: Path) -> None:
    younger = ("accepted", "flagged", "stance", "evidence", "made", "near")
    row = {name: value for name, value in vars(PAIR).items() if name not in younger}
    load_pairs(stored(tmp_path / "data"), "ana", lines(tmp_path / "old.jsonl", row))
    assert pairs_in(tmp_path / "data") == [PAIR]


def test_loading_is_one_change_that_undo_takes_back(tmp_path: Path) -> None:
    data_dir, file = stored(tmp_path / "a"), tmp_path / "pairs.parquet"
    export_pairs(stored(tmp_path / "b", nasty_pairs(1, 2500)), "ana", file, Export("parquet"))
    load_pairs(data_dir, "ana", file)
    assert len(pairs_in(data_dir)) == len(pairs_in(tmp_path / "b")) - sum(
        pair.dropped for pair in nasty_pairs(1, 2500)
    )
    with opened(data_dir) as db:
        undone = journal.undo(db)
    assert undone is not None
    assert undone.title == "Load pairs"
    assert pairs_in(data_dir) == []


def test_what_stops_the_reading_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    rows = [{"prompt": f"p{n}", "chosen": "a" * 200, "rejected": "b"} for n in range(5000)]
    heard: list[int] = []

    def stop_halfway(bytes_read: int) -> None:
        heard.append(bytes_read)
        if len(heard) > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_pairs(
            stored(tmp_path / "data"), "ana", lines(tmp_path / "f", *rows), watch=stop_halfway
        )
    assert heard[0] < heard[-1]
    assert pairs_in(tmp_path / "data") == []
