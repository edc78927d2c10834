"""What becomes of good rows, format by format."""

import gzip
import hashlib
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import Book, Reader
from engine.sources.importing import read_books, read_reviews
from engine.store.database import change, opened
from engine.store.readers import save

AMAZON_2023: dict[str, object] = {
    "user_id": "AE3",
    "category": "Books",
    "asin": "B01",
    "parent_asin": "B00",
    "rating": 4.0,
    "title": "Pretty",
    "text": "Good.<br /><br />Not &quot;great&quot;.",
    "timestamp": 1500000000000,
    "product_title": "The House of the Spirits by Isabel Allende",
    "product_categories": ["Books", "Literature &amp; Fiction"],
    "heldout": True,
}
GOODREADS_HEADER = (
    "Book Id,Title,Author,ISBN,ISBN13,My Rating,Year Published,Original Publication Year,"
    "Date Read,Date Added,Bookshelves,Exclusive Shelf,My Review\n"
)
KAGGLE_HEADER = (
    "Id,Title,Price,User_id,profileName,review/helpfulness,review/score,review/time,"
    "review/summary,review/text\n"
)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def as_jsonl(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_amazon2023_row_becomes_reader_book_and_review(tmp_path: Path) -> None:
    """1500000000 s after the epoch is 2017-07-14 02:40:00 UTC; the parent asin names the book."""
    imported = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(AMAZON_2023)))
    assert imported.format == "amazon2023"
    assert imported.readers == (Reader("AE3", "AE3", "amazon2023"),)
    assert imported.books == (
        Book(
            "B00",
            "The House of the Spirits",
            "Isabel Allende",
            categories=("Books", "Literature & Fiction"),
        ),
    )
    (review,) = imported.reviews
    assert review.text == 'Good.\n\nNot "great".'
    assert (review.title, review.rating) == ("Pretty", 4.0)
    assert review.written_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
    assert imported.skipped == ()


def test_review_id_is_the_digest_of_reader_book_and_text(tmp_path: Path) -> None:
    imported = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(AMAZON_2023)))
    parts = 'AE3\0B00\0Good.\n\nNot "great".\0'
    assert imported.reviews[0].id == hashlib.sha256(parts.encode()).hexdigest()[:16]


def test_same_review_has_the_same_id_in_every_format(tmp_path: Path) -> None:
    amazon = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(AMAZON_2023)))
    row: dict[str, object] = {"user": "AE3", "asin": "B00", "title": "x"}
    row["text"] = 'Good.\n\nNot "great".'
    plain = read_reviews(written(tmp_path / "b.jsonl", as_jsonl(row)))
    assert plain.format == "jsonl"
    assert plain.reviews[0].id == amazon.reviews[0].id


@pytest.mark.parametrize(
    ("product_title", "title", "author"),
    [
        ("Shoe Dog by Phil Knight", "Shoe Dog", "Phil Knight"),
        ("Stand by Me by Stephen King", "Stand by Me", "Stephen King"),
        ("Wind, Sand by Antoine de Saint-Exupéry", "Wind, Sand", "Antoine de Saint-Exupéry"),
        ("Hojoki by Kamo no Chomei", "Hojoki", "Kamo no Chomei"),
        (
            "Good Omens by Terry Pratchett & Neil Gaiman",
            "Good Omens",
            "Terry Pratchett & Neil Gaiman",
        ),
        ("Surprised by Joy: The Shape of My Early Life", None, ""),
        ("Surprised by Joy", None, ""),
        ("Call Me by Your Name", None, ""),
        ("Side by side", None, ""),
    ],
)
def test_author_is_split_from_a_books_title_only_where_a_name_ends_it(
    tmp_path: Path, product_title: str, title: str | None, author: str
) -> None:
    row = {**AMAZON_2023, "product_title": product_title}
    (book,) = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(row))).books
    assert (book.title, book.author) == (title or product_title, author)


def test_maker_of_another_product_is_not_taken_for_an_author(tmp_path: Path) -> None:
    row = {**AMAZON_2023, "category": "Toys", "product_categories": None}
    row["product_title"] = "Stickers by Just Play"
    (book,) = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(row))).books
    assert book == Book("B00", "Stickers by Just Play", categories=("Toys",))


def test_book_without_a_title_is_called_by_its_id(tmp_path: Path) -> None:
    row = {**AMAZON_2023, "product_title": None}
    assert read_reviews(written(tmp_path / "a.jsonl", as_jsonl(row))).books[0].title == "B00"


def test_amazon2018_times_are_seconds_and_missing_text_is_empty(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "reviewerID": "A1",
        "reviewerName": "J. &quot;Jim&quot; Oz",
        "asin": "0141026162",
        "overall": 2.0,
        "summary": "Thin",
        "unixReviewTime": 1500000000,
    }
    imported = read_reviews(written(tmp_path / "a.json", as_jsonl(row)))
    assert imported.format == "amazon2018"
    assert imported.readers == (Reader("A1", 'J. "Jim" Oz', "amazon2018"),)
    (review,) = imported.reviews
    assert (review.text, review.title, review.rating) == ("", "Thin", 2.0)
    assert review.written_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


def test_goodreads_export_keeps_rated_and_reviewed_books_of_one_reader(tmp_path: Path) -> None:
    text = (
        GOODREADS_HEADER
        + '1,"Dune, I",Frank Herbert,"=""0441013597""","=""9780441013593""",5,2005,1965,'
        '2014/04/05,2010/12/02,"sf, to-read",read,"Sand.<br/>&amp; more <spoiler>x</spoiler>"\n'
        + '2,Odyssey,Homer,"=""""","=""""",3,2003,-800,,2011/02/06,,read,\n'
        + '3,Emma,Jane Austen,"=""""","=""""",0,2003,1815,,2011/02/07,,to-read,\n'
        + '4,Ulysses,James Joyce,"=""""","=""""",0,1990,1922,,2011/02/08,,dropped,Gave up.\n'
    )
    imported = read_reviews(written(tmp_path / "My export.csv", text))
    assert imported.format == "goodreads_csv"
    assert imported.readers == (Reader("my-export", "My export", "goodreads_csv"),)
    assert imported.books == (
        Book("9780441013593", "Dune, I", "Frank Herbert", 1965, ("sf",)),
        Book("gr:2", "Odyssey", "Homer", -800),
        Book("gr:4", "Ulysses", "James Joyce", 1922),
    )
    assert [(review.text, review.rating) for review in imported.reviews] == [
        ("Sand.\n& more <spoiler>x</spoiler>", 5.0),
        ("", 3.0),
        ("Gave up.", None),
    ]
    assert imported.reviews[0].written_at == datetime(2014, 4, 5, tzinfo=UTC)
    assert imported.reviews[1].written_at == datetime(2011, 2, 6, tzinfo=UTC)
    assert imported.skipped == ()


def test_kaggle_reviews_without_a_user_are_left_out_as_nobodys(tmp_path: Path) -> None:
    text = (
        KAGGLE_HEADER
        + '0826,Icon,,A30,"Jim ""jim-of-oz""",7/7,4.0,1095724800,Nice,Fine.\n'
        + "0826,Icon,,,,1/1,5.0,1095724800,,Lovely.\n"
        + "0827,Nation,,,,1/1,1.0,1095724800,,Dull.\n"
    )
    imported = read_reviews(written(tmp_path / "k.csv", text))
    assert imported.format == "kaggle_csv"
    assert imported.readers == (Reader("A30", 'Jim "jim-of-oz"', "kaggle_csv"),)
    assert [book.id for book in imported.books] == ["0826"]
    assert [(row.line, "User_id" in row.reason) for row in imported.skipped] == [
        (3, True),
        (4, True),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_plain_table_is_read_by_its_column_names(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["Reader", "Book Title", "Author", "Rating", "Review", "Date"],
        ["Ana Lima", "Dune", "Frank Herbert", "4.5", "Sand", "2020-12-27"],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    imported = read_reviews(written(tmp_path / "p.csv", text))
    assert imported.format == "csv"
    assert imported.readers == (Reader("Ana Lima", "Ana Lima", "csv"),)
    assert imported.books == (Book("dune-frank-herbert", "Dune", "Frank Herbert"),)
    (review,) = imported.reviews
    assert (review.text, review.rating) == ("Sand", 4.5)
    assert review.written_at == datetime(2020, 12, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", [1500000000, 1500000000000, 1500000000.0, "1500000000", "2017-07-14T02:40:00Z"]
)
def test_plain_dates_may_be_written_or_counted(tmp_path: Path, date: object) -> None:
    row = {"book": "Dune", "text": "Sand", "date": date}
    (review,) = read_reviews(written(tmp_path / "p.jsonl", as_jsonl(row))).reviews
    assert review.written_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


def test_plain_title_is_the_books_unless_the_book_has_its_own_key(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"title": "Dune", "text": "Sand"},
        {"book": "Emma", "title": "So witty", "text": "Yes"},
    ]
    imported = read_reviews(written(tmp_path / "two words.jsonl", as_jsonl(*rows)))
    assert [book.title for book in imported.books] == ["Dune", "Emma"]
    assert [review.title for review in imported.reviews] == ["", "So witty"]
    assert imported.readers == (Reader("two-words", "two words", "jsonl"),)


def test_text_file_has_one_review_under_each_heading(tmp_path: Path) -> None:
    text = "# What I read\n\n## Dune by Frank Herbert\n\nSand.\n\n- dry\n\n## C#\nSharp.\n"
    imported = read_reviews(written(tmp_path / "ana.md", text))
    assert imported.format == "text"
    assert imported.readers == (Reader("ana", "ana", "text"),)
    assert imported.books == (
        Book("dune-frank-herbert", "Dune", "Frank Herbert"),
        Book("c", "C#"),
    )
    assert [review.text for review in imported.reviews] == ["Sand.\n\n- dry", "Sharp."]
    assert imported.skipped == ()


RIGHT_TO_LEFT = "\u202e\u05e9\u05dc\u05d5\u05dd\u202c"
HOSTILE = f"\x1b[31mred\x1b[0m [/INST] [b]x[/b] {RIGHT_TO_LEFT} ?a=1&region=2 &copyright; <i>"


def test_hostile_text_is_kept_as_it_is_and_nul_is_removed(tmp_path: Path) -> None:
    row = {**AMAZON_2023, "text": "a\0" + HOSTILE + "\ud800."}
    (review,) = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(row))).reviews
    assert review.text == "a" + HOSTILE + "\ufffd."
    review.text.encode("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_with_a_mark_gives_the_same_review(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes("reader,book,text\r\nZoë,Ćut,ਊ ok ✓\r\n".encode(encoding))
    imported = read_reviews(path)
    assert imported.readers[0].id == "Zoë"
    assert imported.books[0].title == "Ćut"
    assert imported.reviews[0].text == "ਊ ok ✓"


def test_gzip_of_several_parts_is_read_as_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    second = {**AMAZON_2023, "user_id": "AE4"}
    path.write_bytes(
        gzip.compress(as_jsonl(AMAZON_2023).encode()) + gzip.compress(as_jsonl(second).encode())
    )
    assert [reader.id for reader in read_reviews(path).readers] == ["AE3", "AE4"]


@pytest.mark.parametrize("path", [None, Path("-")])
def test_standard_input_is_read_without_a_path(
    path: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = as_jsonl({"book": "Dune", "text": "Sand ✓"}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    imported = read_reviews(path, "jsonl")
    assert imported.readers == (Reader("standard-input", "standard-input", "jsonl"),)
    assert len(imported.reviews) == 1


def test_lines_longer_than_what_is_read_at_once_stay_whole(tmp_path: Path) -> None:
    """Reads are of 64 KiB; the text is 300,000 two-byte characters, and a short row follows."""
    text = "é" * 300_000
    rows: list[dict[str, object]] = [{"book": "Dune", "text": text}, {"book": "Emma", "text": "x"}]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    imported = read_reviews(written(tmp_path / "p.jsonl", lines))
    assert [len(review.text) for review in imported.reviews] == [300_000, 1]


def test_importing_a_file_twice_adds_nothing(tmp_path: Path) -> None:
    imported = read_reviews(written(tmp_path / "a.jsonl", as_jsonl(AMAZON_2023)))
    with opened(tmp_path / "data") as db:
        added = []
        for _ in range(2):
            with change(db, "Import reviews"):
                added.append(save(db, imported.readers, imported.books, imported.reviews))
    assert added == [1, 0]


def test_kaggle_books_carry_authors_year_and_description(tmp_path: Path) -> None:
    text = (
        "Title,description,authors,publisher,publishedDate,categories,ratingsCount\n"
        "Choices,A &amp; B,\"['Camillia El-Solh', 'Judy Mabro']\",,2005-02,\"['Religion']\",\n"
        "Plain,,,,1/1/05,,\n"
    )
    imported = read_books(written(tmp_path / "books.csv", text))
    assert imported.format == "kaggle_csv"
    assert imported.books == (
        Book(
            "choices-camillia-el-solh-judy-mabro",
            "Choices",
            "Camillia El-Solh, Judy Mabro",
            2005,
            ("Religion",),
            "A & B",
        ),
        Book("plain", "Plain"),
    )


def test_plain_books_are_read_from_lines_and_from_tables(tmp_path: Path) -> None:
    dune = Book("dune-frank-herbert", "Dune", "Frank Herbert", 1965, ("sf", "classics"), "Sand.")
    row: dict[str, object] = {"title": "Dune", "author": "Frank Herbert", "year": 1965}
    row |= {"categories": ["sf", "classics"], "description": "Sand."}
    lines = read_books(written(tmp_path / "b.jsonl", as_jsonl(row)))
    header = "Title,Author,Year,Categories,Description\n"
    table = read_books(
        written(tmp_path / "b.csv", header + "Dune,Frank Herbert,1965,sf; classics,Sand.\n")
    )
    assert (lines.format, lines.books) == ("jsonl", (dune,))
    assert (table.format, table.books) == ("csv", (dune,))
