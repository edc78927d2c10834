"""A whole review, with the quoted span marked where it stands."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.domain import Book, Evidence, Review
from studio.text import one_line, visible


class ShowReview(ModalScreen[None]):
    """Read-only; escape or enter closes it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", id="review.close", tooltip="Close the review")
    ]

    def __init__(self, review: Review, book: Book, evidence: Evidence) -> None:
        super().__init__()
        self._review = review
        self._book = book
        self._evidence = evidence

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._book.title, 70))
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="text"):
                yield Static(self._marked(), markup=False)

    def _marked(self) -> Content:
        text, start, end = self._review.text, self._evidence.start, self._evidence.end
        title = f"{visible(self._review.title)}\n\n" if self._review.title else ""
        return Content.assemble(
            (title, "bold"),
            visible(text[:start]),
            ("»" + visible(text[start:end]) + "«", "bold reverse"),
            visible(text[end:]),
        )
