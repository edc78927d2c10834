"""One trait: what there is to say of it, and the quotes for and against it."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.domain import Evidence, Trait
from studio.messages import QuoteOpened
from studio.text import one_line
from studio.widgets.trait_story import Surroundings, TraitWords, trait_story

QUOTE_CHARS = 400


class TraitDetail(Vertical):
    """The right side of the profile screen; enter on a quote opens its review."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Reaches this only from the words: the list of quotes has an enter key of its own.
        Binding(
            "enter",
            "open",
            "Open",
            show=False,
            id="quotes.open",
            tooltip="Open the review of the quote",
        )
    ]
    words = getters.query_one("#words", VerticalScroll)
    told = getters.query_one("#trait", Static)
    quotes = getters.query_one("#quotes", OptionList)

    def __init__(self, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._evidence: list[Evidence] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="words", can_focus=False):
            yield Static(id="trait", markup=False)
        yield OptionList(id="quotes", markup=False)

    def show(self, trait: Trait, words: TraitWords, around: Surroundings) -> None:
        """Show a trait with its quotes, those that speak for it most first."""
        self._tell(words.name, trait_story(trait, words, around))
        evidence = sorted(trait.evidence, key=lambda span: -span.stance)
        at = self.quotes.highlighted if evidence == self._evidence else 0
        self._evidence = evidence
        self.quotes.clear_options()
        self.quotes.add_options(
            Option(_quote(span, around.title_of(span.review_id))) for span in evidence
        )
        self._make_room(for_quotes=bool(evidence))
        self.quotes.highlighted = at if evidence else None

    def show_group(self, name: str, told: str) -> None:
        """Show what a whole group of traits is, and how far to trust it."""
        self._tell(name, Content(told))
        self._make_room(for_quotes=False)

    def _make_room(self, for_quotes: bool) -> None:
        self.quotes.display = for_quotes
        self.set_class(not for_quotes, "-no-quotes")

    def _tell(self, name: str, told: Content) -> None:
        self.border_title = Content(one_line(name, 60))
        self.told.update(told)
        self.words.scroll_home(animate=False)
        self.call_after_refresh(self._let_scroll)

    def on_resize(self) -> None:
        self.call_after_refresh(self._let_scroll)

    def _let_scroll(self) -> None:
        """The tab key stops at the words only where some of them are out of sight."""
        self.words.can_focus = self.words.max_scroll_y > 0

    def action_open(self) -> None:
        if self.quotes.display:
            self.quotes.action_select()

    @on(OptionList.OptionSelected, "#quotes")
    def _open(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(QuoteOpened(self._evidence[event.option_index]))


def _quote(span: Evidence, title: str) -> Content:
    side = "for" if span.stance > 0 else "against"
    return Content.assemble(
        (f"{side} {span.stance:+.2f}  ", "bold"),
        f"“{one_line(span.quote, QUOTE_CHARS)}”",
        (f"\n{one_line(title, 80)}", "dim"),
    )
