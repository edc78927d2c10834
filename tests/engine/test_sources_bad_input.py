"""What becomes of bad files and bad rows: a sentence with the place, and the good rows kept."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.domain import Skipped
from engine.sources.importing import ImportedReviews, read_books, read_preferences, read_reviews
from models.errors import BadInput

GOOD = '{"book": "Dune", "text": "Sand", "rating": 5}\n'
GOOD_AMAZON: dict[str, object] = {
    "user_id": "A1",
    "asin": "B1",
    "rating": 5.0,
    "text": "Sand",
    "timestamp": 1500000000000,
}


def imported(path: Path, content: str | bytes) -> ImportedReviews:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_reviews(path)


def refusal(path: Path, content: str | bytes, format_name: str | None = None) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as refused:
        read_reviews(path, format_name)
    return refused.value.message


def test_truncated_last_line_is_skipped_and_the_rest_kept(tmp_path: Path) -> None:
    read = imported(tmp_path / "p.jsonl", GOOD + "\n" + GOOD.replace("Sand", "Spice")[:25])
    assert [review.text for review in read.reviews] == ["Sand"]
    (skipped,) = read.skipped
    assert skipped.line == 3
    assert skipped.reason.startswith("The line is not complete JSON (column ")


def test_file_cut_off_inside_a_character_keeps_the_whole_rows(tmp_path: Path) -> None:
    read = imported(tmp_path / "p.jsonl", GOOD.encode() + '{"book": "Ć'.encode()[:-1])
    assert len(read.reviews) == 1
    assert [skipped.line for skipped in read.skipped] == [2]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"asin": None}, "The field 'parent_asin' or 'asin' is missing."),
        ({"user_id": ""}, "The field 'user_id' is missing."),
        ({"text": None}, "The field 'text' is missing."),
        ({"text": ["a"]}, "The field 'text' should be text but is ['a']."),
        ({"text": "a" * 1_000_001}, "The field 'text' is over 1,000,000 characters long."),
        ({"rating": None}, "The field 'rating' is missing."),
        ({"rating": 9}, "The rating 9 is not between 1 and 5."),
        ({"rating": 0}, "The rating 0 is not between 1 and 5."),
        ({"rating": "good"}, "The field 'rating' should be a number but is 'good'."),
        ({"rating": True}, "The field 'rating' should be a number but is True."),
        ({"rating": float("nan")}, "The field 'rating' should be a number but is nan."),
        ({"timestamp": 1500000000}, "The time stamp 1500000000 is not a time since 1995."),
        ({"timestamp": 1e30}, "The time stamp 1e+30 is not a time since 1995."),
        ({"product_categories": [1]}, "should be a list of names but is [1]."),
    ],
)
def test_bad_field_skips_its_row_with_the_reason(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    rows = [GOOD_AMAZON, {**GOOD_AMAZON, **change}, {**GOOD_AMAZON, "text": "Spice"}]
    read = imported(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert [review.text for review in read.reviews] == ["Sand", "Spice"]
    (skipped,) = read.skipped
    assert skipped.line == 2
    assert skipped.reason.endswith(reason)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1, 2]", "The line is not a JSON object but [1, 2]."),
        ("[" * 100_000, "The line is JSON that cannot be read: "),
        ("[" * 900 + "]" * 900, "The line is not a JSON object but [[[[[["),
        ('{"book": "Dune"}', "There is neither a text nor a rating."),
        ('{"text": "Sand"}', "The field 'book' or 'book_title' or 'product_title' or 'title'"),
        ('{"book": "Dune", "text": "x", "date": "soon"}', "The date 'soon' is not of the form"),
        ('{"book": "Dune", "text": "x", "date": "2020-13-01"}', "The date '2020-13-01' is not"),
    ],
)
def test_bad_plain_row_is_skipped_with_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    read = imported(tmp_path / "p.jsonl", GOOD + line + "\n")
    assert len(read.reviews) == 1
    (skipped,) = read.skipped
    assert skipped.line == 2
    assert skipped.reason.startswith(reason)


def test_repeated_review_is_listed_with_the_line_it_repeats(tmp_path: Path) -> None:
    read = imported(tmp_path / "p.jsonl", GOOD + "\n" + GOOD)
    assert len(read.reviews) == 1
    assert read.skipped == (Skipped(3, "It repeats the review of line 1."),)


def test_table_row_is_named_by_the_line_where_it_starts(tmp_path: Path) -> None:
    """The quoted first row takes lines 2 and 3, so the bad rating stands on line 4."""
    text = 'book,text,rating\nDune,"Sand\nand spice",5\nEmma,Witty,many\nUlysses,Long,3\n'
    read = imported(tmp_path / "p.csv", text)
    assert [review.text for review in read.reviews] == ["Sand\nand spice", "Long"]
    (skipped,) = read.skipped
    assert skipped == Skipped(4, "The field 'rating' should be a number but is 'many'.")


def test_row_with_too_few_cells_is_skipped(tmp_path: Path) -> None:
    read = imported(tmp_path / "p.csv", "book,text,rating\nDune,Sand,5\nEmma,Wit")
    assert len(read.reviews) == 1
    assert read.skipped == (Skipped(3, "The row has 2 cells, the header 3."),)


@pytest.mark.parametrize("quoted", ["", '"Wit, quoted"'])
def test_lost_quotation_mark_costs_one_row(tmp_path: Path, quoted: str) -> None:
    """The rows after the bad one are read again, whether or not they have quotes of their own."""
    after = [f"Emma{number},{quoted or 'Wit'},4" for number in range(50)]
    lines = ["book,text,rating", "Dune,Sand,5", 'Ulysses,"Long,3', *after]
    read = imported(tmp_path / "p.csv", "\n".join(lines) + "\n")
    assert len(read.reviews) == 51
    (skipped,) = read.skipped
    assert skipped.line == 3
    assert skipped.reason.startswith("The row is not CSV: ")


def test_cell_over_the_limit_costs_one_row(tmp_path: Path) -> None:
    """Five million characters are over what one record may have (4 Mi)."""
    text = "book,text\nDune,Sand\nUlysses," + "a" * 5_000_000 + "\nEmma,Wit\n"
    read = imported(tmp_path / "p.csv", text)
    assert [review.text for review in read.reviews] == ["Sand", "Wit"]
    assert [skipped.line for skipped in read.skipped] == [3]


def test_heading_without_text_is_skipped(tmp_path: Path) -> None:
    read = imported(tmp_path / "ana.md", "Hello.\n## Dune\n\n## Emma\nWitty.\n")
    assert [review.text for review in read.reviews] == ["Witty."]
    assert read.skipped == (
        Skipped(1, "The line stands under no book's heading."),
        Skipped(2, "There is no text under the heading."),
    )


def test_file_without_one_good_row_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    told = refusal(tmp_path / "p.jsonl", '{"book": "Dune", "rating": 7}\n{"book": "x"}\n')
    assert told.endswith("as jsonl. Line 1: The rating 7 is not between 1 and 5.")


def test_table_with_only_a_header_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path / "p.csv", "book,text\n")
    assert told.endswith("p.csv has no review in it, read as csv.")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("e.csv", b"", "is empty."),
        ("e.csv", b"\xef\xbb\xbf\r\n", "is empty."),
        ("e.jsonl.gz", gzip.compress(b""), "is empty."),
        ("e.jsonl.gz", GOOD.encode(), "is not gzip, whatever its name says."),
        ("e.jsonl.gz", gzip.compress(GOOD.encode() * 9)[:-9], "breaks off in the middle."),
        ("e.jsonl.gz", gzip.compress(GOOD.encode())[:-8] + bytes(8), "is a damaged .gz"),
        ("e.csv", b"PK\x03\x04rest", "is a zip archive, or a workbook of Excel or LibreOffice"),
        ("e.csv", b"ab\0\0\0\0", "is a binary file, not text."),
        (
            "e.csv",
            b"book,text\nDune,caf\xe9 noir\n",
            "byte 0xE9 in line 2, column 9.",
        ),
        ("e.csv", "book\ncafé".encode("utf-16")[:-4] + b"\x00\xd8e\x00", "is not UTF-16-LE"),
        (
            "e.json",
            b'[{"book": "Dune"}]\n',
            "begins like JSON, but no line of it is a whole object.",
        ),
        ("e.csv", b"name,age\nx,1\n", "it has the columns 'name', 'age'."),
        ("e.jsonl", b'{"a": 1}\n', "it has the fields 'a'."),
        ("e.txt", b"Just prose\n", "it begins with 'Just prose' and has no '#' heading."),
    ],
)
def test_file_that_is_no_reviews_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    message = refusal(path, content)
    assert message.startswith(str(path))
    assert told in message


def test_wrong_encoding_is_found_far_down_the_file_with_its_line(tmp_path: Path) -> None:
    """3,000 rows of 46 bytes are over the 64 KiB that are read at once."""
    told = refusal(tmp_path / "p.jsonl", GOOD.encode() * 3000 + b'{"book": "\xe9"}\n')
    assert told.endswith("is not UTF-8: byte 0xE9 in line 3001, column 11.")


@pytest.mark.parametrize("reader", [read_reviews, read_books, read_preferences])
def test_missing_file_directory_and_unknown_format_are_refused(
    tmp_path: Path, reader: Callable[[Path, str | None], object]
) -> None:
    with pytest.raises(BadInput, match=r"There is no file .*nope\.csv"):
        reader(tmp_path / "nope.csv", None)
    with pytest.raises(BadInput, match="is a directory"):
        reader(tmp_path, None)
    path = tmp_path / "p.jsonl"
    path.write_text(GOOD)
    with pytest.raises(BadInput, match="There is no format 'onyx'"):
        reader(path, "onyx")


def test_other_kind_of_data_is_refused_with_the_right_way_to_import_it(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"prompt": "a", "chosen": "b", "rejected": "c"}\n')
    with pytest.raises(BadInput, match=r"holds preferences \(trl\), not reviews") as refused:
        read_reviews(path)
    assert refused.value.hint == "Use `import preferences`."
    path.write_text(json.dumps({**GOOD_AMAZON, "title": "x", "year": 1}) + "\n")
    with pytest.raises(BadInput, match=r"holds reviews \(amazon2023\), not books") as refused:
        read_books(path)
    way = "Use `import reviews`, or say in the window that it holds reviews."
    assert refused.value.hint == way
