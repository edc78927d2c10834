"""A whole review, with all that speaks for or against one trait marked where it stands."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine import editing
from engine.domain import Book, Evidence, Profile, Review, Trait
from studio.marked_text import AGAINST, FOR, line_of_current, marked
from studio.screens.confirm import Confirm
from studio.screens.show_forgotten import ShowForgotten
from studio.session import Session
from studio.text import count, one_line, visible
from studio.widgets.review_list import stars_and_date

LINES_ABOVE = 2
"""Shown above a quote that was jumped to."""


class ShowReview(ModalScreen[bool]):
    """Escape or enter closes it; True where the review was forgotten."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "close", "Close", id="review.close", tooltip="Close the review"),
        Binding("n", "jump(1)", "Next", id="review.next", tooltip="Go to the next quote"),
        Binding("p", "jump(-1)", "Before", id="review.before", tooltip="Go to the quote before"),
        Binding("f", "forget", "Forget", id="review.forget", tooltip="Forget this review"),
    ]
    told = getters.query_one("#told", Static)
    text = getters.query_one("#text", VerticalScroll)
    words = getters.query_one("#words", Static)

    def __init__(
        self,
        session: Session,
        profile: Profile,
        trait: Trait,
        trait_name: str,
        entry: tuple[Review, Book],
        at: Evidence | None = None,
    ) -> None:
        """
        Args:
            trait: whose quotes are marked.
            entry: the review with its book.
            at: the quote to begin with; the first where None.
        """
        super().__init__()
        self._session = session
        self._profile = profile
        self._trait_name = trait_name
        self._review, self._book = entry
        self._trait_id = trait.id
        self._begin_at = at
        self._quotes: Mapping[str, tuple[Evidence, ...]] = {}
        self._at = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._book.title, 70))
            yield Static(id="told", classes="quiet", markup=False)
            with VerticalScroll(id="text"):
                yield Static(id="words", markup=False)

    def on_mount(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self._show()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        with self._session.errors_told():
            self._quotes = await self._session.ask(
                editing.quotes_in_review, self._profile.reader_id, self._review.id
            )
        starts = [span.start for span in self._spans]
        if self._begin_at is not None and self._begin_at.start in starts:
            self._at = starts.index(self._begin_at.start)
        jumps = "n next  p before  " if len(self._spans) > 1 else ""
        self.query_one(".box").border_subtitle = f"{jumps}f forget  esc close"
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "jump" and len(self._spans) < 2 else True

    @property
    def _spans(self) -> tuple[Evidence, ...]:
        """The trait's quotes in this review, in the order of the text."""
        return self._quotes.get(self._trait_id, ())

    @property
    def _current(self) -> Evidence | None:
        return self._spans[self._at] if self._spans else None

    def _show(self) -> None:
        title = f"{visible(self._review.title)}\n\n" if self._review.title else ""
        body = marked(self._review.text, self._spans, self._current)
        shown = Content.assemble((title, "bold"), body)
        self.told.update(self._where())
        self.words.update(shown)
        self.call_after_refresh(self._scroll_to_current, shown)

    def _scroll_to_current(self, shown: Content) -> None:
        line = line_of_current(shown, self.words.size.width)
        self.text.scroll_to(y=max(0, line - LINES_ABOVE), animate=False)

    def _where(self) -> str:
        head = f"{stars_and_date(self._review)}. "
        current, name = self._current, one_line(self._trait_name, 80)
        if current is None:
            return f"{head}No quote in here is about “{name}”; the book and the rating count."
        side = "for" if current.stance > 0 else "against"
        place = f"Quote {self._at + 1} of {len(self._spans)}: {side} ({current.stance:+.2f})"
        sides = f"{'…'.join(FOR)} speaks for it, {'…'.join(AGAINST)} against."
        return f"{head}{place} “{name}”. {sides}"

    def action_close(self) -> None:
        self.dismiss(False)

    def action_jump(self, by: int) -> None:
        self._at = (self._at + by) % len(self._spans)
        self._show()

    @work(group="forget", exclusive=True)
    async def action_forget(self) -> None:
        goes = self._what_goes()
        if not await self.app.push_screen_wait(Confirm("Forget this review?", goes, "Forget")):
            return
        reader_id = self._profile.reader_id
        forgotten = None
        with self._session.errors_told():
            forgotten = await self._session.ask(editing.forget_review, reader_id, self._review.id)
            await self._session.refresh()
        if forgotten is not None:
            await self.app.push_screen_wait(ShowForgotten(self._session, forgotten, self._book))
            self.dismiss(True)

    def _what_goes(self) -> str:
        quotes = {(span.start, span.end) for spans in self._quotes.values() for span in spans}
        traits = count(len(self._quotes), "trait")
        taken = f" and {count(len(quotes), 'quote')} that {traits} took from it"
        return (
            f"This review of {one_line(self._book.title, 80)}{taken if quotes else ''} will be "
            "deleted for good: undo does not bring them back, importing the file again does not "
            "either, and earlier changes cannot be undone any more. Your own words on traits "
            "stay. Pairs and models that still rest on it stay too, and will be named."
        )
