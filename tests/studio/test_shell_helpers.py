"""What the commands of the preview rest on: a book by what was typed, texts side by side."""

import pytest

from engine.domain import Book
from models.errors import BadInput
from studio.shell.columns import columns
from studio.shell.previews import find_book

BOOKS = [Book("1", "The Sea"), Book("2", "The Sea, the Sea"), Book("3", "Emma")]


@pytest.mark.parametrize(("wanted", "found"), [("3", "3"), ("the sea", "1"), ("emm", "3")])
def test_a_book_is_found_by_id_title_or_part_of_it(wanted: str, found: str) -> None:
    assert find_book(BOOKS, wanted).id == found


@pytest.mark.parametrize(("wanted", "told"), [("sea", "2 books"), ("Emmma", "'Emma'")])
def test_a_book_that_is_not_clear_is_refused_with_a_way_out(wanted: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        find_book(BOOKS, wanted)


def test_texts_stand_side_by_side_only_where_there_is_room() -> None:
    texts = [("Base", "One description."), ("Tuned", "Another description.")]
    wide = list(columns(texts, 120))
    assert any("One description." in line and "Another description." in line for line in wide)
    assert all(len(line) <= 120 for line in wide)
    narrow = list(columns(texts, 80))
    assert narrow.index("One description.") < narrow.index("Another description.")
