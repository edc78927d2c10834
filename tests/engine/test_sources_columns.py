"""Tables of anybody's making: the columns guessed or chosen, ratings and dates of every scale."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain import Book
from engine.sources.choice import EVERYONE
from engine.sources.dates import any_date_in, date_in
from engine.sources.importing import read_reviews
from engine.sources.look import look_at
from engine.sources.records import BadRow
from engine.sources.stars import rating_from
from models.errors import BadInput

GERMAN = (
    "Nr;Buchtitel;Autorin;Kommentar;Note/10;Gelesen am\n"
    "1;Die Wand;Marlen Haushofer;Still und groß.;9;27.12.2020\n"
    "2;Der Prozess;Franz Kafka;;0;1.2.2021\n"
    "3;Momo;Michael Ende;Zeit ist Leben.;7,5;\n"
)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_unknown_table_is_read_by_its_guessed_columns(tmp_path: Path) -> None:
    """9 of 10 is 4.5 of 5, and 7.5 is 3.75; 0 is no rating, so that Kafka's row is empty."""
    path = written(tmp_path / "bücher.csv", GERMAN)
    look = look_at(path)
    assert (look.format, look.one_reader) == ("csv", True)
    assert look.mapping is not None
    assert look.mapping.as_json() == {
        "book": "Buchtitel",
        "author": "Autorin",
        "text": "Kommentar",
        "rating": "Note/10/10",
        "date": "Gelesen am/dmy",
    }
    assert look.rows[0] == (
        *("1", "Die Wand", "Marlen Haushofer", "Still und groß.", "9", "27.12.2020"),
    )
    read = read_reviews(path)
    assert [(review.text, review.rating) for review in read.reviews] == [
        ("Still und groß.", 4.5),
        ("Zeit ist Leben.", 3.75),
    ]
    assert read.books[0] == Book("die-wand-marlen-haushofer", "Die Wand", "Marlen Haushofer")
    assert read.reviews[0].written_at == datetime(2020, 12, 27, tzinfo=UTC)
    assert [(row.line, row.reason) for row in read.skipped] == [
        (3, "There is neither a text nor a rating.")
    ]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Titre,Avis,Étoiles", "L'Étranger,Sec et juste.,4"),
        ("Título,Reseña,Puntuación", "Rayuela,Un juego.,4"),
        ("Livro,Resenha,Estrelas", "Dom Casmurro,Ela traiu?,4"),
        ("Titolo,Recensione,Voto", "Le città invisibili,Leggero.,4"),
        ("Книга,Отзыв,Оценка", "Мастер и Маргарита,Кот!,4"),
        ("書名,感想,評価", "こころ,静か。,4"),
        ("书名,书评,评分", "活着,很难。,4"),
        ("책,리뷰,평점", "채식주의자,낯설다.,4"),
        ("الكتاب,مراجعة,التقييم", "موسم الهجرة,رائع.,4"),
        ("पुस्तक,समीक्षा,रेटिंग", "गोदान,सच्ची।,4"),
        ("BookTitle,Review_Text,Star-Rating", "Things Fall Apart,Whole.,4"),
    ],
)
def test_columns_are_known_by_name_in_many_languages(tmp_path: Path, header: str, row: str) -> None:
    title, text, _ = row.split(",")
    read = read_reviews(written(tmp_path / "t.csv", f"{header}\n{row}\n"))
    assert [book.title for book in read.books] == [title]
    assert [(review.text, review.rating) for review in read.reviews] == [(text, 4.0)]


def test_nameless_columns_are_known_by_what_stands_in_them(tmp_path: Path) -> None:
    rows = [
        ("Emma", "4", "2020-01-03", "Witty from the first page to the last one, and kind too."),
        ("Dune", "5", "2020-02-03", "All that sand, and under it the worms; I could not sleep."),
        ("Ulysses", "4", "2020-03-03", "A day that took me a year, and it was worth every hour."),
    ]
    lines = [json.dumps(dict(zip("abcd", row, strict=True))) for row in rows]
    look = look_at(written(tmp_path / "t.jsonl", "\n".join(lines)))
    assert look.mapping is not None
    assert look.mapping.as_json() == {"book": "a", "rating": "b", "date": "c", "text": "d"}


def test_table_without_a_complete_guess_is_refused_with_its_columns(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "wer,was\nich,42\ndu,43\n")
    assert look_at(path).format is None
    with pytest.raises(BadInput, match="it has the columns 'wer', 'was'") as refused:
        read_reviews(path)
    assert "--map book=COLUMN" in refused.value.hint


def test_a_header_in_square_brackets_is_a_tables_and_a_list_is_not(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "[Title],[Rating],[Review]\nEmma,4,Witty.\n")
    look = look_at(path)
    assert (look.format, look.columns) == ("csv", ("[Title]", "[Rating]", "[Review]"))
    (review,) = read_reviews(path).reviews
    assert (review.book_id, review.rating, review.text) == ("emma", 4.0, "Witty.")
    for line in ("[1, 2]", '["Emma", "Witty."]', "[[1, [2]]]"):
        path = written(tmp_path / "t.jsonl", f'{line}\n{{"book": "Emma", "text": "Witty."}}\n')
        (review,) = read_reviews(path).reviews
        assert (review.book_id, review.text) == ("emma", "Witty.")


def test_of_columns_that_differ_in_capitals_alone_the_chosen_one_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "Title,title,TEXT,rating\nEmma,Two in one go,Witty.,4\n")
    for book, title in (("Title", "title"), ("title", "Title")):
        columns = {"book": book, "title": title, "text": "text", "rating": "rating/5"}
        read = read_reviews(path, None, EVERYONE, columns)
        told = {"Title": "Emma", "title": "Two in one go"}
        assert (read.books[0].title, read.reviews[0].title) == (told[book], told[title])
        assert read.reviews[0].text == "Witty."


def test_of_columns_that_differ_in_capitals_alone_the_first_filled_is_read_as_it_is_shown(
    tmp_path: Path,
) -> None:
    text = "Title,title,text,rating\nEmma,Two in one go,Witty.,4\n,Dune,Sand.,3\n"
    path = written(tmp_path / "t.csv", text)
    mapping = look_at(path).mapping
    assert mapping is not None
    assert mapping.columns["book"] == "Title"
    assert [book.title for book in read_reviews(path).books] == ["Emma", "Dune"]


def test_chosen_columns_win_over_the_guess(tmp_path: Path) -> None:
    """40 of 100 is 2 of 5; 3/4/2020 is the fourth of March by `mdy`."""
    path = written(tmp_path / "t.csv", "who,Title,notes/mine,pts,on\nAda,Emma,Fine.,40,3/4/2020\n")
    columns = {"reader": "who", "book": "title", "text": "notes/mine", "rating": "pts/100"}
    read = read_reviews(path, None, EVERYONE, columns | {"date": "on/mdy"})
    assert [reader.id for reader in read.readers] == ["Ada"]
    (review,) = read.reviews
    assert (review.text, review.rating) == ("Fine.", 2.0)
    assert review.written_at == datetime(2020, 3, 4, tzinfo=UTC)
    (open_date,) = read_reviews(path, None, EVERYONE, columns | {"date": "on"}).reviews
    assert open_date.written_at is None


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"txt": "a"}, "There is no role 'txt' for a column."),
        ({"text": "z"}, "There is no column 'z'."),
        ({"book": "a"}, "A review needs a book, and a text or a rating."),
        ({"book": "a", "rating": "b/7"}, "There is no scale of ratings up to '7'."),
        ({"book": "a", "text": "b/x"}, "What stands after the slash in 'b/x' is not understood."),
    ],
)
def test_mapping_that_cannot_be_meant_is_refused(
    tmp_path: Path, columns: dict[str, str], told: str
) -> None:
    path = written(tmp_path / "t.csv", "a,b\nEmma,4\n")
    with pytest.raises(BadInput) as refused:
        read_reviews(path, None, EVERYONE, columns)
    assert refused.value.message == told


def test_columns_of_a_known_format_are_not_mapped(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "a,b\nEmma,4\n")
    with pytest.raises(BadInput, match="The columns of storygraph are known and not mapped"):
        read_reviews(path, "storygraph", EVERYONE, {"book": "a", "rating": "b"})


def test_plain_names_with_grades_up_to_ten_are_read_on_that_scale(tmp_path: Path) -> None:
    grades = [8, 9, 3, 10, 6]
    rows = "".join(f"Book {grade},{grade}\n" for grade in grades)
    read = read_reviews(written(tmp_path / "t.csv", "book,rating\n" + rows))
    assert [review.rating for review in read.reviews] == [4.0, 4.5, 1.5, 5.0, 3.0]


def test_one_slip_does_not_change_the_scale(tmp_path: Path) -> None:
    rows = "".join(f"Book {number},{grade}\n" for number, grade in enumerate([5, 4, 44, 3, 5, 2]))
    read = read_reviews(written(tmp_path / "t.csv", "book,rating\n" + rows))
    assert [review.rating for review in read.reviews] == [5.0, 4.0, 3.0, 5.0, 2.0]
    assert [row.reason for row in read.skipped] == ["The rating 44 is not between 1 and 5."]


@pytest.mark.parametrize(
    ("value", "best", "rating"),
    [
        (4, 5, 4.0),
        ("3,5", 5, 3.5),
        ("8/10", 5, 4.0),
        ("4 out of 5 stars", 5, 4.0),
        ("92 %", 5, 4.6),
        ("★★★★☆", 5, 4.0),
        ("★★½", 5, 2.5),
        ("⭐️⭐️⭐️", 5, 3.0),
        (0.25, 5, 1.0),
        (1, 10, 1.0),
        ("0", 10, None),
        ("", 5, None),
        (None, 5, None),
    ],
)
def test_grades_become_one_to_five(value: object, best: int, rating: float | None) -> None:
    assert rating_from(value, best) == rating


@pytest.mark.parametrize(("value", "best"), [("good", 5), (6, 5), (-1, 5), ("11/10", 5), ([], 5)])
def test_what_is_no_grade_is_a_bad_row(value: object, best: int) -> None:
    with pytest.raises(BadRow, match="The rating"):
        rating_from(value, best)


@pytest.mark.parametrize(
    "text",
    [
        *("2017-07-30", "2017/7/30", "30.7.2017", "30/7/2017", "7/30/2017", "July 30, 2017"),
        *("30 July 2017", "Jul 30th 2017", "2017-07-30T14:00:00+14:00"),
    ],
)
def test_dates_are_read_however_they_are_written(text: str) -> None:
    assert any_date_in(text, None) == datetime(2017, 7, 30, tzinfo=UTC)


def test_date_that_can_be_meant_in_two_ways_is_left_out_unless_its_order_is_known() -> None:
    assert any_date_in("3/4/2020", None) is None
    assert any_date_in("3/4/2020", "dmy") == datetime(2020, 4, 3, tzinfo=UTC)
    assert any_date_in("3/4/2020", "mdy") == datetime(2020, 3, 4, tzinfo=UTC)
    with pytest.raises(BadRow, match="is not a day of the calendar"):
        any_date_in("31/31/2020", None)


def test_goodreads_log_dates_are_in_utc() -> None:
    """07:44:10 seven hours west of Greenwich is 14:44:10 there."""
    written_at = datetime(2017, 7, 30, 14, 44, 10, tzinfo=UTC)
    assert date_in("Sun Jul 30 07:44:10 -0700 2017") == written_at
