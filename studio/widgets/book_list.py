"""The books a description can be written for, with a search."""

from collections.abc import Sequence

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from engine.domain import Book
from studio.text import one_line


class BookList(Vertical):
    """Type to search; up and down choose."""

    search = getters.query_one("#search", Input)
    options = getters.query_one("#books", OptionList)

    def compose(self) -> ComposeResult:
        yield Input(placeholder="Search (/)", id="search", compact=True)
        yield OptionList(id="books", markup=False)

    def on_mount(self) -> None:
        self.border_title = "Book"
        self._books: Sequence[Book] = ()
        self._found: list[Book] = []

    @property
    def book(self) -> Book | None:
        """The book the cursor is on."""
        at = self.options.highlighted
        return self._found[at] if at is not None and at < len(self._found) else None

    def show(self, books: Sequence[Book]) -> None:
        """Offer these books; the cursor stays on its book if that is still there."""
        if books != self._books:
            self._books = books
            self._fill()

    @on(Input.Changed, "#search")
    def _fill(self) -> None:
        at = self.book
        words = self.search.value.lower().split()
        self._found = [
            book
            for book in self._books
            if all(word in f"{book.title} {book.author}".lower() for word in words)
        ]
        self.options.clear_options()
        self.options.add_options(Option(_line(book)) for book in self._found)
        if self._found:
            self.options.highlighted = self._found.index(at) if at in self._found else 0

    @on(Input.Submitted, "#search")
    def _go_on(self) -> None:
        self.options.focus()


def _line(book: Book) -> Content:
    return Content.assemble(
        one_line(book.title, 60), (f"  {one_line(book.author, 30)}", "$text-muted")
    )
