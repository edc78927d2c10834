"""Answers to the questionnaire from a file: good rows are kept, bad ones listed."""

from pathlib import Path

import pytest

from engine import self_report
from engine.answer_files import load_answers
from engine.domain import Reader
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    with opened(tmp_path) as db, change(db, "Add a reader"):
        reader_rows.save(db, [Reader("ada", "Ada", "by hand")], [], [])
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        '{"1": 4, "2": 5}',
        "number,choice\n1,4\n2,5\n",
        "1;4\n\n2;5",
        "\ufeff1\t4\r\n2\t5\r\n",
    ],
)
def test_json_and_tables_of_every_usual_kind_are_read(data_dir: Path, text: str) -> None:
    file = data_dir / "answers"
    file.write_text(text, encoding="utf-8")
    loaded = load_answers(data_dir, "ada", file)
    assert dict(loaded.sheet.answers.choices) == {1: 4, 2: 5}
    assert (loaded.kept, loaded.skipped) == (2, ())


def test_bad_rows_are_listed_by_line_and_the_good_ones_kept(data_dir: Path) -> None:
    """Item 28 is about politics, which is off; line 5 has no choice."""
    file = data_dir / "answers.csv"
    file.write_text("1,4\n2,6\n28,3\n121,1\n5\nsix,2\n7,often\n8,1\n")
    loaded = load_answers(data_dir, "ada", file)
    assert dict(loaded.sheet.answers.choices) == {1: 4, 8: 1}
    assert [(row.line, row.reason) for row in loaded.skipped] == [
        (2, "6 is no answer."),
        (3, "The questionnaire has no item 28 for this reader."),
        (4, "The questionnaire has no item 121 for this reader."),
        (5, "'' is no answer; answers go from 1 to 5."),
        (6, "'six' is no item number."),
        (7, "'often' is no answer; answers go from 1 to 5."),
    ]


def test_null_takes_an_answer_back(data_dir: Path) -> None:
    self_report.answer_all(data_dir, "ada", {1: 4, 2: 5})
    file = data_dir / "answers.json"
    file.write_text('{"1": null, "3": true}')
    loaded = load_answers(data_dir, "ada", file)
    assert dict(loaded.sheet.answers.choices) == {2: 5}
    assert [row.line for row in loaded.skipped] == [2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ('{"1": 4,', "are not JSON"),
        ("[1, 2]", "no JSON object"),
        ("number,choice\n", "no answer to keep"),
        ("Dear Ada,\nhow are you?\n", "no answer to keep. Line 2: 'how are you"),
    ],
)
def test_a_file_without_a_single_answer_is_refused_with_a_sentence(
    data_dir: Path, text: str, told: str
) -> None:
    file = data_dir / "answers"
    file.write_text(text)
    with pytest.raises(BadInput, match=told):
        load_answers(data_dir, "ada", file)


def test_a_file_that_is_not_there_or_not_text_is_refused(data_dir: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_answers(data_dir, "ada", data_dir / "nothing.csv")
    (data_dir / "photo").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(BadInput, match="not UTF-8"):
        load_answers(data_dir, "ada", data_dir / "photo")
