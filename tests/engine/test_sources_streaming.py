"""Long files of many readers: counted first, then only the chosen ones' rows read and stored."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.domain import Skipped
from engine.imports import (
    import_books,
    import_reviews,
    look_at_reviews,
    review_formats,
    survey_reviews,
)
from engine.sources.choice import Choice
from engine.sources.importing import read_reviews
from engine.store import journal
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.errors import BadInput
from models.events import Finished, Step, result_of


def row(reader: object, number: int = 0, **more: object) -> dict[str, object]:
    return {
        "user_id": reader,
        "asin": f"B{number}",
        "rating": 4.0,
        "text": f"Book {number}.",
        "timestamp": 1500000000000,
        **more,
    }


def jsonl(rows: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(one) + "\n" for one in rows)


def many(readers: int = 1200) -> str:
    """Each reader with one review, but for R7 with five and R9 with three."""
    rows = [row(f"R{number}", number) for number in range(readers)]
    rows += [row("R7", 5000 + number) for number in range(4)]
    rows += [row("R9", 6000 + number) for number in range(2)]
    return jsonl(rows)


def stored(data_dir: Path) -> dict[str, int]:
    with opened(data_dir) as db:
        return {reader.id: reader.reviews for reader in reader_rows.summaries(db)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    path.write_text(many())
    return path


def test_file_of_many_readers_is_not_taken_unasked(file: Path, data_dir: Path) -> None:
    with pytest.raises(BadInput) as refused:
        import_reviews(data_dir, file)
    assert "holds reviews by 1,200 readers" in refused.value.message
    assert "The 10 with most: R7 (5), R9 (3), R0 (1)," in refused.value.message
    assert all(option in refused.value.hint for option in ("--reader", "--min-reviews", "--all"))
    assert not data_dir.exists()


def test_all_takes_every_reader_when_asked(file: Path, data_dir: Path) -> None:
    report = import_reviews(data_dir, file, choice=Choice(everyone=True))
    assert (len(report.readers), report.reviews, report.added) == (1200, 1206, 1206)


def test_min_reviews_takes_the_readers_who_have_them(file: Path, data_dir: Path) -> None:
    report = import_reviews(data_dir, file, choice=Choice(min_reviews=3))
    assert [(reader.id, reader.reviews) for reader in report.readers] == [("R7", 5), ("R9", 3)]
    assert stored(data_dir) == {"R7": 5, "R9": 3}


@pytest.mark.parametrize(
    "choice",
    [
        Choice(frozenset(["R9"])),
        Choice(frozenset(["R9"]), min_reviews=3),
        Choice(frozenset(["R9"]), everyone=True),
    ],
)
def test_reader_is_taken_by_id_and_no_other_whose_id_only_begins_so(
    file: Path, data_dir: Path, choice: Choice
) -> None:
    """R90 to R99 and R900 to R999 have the sought letters in their lines too."""
    import_reviews(data_dir, file, choice=choice)
    assert stored(data_dir) == {"R9": 3}


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (Choice(frozenset(["R9", "Rx"])), "has no review by the reader 'Rx'."),
        (Choice(frozenset(["R9", "R7"]), 5), "has no 5 reviews by the reader 'R9'."),
        (Choice(min_reviews=6), "has 6 reviews; the most is 5, by R7."),
    ],
)
def test_wish_that_cannot_be_met_stores_nothing(
    file: Path, data_dir: Path, choice: Choice, told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        import_reviews(data_dir, file, choice=choice)
    assert told in refused.value.message
    if data_dir.exists():
        assert stored(data_dir) == {}


@pytest.mark.parametrize("kind", ["plain", "mark", "gz", "utf-16", "csv", "jsonl"])
def test_chosen_rows_are_the_same_however_the_file_is_written(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "many"
    text = many()
    if kind in ("csv", "jsonl"):
        rows = [json.loads(line) for line in text.splitlines()]
        plain = [
            {"reader": one["user_id"], "book": one["asin"], "text": one["text"]} for one in rows
        ]
        text = jsonl(plain)
        if kind == "csv":
            text = "reader,book,text\n" + "".join(",".join(one.values()) + "\n" for one in plain)
    data = text.encode("utf-16" if kind == "utf-16" else "utf-8")
    data = b"\xef\xbb\xbf" + data if kind == "mark" else data
    path.write_bytes(gzip.compress(data) if kind == "gz" else data)
    for choice in (Choice(min_reviews=3), Choice(frozenset(["R7", "R9"]))):
        read = read_reviews(path, None, choice)
        assert [review.text for review in read.reviews] == [
            *("Book 7.", "Book 9.", "Book 5000.", "Book 5001.", "Book 5002.", "Book 5003."),
            *("Book 6000.", "Book 6001."),
        ]


def test_every_line_that_nobody_can_have_written_is_listed(tmp_path: Path) -> None:
    good = [row("R1", number) for number in range(3)]
    bad: list[dict[str, object]] = [
        row(None),
        row(""),
        row(["x"]),
        {"user": "R1"},
        row("R2", rating=9),
    ]
    lines = jsonl([*good[:1], *bad, *good[1:]]).replace('"R1"', '" R1 "', 1)
    path = tmp_path / "a.jsonl"
    path.write_text(lines + '{"user_id": "R1"\n\n' + jsonl([good[2], row(7), row(True)]))
    read = read_reviews(path, None, Choice(min_reviews=1))
    assert [review.reader_id for review in read.reviews] == ["R1", "R1", "R1", "7"]
    assert [(skipped.line, skipped.reason) for skipped in read.skipped] == [
        (2, "The field 'user_id' is missing."),
        (3, "The field 'user_id' is missing."),
        (4, "The field 'user_id' should be text but is ['x']."),
        (5, "The field 'user_id' is missing."),
        (6, "The rating 9 is not between 1 and 5."),
        (9, "The line is not complete JSON (column 17: Expecting ',' delimiter)."),
        (11, "It repeats the review of line 8."),
        (13, "The field 'user_id' should be text but is True."),
    ]


def test_bad_rows_of_readers_nobody_chose_are_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(jsonl([row("R1", 1), row("R1", 2, rating=9), row("R2", 1, rating=9)]))
    read = read_reviews(path, None, Choice(min_reviews=2))
    assert read.skipped == (Skipped(2, "The rating 9 is not between 1 and 5."),)


def test_survey_counts_readers_and_stores_nothing(file: Path) -> None:
    *steps, last = survey_reviews(file)
    assert all(isinstance(step, Step) for step in steps)
    assert isinstance(last, Finished)
    assert (last.result["format"], last.result["rows"]) == ("amazon2023", 1206)
    readers = last.result["readers"]
    assert isinstance(readers, list)
    assert readers[:2] == [{"id": "R7", "reviews": 5}, {"id": "R9", "reviews": 3}]
    assert len(readers) == 1200


def test_survey_can_be_stopped_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text(many(20_000))
    monkeypatch.setattr("engine.imports.EVENTS_PER_S", 1_000_000)
    events = survey_reviews(path)
    first = next(events)
    assert isinstance(first, Step)
    assert 0 < first.done < first.total == path.stat().st_size
    events.close()
    path.unlink()


def test_survey_of_a_table_counts_its_readers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("reader,book,text\nana,Dune,x\nbo,Dune,x\nana,Emma,x\nana,Ulysses\n")
    assert result_of(survey_reviews(path))["readers"] == [
        {"id": "ana", "reviews": 2},
        {"id": "bo", "reviews": 1},
    ]


@pytest.mark.parametrize("other", ["gz", "format", "utf-16"])
def test_same_file_in_another_guise_adds_nothing(
    tmp_path: Path, data_dir: Path, other: str
) -> None:
    path = tmp_path / "a.jsonl"
    rows = [row("R1", number, parent_asin="P", title="So") for number in range(3)]
    path.write_text(jsonl(rows))
    assert import_reviews(data_dir, path).added == 3
    format_name = "jsonl" if other == "format" else None
    again = path
    if other == "gz":
        again = tmp_path / "a.jsonl.gz"
        again.write_bytes(gzip.compress(path.read_bytes()))
    elif other == "utf-16":
        path.write_text(jsonl(rows), encoding="utf-16")
    report = import_reviews(data_dir, again, format_name)
    assert (report.reviews, report.added) == (3, 0)
    with opened(data_dir) as db:
        assert len(journal.history(db)) == 1


def test_import_in_many_stretches_is_one_change_that_undo_takes_back(
    file: Path, data_dir: Path
) -> None:
    import_reviews(data_dir, file, choice=Choice(everyone=True))
    with opened(data_dir) as db:
        undone = journal.undo(db)
        assert undone is not None
        assert undone.title == "Import reviews"
    assert stored(data_dir) == {}


def test_refusal_in_the_last_line_leaves_the_store_as_it_was(
    tmp_path: Path, data_dir: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(many().encode() + b'{"user_id": "\xe9"}\n')
    with pytest.raises(BadInput, match="is not UTF-8: byte 0xE9 in line 1207"):
        import_reviews(data_dir, path, choice=Choice(everyone=True))
    assert stored(data_dir) == {}


def test_book_keeps_what_is_known_and_gains_what_was_missing(
    tmp_path: Path, data_dir: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(jsonl([row("R1", 1)]))
    import_reviews(data_dir, path)
    path.write_text(jsonl([row("R2", 1, product_title="Dune by Frank Herbert", category="Books")]))
    import_reviews(data_dir, path)
    path.write_text(jsonl([row("R3", 1, product_title="Another Title", category="Books")]))
    import_reviews(data_dir, path)
    with opened(data_dir) as db:
        book = reader_rows.find_book(db, "B1")
    assert book is not None
    assert (book.title, book.author, book.categories) == ("Dune", "Frank Herbert", ("Books",))


def test_importing_the_same_books_again_changes_nothing(tmp_path: Path, data_dir: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("id,title,author,description\nB1,Dune,Frank Herbert,Sand.\n")
    assert import_books(data_dir, path).books == 1
    assert import_books(data_dir, path).books == 1
    with opened(data_dir) as db:
        assert len(journal.history(db)) == 1


def test_report_names_the_columns_that_were_taken(tmp_path: Path, data_dir: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Buchtitel;Kommentar;Note/10\nMomo;Zeit.;8\n")
    report = import_reviews(data_dir, path)
    assert report.format == "csv"
    assert report.columns == {"book": "Buchtitel", "text": "Kommentar", "rating": "Note/10/10"}


def test_every_format_has_a_label_and_shows_in_a_look(tmp_path: Path) -> None:
    formats = dict(review_formats())
    path = tmp_path / "a.jsonl"
    path.write_text(jsonl([row("R1", 1)]))
    look = look_at_reviews(path)
    assert look.format in formats
    assert look.label == formats[str(look.format)]
    assert look.columns == ("user_id", "asin", "rating", "text", "timestamp")
    assert (look.rows, look.mapping, look.one_reader) == (
        (("R1", "B1", "4.0", "Book 1.", "1500000000000"),),
        None,
        False,
    )
