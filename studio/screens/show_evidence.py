"""The reviews that decided a pair's sides, each a key away."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from engine.domain import Profile
from engine.workbench import Quoted, RestsOn
from studio.screens.show_review import ShowReview
from studio.session import Session
from studio.text import count, one_line, visible


class ShowEvidence(ModalScreen[None]):
    """Enter opens the review at its clearest quote."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#reviews"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="evidence.close", tooltip="Back to the pair")
    ]
    reviews = getters.query_one("#reviews", OptionList)

    def __init__(self, session: Session, profile: Profile, rests: RestsOn, trait_name: str) -> None:
        super().__init__()
        self._session = session
        self._profile = profile
        self._rests = rests
        self._trait_name = trait_name

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Behind the pair: {one_line(self._trait_name, 60)}")
            box.border_subtitle = "enter opens the review  esc back to the pair"
            yield Static(self._told(), markup=False)
            yield OptionList(*map(_line, self._rests.reviews), id="reviews", markup=False)

    def _told(self) -> str:
        told = visible(self._rests.why)
        if self._rests.forgotten:
            told += f" {count(self._rests.forgotten, 'more review')} it rested on are forgotten."
        return f"{told}\n"

    @on(OptionList.OptionSelected, "#reviews")
    def _open(self, event: OptionList.OptionSelected) -> None:
        quoted, trait = self._rests.reviews[event.option_index], self._rests.trait
        assert trait is not None, "the screen is opened for a trait that is there"
        entry, at = (quoted.review, quoted.book), next(iter(quoted.quotes), None)
        self.app.push_screen(
            ShowReview(self._session, self._profile, trait, self._trait_name, entry, at)
        )


def _line(quoted: Quoted) -> Content:
    """The clearest quote, and below it where it stands."""
    at = next(iter(quoted.quotes), None)
    told = f"{at.stance:+.2f} “{one_line(at.quote, 160)}”" if at else "No quote; the book counts."
    return Content.assemble(told, "\n", (one_line(quoted.book.title, 70), "dim"))
