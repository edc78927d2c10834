"""Files on their way in through the window: by keys alone, of many readers, or hostile."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Button, DirectoryTree, Input, Select

from engine import desk
from engine.editing import forget_review
from studio.screens.choose_columns import ChooseColumns
from studio.screens.choose_readers import ChooseReaders
from studio.screens.import_file import ImportFile
from studio.screens.import_report import ShowImport
from studio.widgets.first_rows import FirstRows
from studio.widgets.reader_marks import ReaderMarks

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, Window

GERMAN = """Nr;Buchtitel;Autor;Note/10;Gelesen am;Kommentar;Leserin
1;Momo;Michael Ende;9;03.04.2021;Die grauen Herren kenne ich aus dem Amt, in dem ich lerne.;Käthe
2;Der Prozess;Franz Kafka;10;15.05.2021;Wer je auf einem Amt gewartet hat, liest das genau.;Käthe
3;Die Wand;Marlen Haushofer;7;21.06.2021;Ruhig, genau und am Ende trostlos, aber der Hund.;Jürgen
4;Faserland;Christian Kracht;14;01.07.2021;Markennamen auf jeder Seite, und keiner weint.;Jürgen
"""
HOSTILE_ID = "[/INST] [red]\x1b[31mEve\x1b[0m $x"


@pytest.fixture
def german(tmp_path: Path) -> Path:
    path = tmp_path / "leseliste [1].csv"
    path.write_text(GERMAN, "utf-8")
    return path


def amazon(reader: str, book: int, text: str = "A long book with a whale in it, and men.") -> str:
    row = {
        "user_id": reader,
        "asin": f"B{book}",
        "parent_asin": f"B{book}",
        "rating": 4.0,
        "title": "Good",
        "text": text,
        "timestamp": 1457295953086,
    }
    return json.dumps(row) + "\n"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """3,000 readers: R7 with ten reviews, R8 and R80 with two, the others with one."""
    path = tmp_path / "many.jsonl"
    readers = [*range(3000), *[7] * 9, 8, 80]
    path.write_text("".join(amazon(f"R{reader}", n) for n, reader in enumerate(readers)))
    return path


async def begin(window: "Window", path: Path, then: type = ShowImport) -> None:
    """Press i, give the path, and wait for the screen that comes of it."""
    await window.press("i")
    window.type_in("#path", str(path))
    await window.press("enter")
    await window.until(lambda: isinstance(window.screen, then))


def stored(data_dir: Path) -> dict[str, int]:
    return {reader.id: reader.reviews for reader in desk.readers(data_dir)}


async def test_a_german_table_is_guessed_shown_and_imported_by_three_keys(
    empty_dir: Path, german: Path, open_window: "OpenWindow"
) -> None:
    """9 of 10 is 4.5 of 5; 03.04. is the third of April; 14 of 10 is left out and said to be."""
    async with open_window(empty_dir) as window:
        await begin(window, german, ChooseColumns)
        chosen = {str(one.id): one.value for one in window.screen.query(Select)}
        assert chosen["book"] == "Buchtitel"
        assert chosen["reader"] == "Leserin"
        assert (chosen["scale"], chosen["order"]) == ("10", "dmy")
        first = window.rows("#first")
        assert first[0][:2] == ["2", "Käthe"]
        assert first[0][2].startswith("Momo, Michael Ende")
        assert first[0][3:5] == ["4.5", "2021-04-03"]
        assert first[3][2] == "(left out)"
        assert "Line 5 would be left out: The rating '14'" in window.text("#remark")
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ChooseReaders))
        assert "2 of 2 readers chosen, 4 of 4 reviews." in window.text("#counts")
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert "2 readers, 3 reviews of 3 books.\nOf these reviews: 3 new." in window.text(
            "#summary"
        )
        assert "rating from Note/10 (graded up to 10)" in window.text("#summary")
        assert "date from Gelesen am (day first)" in window.text("#summary")
        assert window.rows("#skipped") == [["5", "The rating '14' is not between 0 and 10."]]
        assert stored(empty_dir) == {"Käthe": 2, "Jürgen": 1}


async def test_columns_without_a_book_cannot_be_imported_and_the_sentence_says_so(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "things.csv"
    path.write_text("alpha,beta,gamma\nMomo,4,ha\nDer Prozess,5,oh\n")
    async with open_window(empty_dir) as window:
        await begin(window, path, ChooseColumns)
        assert "book's title or number, and of the review or the rating" in window.text("#remark")
        assert window.screen.query_one("#take", Button).disabled
        await window.press("ctrl+s")
        assert isinstance(window.screen, ChooseColumns)
        # The cursor stands on the book's title: open, go to the first column, take it.
        await window.press("enter", "down", "enter")
        assert window.text("#remark").endswith("choose the column of the review or the rating.")
        window.screen.query_one("#rating", Select).focus()
        await window.press("enter", "down", "down", "enter")
        assert [row[2:4] for row in window.rows("#first")] == [["Momo", "4"], ["Der Prozess", "5"]]
        assert "No column says who reads" in window.text("#remark")
        await window.press("ctrl+s")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert stored(empty_dir) == {"things": 2}


async def test_a_new_scale_changes_the_rows_shown_and_the_rows_stored(
    empty_dir: Path, german: Path, open_window: "OpenWindow"
) -> None:
    """14 of 20 is 3.5 of 5."""
    async with open_window(empty_dir) as window:
        await begin(window, german, ChooseColumns)
        window.screen.query_one("#scale", Select).focus()
        await window.press("enter", "down", "enter")
        assert window.rows("#first")[3][3] == "3.5"
        await window.press("ctrl+s")
        await window.until(lambda: isinstance(window.screen, ChooseReaders))
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        ratings = {book.title: one.rating for one, book in desk.reviews(empty_dir, "Jürgen")}
        assert ratings == {"Faserland": 3.5, "Die Wand": 1.75}


async def test_going_back_from_the_readers_keeps_the_columns_that_were_chosen(
    empty_dir: Path, german: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        await begin(window, german, ChooseColumns)
        window.screen.query_one("#scale", Select).focus()
        await window.press("enter", "down", "enter", "ctrl+s")
        await window.until(lambda: isinstance(window.screen, ChooseReaders))
        await window.press("escape")
        await window.until(lambda: isinstance(window.screen, ChooseColumns))
        assert window.screen.query_one("#scale", Select).value == "20"
        await window.press("escape")
        assert isinstance(window.screen, ImportFile)
        assert window.screen.query_one("#path", Input).has_focus
        assert stored(empty_dir) == {}


async def test_of_3000_readers_only_the_marked_are_stored(
    empty_dir: Path, many: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        await begin(window, many, ChooseReaders)
        assert "0 of 3,000 readers chosen" in window.text("#counts")
        await window.press("enter")
        assert isinstance(window.screen, ChooseReaders), "nobody is marked yet"
        await window.press("space", "down", "space", "enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert "2 readers, 12 reviews of 12 books." in window.text("#summary")
        assert stored(empty_dir) == {"R7": 10, "R80": 2}


async def test_filter_least_reviews_all_and_none_mark_what_is_shown(
    empty_dir: Path, many: Path, open_window: "OpenWindow"
) -> None:
    """`r80` is in R80 and R800 to R809; R80 has two reviews."""
    async with open_window(empty_dir) as window:
        await begin(window, many, ChooseReaders)
        await window.press("slash", *"r80", "enter", "a")
        assert (
            window.text("#counts") == "11 of 3,000 readers chosen, 12 of 3,011 reviews. 11 shown."
        )
        await window.press("n")
        assert window.text("#counts").startswith("0 of 3,000 readers")
        window.type_in("#words", "")
        window.type_in("#least", "2")
        await window.press("a")
        assert "3 of 3,000 readers chosen, 14 of" in window.text("#counts")
        window.type_in("#words", "R7")
        await window.settle()
        assert "1 shown; 2 of the chosen are not." in window.text("#counts")
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert stored(empty_dir) == {"R7": 10, "R8": 2, "R80": 2}


async def test_readers_sort_by_reviews_and_by_id(
    empty_dir: Path, many: Path, open_window: "OpenWindow"
) -> None:
    def lines(number: int) -> list[str]:
        marks = window.screen.query_one(ReaderMarks)
        return [marks.render_line(y).text.split()[-2] for y in range(number)]

    async with open_window(empty_dir) as window:
        await begin(window, many, ChooseReaders)
        assert lines(4) == ["R7", "R8", "R80", "R0"]
        await window.press("s")
        assert lines(3) == ["R0", "R1", "R10"]
        await window.press("end", "space")
        assert "1 of 3,000" in window.text("#counts")
        assert window.screen.query_one(ReaderMarks).marked[0].id == "R999"


async def test_markup_and_escape_codes_in_ids_and_columns_show_as_text(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "hostile [b][$y].csv"
    rows = 'the [b]book[/b],[/x] text,"reader [$y]"\n'
    rows += f'[i]It,[/i] and so on for forty letters.,"{HOSTILE_ID}"\n'
    path.write_text(rows + "Momo,[link=x]no[/link] and so on for forty letters.,[a b\n")
    async with open_window(empty_dir) as window:
        await begin(window, path, ChooseColumns)
        for role, downs in (("book", 1), ("text", 2), ("reader", 3)):
            select = window.screen.query_one(f"#{role}", Select)
            select.focus()
            await window.press("enter", "home", *["down"] * downs, "enter")
        assert window.screen.query_one("#reader", Select).value == "reader [$y]"
        assert window.rows("#first")[0][2] == "[i]It"
        await window.press("ctrl+s")
        await window.until(lambda: isinstance(window.screen, ChooseReaders))
        shown = [window.screen.query_one(ReaderMarks).render_line(y).text for y in range(2)]
        assert any("[/INST] [red]" in line for line in shown)
        assert not any("\x1b" in line for line in shown)
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert len(stored(empty_dir)) == 2


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", b"", "is empty"),
        ("latin.csv", GERMAN.encode("latin-1"), "is not UTF-8: byte 0xE4 in line 2"),
        ("sheet.csv", b"PK\x03\x04" + b"\0" * 40, "a workbook of Excel"),
        ("prose.txt", b"Only a sentence, and nothing more.\n", "in no format known for reviews"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told_in_the_dialog(
    empty_dir: Path,
    tmp_path: Path,
    open_window: "OpenWindow",
    name: str,
    content: bytes,
    told: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    async with open_window(empty_dir, size=(80, 24)) as window:
        await window.press("i")
        window.type_in("#path", f"'{path}'")
        await window.press("enter")
        await window.until(lambda: told in window.text("#refusal"))
        assert window.screen.query_one("#path", Input).has_focus
        assert stored(empty_dir) == {}


@pytest.mark.parametrize("typed", ["-", "/dev/null", "~nobody-of-that-name/x.csv", "x" * 300])
async def test_what_is_no_file_never_takes_the_keyboard(
    empty_dir: Path, open_window: "OpenWindow", typed: str
) -> None:
    async with open_window(empty_dir) as window:
        await window.press("i")
        window.type_in("#path", typed)
        await window.press("enter")
        await window.until(lambda: bool(window.text("#refusal")))
        assert isinstance(window.screen, ImportFile)


async def test_a_folder_opens_in_the_tree_and_a_file_is_picked_by_keys(
    empty_dir: Path, german: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(empty_dir) as window:
        await window.press("i")
        window.type_in("#path", str(german.parent))
        await window.press("enter")
        tree = window.screen.query_one(DirectoryTree)
        await window.until(lambda: tree.has_focus and len(tree.root.children) > 0)
        while str(german.name) not in str(tree.cursor_node and tree.cursor_node.label):
            await window.press("down")
        await window.press("enter")
        assert window.screen.query_one("#path", Input).value == str(german)
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ChooseColumns))


async def test_the_second_import_says_what_is_already_here_and_what_was_once_forgotten(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "three.jsonl"
    path.write_text("".join(amazon("ana", book) for book in range(3)))
    desk.import_reviews(empty_dir, path)
    forget_review(empty_dir, "ana", desk.reviews(empty_dir, "ana")[0][0].id)
    async with open_window(empty_dir) as window:
        await begin(window, path)
        told = "0 new, 2 already here, 1 left out because you once forgot them."
        assert told in window.text("#summary")
        assert stored(empty_dir) == {"ana": 2}


async def test_of_many_bad_rows_the_first_fifty_are_listed_and_all_are_counted(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(amazon("ana", 1) + '{"user_id": "ana", "asi\n' * 120)
    async with open_window(empty_dir) as window:
        await begin(window, path)
        assert "120 rows left out. The first 50:" in window.text("#summary")
        assert len(window.rows("#skipped")) == 50


async def test_imported_books_are_said_to_stand_in_preview(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "books.jsonl"
    book = {"title": "[b]Momo", "author": "Michael Ende", "description": "A girl who listens."}
    path.write_text(json.dumps(book) + "\n")
    async with open_window(empty_dir) as window:
        await window.press("i")
        window.type_in("#path", str(path))
        window.screen.query_one("#kind", Select).value = "books"
        await window.pilot.pause()
        known = {label for label, _ in desk.book_formats()}
        offered = {str(value) for _, value in window.screen.query_one("#format", Select)._options}
        assert offered == known | {""}
        assert window.screen.query_one("#columns", Button).disabled
        window.screen.query_one("#path", Input).focus()
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert window.text("#summary").startswith("1 book.")
        assert "Preview (press 5)" in window.text("#summary")
        assert "[b]Momo" in {one.title for one in desk.books(empty_dir)}


async def test_columns_can_be_chosen_of_a_file_whose_format_is_known(
    empty_dir: Path, tmp_path: Path, open_window: "OpenWindow"
) -> None:
    path = tmp_path / "amazon.jsonl"
    path.write_text("".join(amazon("ana", book) for book in range(3)))
    async with open_window(empty_dir) as window:
        await window.press("i")
        window.type_in("#path", str(path))
        window.screen.query_one("#columns", Button).focus()
        await window.press("enter")
        await window.until(lambda: isinstance(window.screen, ChooseColumns))
        assert window.screen.query_one("#text", Select).value == "text"
        assert window.screen.query_one(FirstRows).row_count == 3
        await window.press("ctrl+s")
        await window.until(lambda: isinstance(window.screen, ShowImport))
        assert "Columns: reader from user_id" in window.text("#summary")
