"""What readers export of their own libraries: StoryGraph, LibraryThing, Markdown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import Book, Reader, Skipped
from engine.sources.importing import ImportedReviews, read_reviews
from models.errors import BadInput

STORYGRAPH = (
    "Title,Authors,Contributors,ISBN/UID,Format,Read Status,Date Added,Last Date Read,Dates Read,"
    "Read Count,Moods,Pace,Character- or Plot-Driven?,Strong Character Development?,"
    "Loveable Characters?,Diverse Characters?,Flawed Characters?,Star Rating,Review,"
    "Content Warnings,Content Warning Description,Tags,Owned?\n"
)
LIBRARYTHING = (
    "Book Id\tTitle\tPrimary Author\tDate\tReview\tRating\tComment\tDate Read\tTags\tCollections"
    "\tISBN\tISBNs\tEntry Date\n"
)


def imported(path: Path, content: str | bytes) -> ImportedReviews:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_reviews(path)


def storygraph_row(**cells: str) -> str:
    names = STORYGRAPH.strip().split(",")
    return ",".join(f'"{cells.get(name.split("/")[0].replace(" ", "_"), "")}"' for name in names)


def test_storygraph_export_keeps_what_was_rated_or_reviewed(tmp_path: Path) -> None:
    """A quarter star counts as one star; 0140328726 is 9780140328721 in thirteen digits."""
    rows = [
        storygraph_row(
            Title="Matilda",
            Authors="Roald Dahl",
            ISBN="0140328726",
            Star_Rating="4.25",
            Review="<div>So <em>brave</em>!<br>Loved it &amp; her.</div><div>3 < 5</div>",
            Last_Date_Read="2024/03/22",
            Date_Added="2022/03/01",
            Tags="school, favourites",
        ),
        storygraph_row(Title="Ulysses", Authors="James Joyce", ISBN="a1b2", Star_Rating="0.25"),
        storygraph_row(Title="Later", Read_Status="to-read", Star_Rating="0.0"),
        storygraph_row(Title="Odd", Star_Rating="seven"),
        storygraph_row(
            Title="Twice",
            Star_Rating="3",
            Dates_Read="2022/01/04-2022/01/19, 2023/03/01-2023/03/02",
        ),
    ]
    read = imported(tmp_path / "Ana.csv", STORYGRAPH + "\n".join(rows) + "\n")
    assert read.format == "storygraph"
    assert read.readers == (Reader("ana", "Ana", "storygraph"),)
    assert read.books[0] == Book(
        "9780140328721", "Matilda", "Roald Dahl", categories=("school", "favourites")
    )
    assert read.books[1].id == "ulysses-james-joyce"
    assert [(review.text, review.rating) for review in read.reviews] == [
        ("So brave!\nLoved it & her.\n3 < 5", 4.25),
        ("", 1.0),
        ("", 3.0),
    ]
    assert read.reviews[0].written_at == datetime(2024, 3, 22, tzinfo=UTC)
    assert read.reviews[2].written_at == datetime(2023, 3, 2, tzinfo=UTC)
    assert read.skipped == (Skipped(5, "The rating 'seven' is not a grade."),)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_librarything_table_is_read_in_every_encoding_it_was_written_in(
    tmp_path: Path, encoding: str
) -> None:
    rows = (
        '5498194\tRayuela\tCortázar, Julio\t1963\t"Señor" of all.[Return][Return]Twice.\t4.5\tmine'
        "\t2019-05-01\tnovela, París\tYour library\t[8437604575]\t[8437604575, 9788437604572]"
        "\t2010-11-27\n"
        "5498195\tOwned only\tSaw, A.\t2001\t\t\t\t\t\tYour library\t\t\t2010-11-27\n"
        "5498196\tHalf a line\tSaw, A.\t2001\tFirst paragraph.\n"
        "Second paragraph.\t3\t\t\t\t\t\t\t2010-11-28\n"
        "5498197\tShort\tSaw, A.\t?\tNo tabs after this\n"
        "5498198\tBroken\t" + "x\t" * 20 + "\n"
    )
    read = imported(tmp_path / "lt.tsv", (LIBRARYTHING + rows).encode(encoding))
    assert read.format == "librarything"
    assert read.readers == (Reader("lt", "lt", "librarything"),)
    assert read.books == (
        Book("9788437604572", "Rayuela", "Julio Cortázar", 1963, ("novela", "París")),
        Book("half-a-line-a-saw", "Half a line", "A. Saw", 2001),
        Book("short-a-saw", "Short", "A. Saw"),
    )
    assert [(review.text, review.rating) for review in read.reviews] == [
        ('"Señor" of all.\n\nTwice.', 4.5),
        ("First paragraph.\nSecond paragraph.", 3.0),
        ("No tabs after this", None),
    ]
    assert read.reviews[0].written_at == datetime(2019, 5, 1, tzinfo=UTC)
    assert read.skipped == (Skipped(7, "The row has 23 cells, the header 13."),)


def librarything_json() -> str:
    book = {
        "books_id": "105446525",
        "title": "Magic Lessons",
        "primaryauthor": "Malin, Brona",
        "authors": [{"lf": "Malin, Brona", "fl": "Brona Malin"}],
        "tags": ["anthropology", "religion"],
        "originalisbn": "0140328726",
        "isbn": {"0": "0140328726", "2": "9780140328721"},
        "date": "1925",
        "rating": 4,
        "review": 'She says "no" } and { means it.',
        "dateread": "2014-02-03",
        "entrydate": "2014-01-21",
    }
    unread = {"books_id": "105446526", "title": "Saga", "date": "?", "entrydate": "2014-01-21"}
    return json.dumps({"105446525": book, "105446526": unread, "105446527": book}, indent=2)


def test_librarything_json_is_one_object_of_books(tmp_path: Path) -> None:
    read = imported(tmp_path / "lt.json", librarything_json())
    assert read.format == "librarything_json"
    assert read.books == (
        Book("9780140328721", "Magic Lessons", "Brona Malin", 1925, ("anthropology", "religion")),
    )
    (review,) = read.reviews
    assert (review.text, review.rating) == ('She says "no" } and { means it.', 4.0)
    assert review.written_at == datetime(2014, 2, 3, tzinfo=UTC)
    (repeated,) = read.skipped
    assert repeated.reason == "It repeats the review of line 2."


def test_librarything_json_that_breaks_off_keeps_the_whole_books(tmp_path: Path) -> None:
    text = librarything_json()
    read = imported(tmp_path / "lt.json", text[: text.rindex("Magic") + 3])
    assert len(read.reviews) == 1
    assert [skipped.reason for skipped in read.skipped] == [
        "The file is damaged or breaks off in the book that begins here."
    ]


@pytest.mark.parametrize(
    ("heading", "rating", "date"),
    [
        ("# Dune by Frank Herbert", "Rating: 4/5", "Date: 2020-12-27"),
        ("### Dune by Frank Herbert ###", "★★★★☆", "2020-12-27"),
        ("Dune by Frank Herbert\n=====", "**Rating:** 8/10", "*Read on: 27 December 2020*"),
        ("Dune by Frank Herbert\n-----", "- Note : 16/20", "- Lu le : 2020-12-27"),
        ("## Dune by Frank Herbert", "\u8a55\u4fa1\uff1a4", "27.12.2020"),
    ],
)
def test_markdown_review_may_carry_a_rating_and_a_date(
    tmp_path: Path, heading: str, rating: str, date: str
) -> None:
    other = heading.replace("Dune by Frank Herbert", "Emma")
    text = f"{heading}\n\n{rating}\n{date}\n\nSand.\n\nMore sand.\n\n{other}\nWitty.\n"
    read = imported(tmp_path / "ana.md", text)
    assert read.format == "text"
    assert [book.title for book in read.books] == ["Dune", "Emma"]
    first, second = read.reviews
    assert (first.text, first.rating) == ("Sand.\n\nMore sand.", 4.0)
    assert first.written_at == datetime(2020, 12, 27, tzinfo=UTC)
    assert (second.text, second.rating, second.written_at) == ("Witty.", None, None)


def test_markdown_headings_over_and_under_the_books_are_not_books(tmp_path: Path) -> None:
    text = (
        "# My shelf\n\nAn introduction.\n\n## 2020\n\n### Dune\n\nSand.\n\n#### What I liked\n\n"
        "The worms.\n\n```\n# no heading\n```\n\n---\n\n4/5\n\n## 2021\n\n### Emma\n\nWitty.\n"
    )
    read = imported(tmp_path / "ana.md", text)
    assert [book.title for book in read.books] == ["Dune", "Emma"]
    assert read.reviews[0].text == (
        "Sand.\n\n#### What I liked\n\nThe worms.\n\n```\n# no heading\n```\n\n---"
    )
    assert read.reviews[0].rating == 4.0
    assert read.skipped == (Skipped(3, "The line stands under no book's heading."),)


def test_sentence_about_a_rating_stays_in_the_review(tmp_path: Path) -> None:
    text = "## Dune\n\nRating this: hard.\nRead: twice.\n\n## Emma\n\nRating: 9/5\nWitty.\n"
    read = imported(tmp_path / "ana.md", text)
    assert [review.text for review in read.reviews] == [
        "Rating this: hard.\nRead: twice.",
        "Rating: 9/5\nWitty.",
    ]
    assert [review.rating for review in read.reviews] == [None, None]


def test_comment_on_top_of_a_table_is_no_review(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is in no format known for reviews"):
        imported(tmp_path / "t.csv", "# exported, today\nname,age\nx,1\n")
