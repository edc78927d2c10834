"""What a trait would be without each review that bears on it, the most moving first."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static

from engine.domain import Book, Profile, Review, Trait
from engine.editing import Influence
from studio.screens.show_review import ShowReview
from studio.session import Session
from studio.text import bar, cell, count, one_line


class InfluenceScreen(ModalScreen[None]):
    """Opened over the profile; escape goes back to it, enter opens the review."""

    CSS_PATH = "influence.tcss"
    AUTO_FOCUS = "#influence"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="influence.back", tooltip="Back to the profile")
    ]
    table = getters.query_one("#influence", DataTable)

    def __init__(
        self,
        session: Session,
        profile: Profile,
        trait: Trait,
        trait_name: str,
        reviews: Mapping[str, tuple[Review, Book]],
        found: Sequence[Influence],
    ) -> None:
        super().__init__()
        self._session = session
        self._profile = profile
        self._trait = trait
        self._trait_name = trait_name
        self._reviews = reviews
        self._found = [one for one in found if one.review_id in reviews]

    def compose(self) -> ComposeResult:
        heading = f"Without one review: {one_line(self._trait_name)}"
        yield Static(heading, id="heading", markup=False)
        yield Static(self._now(), id="now", classes="quiet", markup=False)
        yield DataTable(id="influence", cursor_type="row", classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        self.table.border_subtitle = "enter opens the review"
        self.table.add_columns("Without this review", "it would be", "sure", "")

    def on_resize(self) -> None:
        at = self.table.cursor_row
        self.table.clear()
        for one in self._found:
            _, book = self._reviews[one.review_id]
            self.table.add_row(
                cell(book.title, max(16, self.size.width - 52)),
                cell(_left(one)),
                cell(f"{one.confidence:4.0%}" if one.status == "known" else ""),
                cell(_effect(self._trait, one)),
                key=one.review_id,
            )
        self.table.move_cursor(row=at)

    def _now(self) -> str:
        trait = self._trait
        if trait.status != "known":
            now = f"The reviews leave it {trait.status}"
        elif trait.value is not None:
            now = f"All reviews together say: {one_line(trait.value, 60)}"
        else:
            now = f"From all reviews: {bar(trait.score)} {trait.score:+.2f}"
            now += f", confidence {trait.confidence:.0%}"
        number = len(self._found)
        bearing = f"{count(number, 'review')} {'bears' if number == 1 else 'bear'} on it"
        return f"{now}. {bearing}. Your own word and other sources are left aside here."

    @on(DataTable.RowSelected, "#influence")
    @work(group="ask", exclusive=True)
    async def _open(self, event: DataTable.RowSelected) -> None:
        entry = self._reviews[str(event.row_key.value)]
        review = ShowReview(self._session, self._profile, self._trait, self._trait_name, entry)
        if await self.app.push_screen_wait(review):
            self.dismiss()  # what is listed here is of the time before

    def action_close(self) -> None:
        self.dismiss()


def _left(one: Influence) -> str:
    if one.status != "known":
        return "unknown"
    if one.value is not None:
        return one_line(one.value, 20)
    return f"{bar(one.score)} {one.score:+.2f}"


def _effect(trait: Trait, one: Influence) -> str:
    if one.status != trait.status:
        return "carries it"
    if trait.score * one.score < 0:
        return "turns it round"
    return f"moves it {one.change:.2f}"
