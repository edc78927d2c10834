"""What front ends ask of a file before and while it is imported."""

from pathlib import Path

import pytest

from engine import imports
from engine.domain import Skipped
from engine.editing import forget_review
from engine.sources.choice import EVERYONE
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.errors import BadInput
from models.events import Finished, Step

TABLE = "book,rating,user\n" + "".join(f"Book {n},{n % 5 + 1},reader {n}\n" for n in range(20_000))


class Enough(Exception):
    """The watcher has seen enough."""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_what_the_watch_raises_ends_an_import_and_leaves_the_store_as_it_was(
    tmp_path: Path, table: Path
) -> None:
    heard: list[int] = []

    def watch(bytes_read: int) -> None:
        heard.append(bytes_read)
        if bytes_read > table.stat().st_size / 2:
            raise Enough

    with pytest.raises(Enough):
        imports.import_reviews(tmp_path / "data", table, choice=EVERYONE, watch=watch)
    assert heard[-1] < table.stat().st_size
    with opened(tmp_path / "data") as db:
        assert reader_rows.summaries(db) == []
    report = imports.import_reviews(tmp_path / "data", table, choice=EVERYONE)
    assert report.added == 20_000


def test_books_are_watched_too(tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    path.write_text("title,author,description\n" + "Momo,Michael Ende,She listens.\n" * 5_000)
    heard: list[int] = []
    imports.import_books(tmp_path / "data", path, watch=heard.append)
    assert heard[-1] == path.stat().st_size


def test_a_survey_of_a_table_tells_how_far_it_is_and_can_be_ended_by_its_watch(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "EVENTS_PER_S", 1e6)
    steps = [event for event in imports.survey_reviews(table) if not isinstance(event, Finished)]
    assert all(isinstance(step, Step) and 0 < step.done <= step.total for step in steps)
    assert steps

    def watch(_: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        next(imports.survey_reviews(table, watch=watch))


def test_first_reviews_are_read_as_the_import_reads_them_with_bad_ones_in_place(
    tmp_path: Path,
) -> None:
    """8 of 10 is 4 of 5; the dates say by 27.12. that the day comes first."""
    path = tmp_path / "t.csv"
    path.write_text("x,y,z\nMomo,8,03.04.2021\nMalina,12,27.12.2020\nDune,5,01.02.2020\n")
    chosen = {"book": "x", "rating": "y/10", "date": "z"}
    mapping, (first, second, third) = imports.first_reviews(path, None, chosen)
    assert (mapping.best_rating, mapping.date_order) == (10, "dmy")
    assert second == Skipped(3, "The rating '12' is not between 0 and 10.")
    assert not isinstance(first, Skipped)
    assert not isinstance(third, Skipped)
    assert (first.review.rating, f"{first.review.written_at:%d.%m.}") == (4.0, "03.04.")
    report = imports.import_reviews(tmp_path / "data", path, columns=chosen)
    with opened(tmp_path / "data") as db:
        stored = {review.id for review in reader_rows.reviews_of(db, "t")}
    assert stored == {first.review.id, third.review.id}
    assert report.skipped == (second,)


def test_columns_can_be_chosen_of_tables_and_json_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "goodreads.csv"
    path.write_text("Book Id,Title,My Rating,My Review\n1,Momo,5,Fine\n2,Malina,3,\n")
    look = imports.look_at_reviews(path)
    assert look.mapping is None
    assert imports.has_columns(look)
    assert imports.guess_columns(look).columns["rating"] == "My Rating"
    path = tmp_path / "notes.md"
    path.write_text("# Momo by Michael Ende\n\nFine.\n\n# Malina\n\nFine too.\n")
    assert not imports.has_columns(imports.look_at_reviews(path))


def test_the_report_counts_reviews_that_were_once_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("book,text,rating\nMomo,A fine book.,5\nMalina,Another fine book.,4\n")
    imports.import_reviews(tmp_path / "data", path)
    with opened(tmp_path / "data") as db:
        review = reader_rows.reviews_of(db, "t")[0]
    forget_review(tmp_path / "data", "t", review.id)
    report = imports.import_reviews(tmp_path / "data", path)
    assert (report.reviews, report.added, report.forgotten) == (2, 0, 1)


def test_first_reviews_by_an_incomplete_mapping_are_refused(table: Path) -> None:
    with pytest.raises(BadInput, match="A review needs a book"):
        imports.first_reviews(table, None, {"rating": "rating"})


def test_a_table_read_by_itself_and_by_chosen_columns_is_the_same_reviews(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "reader,title,author,isbn,rating,text\n"
        'ana,Emma,Jane Austen,"=""0141439580""",4,I liked it.\n'
        "ana,Dune,Frank Herbert,17,3,Long.\n"
    )
    assert imports.import_reviews(tmp_path / "data", table).added == 2
    columns = {"reader": "reader", "book": "title", "author": "author", "book_id": "isbn"}
    columns |= {"rating": "rating", "text": "text"}
    again = imports.import_reviews(tmp_path / "data", table, "csv", columns=columns)
    assert (again.reviews, again.added) == (2, 0)
