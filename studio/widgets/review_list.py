"""The latest reviews of one reader, to get an ear for the voice."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.domain import Book, Review
from studio.text import one_line, visible

LATEST = 12


class ReviewList(VerticalScroll):
    """Newest first; the full text of the latest twelve."""

    can_focus = True

    def on_mount(self) -> None:
        self.border_title = "Latest reviews"

    def compose(self) -> ComposeResult:
        yield Static(id="reviews", markup=False)

    def show(self, reader_id: str, reviews: list[tuple[Review, Book]]) -> None:
        """Show the reviews of a reader, given oldest first."""
        latest = reviews[-LATEST:][::-1]
        told = f"Latest {len(latest)} of {len(reviews):,}"
        self.border_title = told if reviews else "No reviews"
        parts = [part for review, book in latest for part in _told(review, book)]
        self.query_one("#reviews", Static).update(Content.assemble(*parts))
        self.scroll_home(animate=False)


def stars_and_date(review: Review) -> str:
    """`4 of 5, 2024-05-17`."""
    stars = f"{review.rating:g} of 5" if review.rating is not None else "no rating"
    return f"{stars}, {review.written_at:%Y-%m-%d}" if review.written_at else stars


def _told(review: Review, book: Book) -> list[str | tuple[str, str]]:
    title = f"{visible(review.title)}\n" if review.title else ""
    return [
        (one_line(book.title), "bold"),
        (f"\n{stars_and_date(review)}\n", "$text-muted"),
        (title, "italic"),
        f"{visible(review.text)}\n\n",
    ]
