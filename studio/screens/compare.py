"""Two readers side by side, the widest differences first."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from engine import desk, editing
from engine.editing import Difference
from engine.store.readers import ReaderSummary
from models.errors import UserError
from studio.pictures.comparison import ComparedLine, comparison, reader_columns
from studio.pictures.intervals import legend
from studio.screens.show_quotes import ShowQuotes
from studio.session import Session
from studio.text import one_line


class CompareScreen(ModalScreen[None]):
    """Opened over the profile; escape goes back to it, enter shows the quotes of both."""

    CSS_PATH = "compare.tcss"
    AUTO_FOCUS = "#differences"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="compare.back", tooltip="Back to the profile")
    ]
    options = getters.query_one("#differences", OptionList)

    def __init__(self, session: Session, reader: ReaderSummary, other: ReaderSummary) -> None:
        super().__init__()
        self._session = session
        self._ids = (reader.id, other.id)
        self._readers = (reader.name, other.name)
        self._names: Mapping[str, str] = {}
        self._differences: tuple[Difference, ...] = ()
        self._titles: Mapping[str, str] = {}
        self._lines: list[ComparedLine] = []

    def compose(self) -> ComposeResult:
        one, other = (one_line(name, 40) for name in self._readers)
        heading = f"{one} beside {other} (enter shows the quotes of both)"
        yield Static(heading, id="heading", markup=False)
        yield Static("", id="columns", markup=False)
        yield OptionList(id="differences", markup=False)
        yield Static("", id="legend", classes="quiet", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        try:
            self._differences = await self._session.ask(editing.compare, *self._ids)
            reviews = [
                entry
                for reader_id in self._ids
                for entry in await self._session.ask(desk.reviews, reader_id)
            ]
        except UserError as error:
            self.dismiss()
            self._session.tell(error)
            return
        self._titles = {review.id: book.title for review, book in reviews}
        self._names = desk.trait_names()
        self._draw()

    def _draw(self) -> None:
        width = self.options.scrollable_content_region.width - 2
        if width < 1 or not self._names:
            return
        self.query_one("#columns", Static).update(reader_columns(self._readers, width))
        self.query_one("#legend", Static).update("\n".join(legend(self.size.width - 2)))
        at = self.options.highlighted
        self._lines = comparison(self._differences, self._names, self._readers, width)
        self.options.clear_options()
        self.options.add_options(
            Option(line.text)
            if line.difference
            else Option(Content.styled(line.text, "bold"), disabled=True)
            for line in self._lines
        )
        if self._lines:
            self.options.highlighted = at if at is not None else 1
        else:
            self.options.add_option(Option("Nothing is known of either.", disabled=True))

    @on(OptionList.OptionSelected, "#differences")
    def _open(self, event: OptionList.OptionSelected) -> None:
        difference = self._lines[event.option_index].difference
        if difference is not None:
            name = self._names.get(difference.trait_id, difference.trait_id)
            self.app.push_screen(ShowQuotes(difference, name, self._readers, self._titles))

    def action_close(self) -> None:
        self.dismiss()
