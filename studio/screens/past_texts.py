"""The descriptions of a book that were written for a reader, each with what made it."""

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from engine import desk
from engine.description_checks import Flag
from engine.domain import Book, Description
from engine.past_descriptions import flags_of, past_descriptions
from models.errors import UserError
from studio.marked_text import flagged
from studio.preview_words import flag_lines, heading, making, meter_lines
from studio.session import Session
from studio.text import lately, one_line, visible
from studio.widgets.answer_pane import METERING


class PastTexts(ModalScreen[None]):
    """Read-only; the newest first, or the one that was asked for."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#texts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="past.close", tooltip="Close the texts")
    ]
    texts = getters.query_one("#texts", OptionList)
    told = getters.query_one("#told", Static)

    def __init__(
        self, session: Session, reader_id: str, book: Book, begin_at: int | None = None
    ) -> None:
        """
        Args:
            begin_at: the id of the description to begin with.
        """
        super().__init__()
        self._session = session
        self._reader_id = reader_id
        self._book = book
        self._begin_at = begin_at
        self._past: list[Description] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Written of {one_line(self._book.title, 50)}")
            box.border_subtitle = "tab to the text  esc closes"
            with Horizontal():
                yield OptionList(id="texts", markup=False)
                with VerticalScroll(can_focus=True):
                    yield Static("", id="told", markup=False)

    def on_mount(self) -> None:
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        with self._session.errors_told():
            self._past = await self._session.ask(past_descriptions, self._reader_id, self._book.id)
        self.texts.add_options([_line(description) for description in self._past])
        ids = [description.id for description in self._past]
        if ids:
            self.texts.highlighted = ids.index(self._begin_at) if self._begin_at in ids else 0
        else:
            self.told.update("Nothing was written of this book for this reader yet.")

    @on(OptionList.OptionHighlighted, "#texts")
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        self._tell(self._past[event.option_index])

    @work(group="page", exclusive=True)
    async def _tell(self, description: Description) -> None:
        flags: tuple[Flag, ...] = ()
        try:
            flags = await self._session.ask(flags_of, description)
            found = "\n".join(flag_lines(flags))
        except UserError as error:
            found = f"Not checked: {error}"
        self._show_all(description, flags, found, METERING)
        self._measure(description, flags, found)

    @work(group="meter", exclusive=True)
    async def _measure(self, description: Description, flags: tuple[Flag, ...], found: str) -> None:
        """Apart from the text: the encoder may have to be loaded first."""
        try:
            bench = await self._session.bench()
            readings, agreement = await bench.meter(description), await bench.meter_agreement()
            meter = "\n".join(meter_lines(readings, desk.trait_names(), agreement))
        except UserError as error:
            meter = f"Meter: not read. {error}"
        self._show_all(description, flags, found, meter)

    def _show_all(
        self, description: Description, flags: tuple[Flag, ...], found: str, meter: str
    ) -> None:
        parts = [
            Content.styled(heading(description), "bold"),
            flagged(description.final_text, flags),
            Content(visible(found)),
            Content(visible(meter)),
            Content.styled("\n".join(making(description)), "dim"),
        ]
        self.told.update(Content("\n\n").join(parts))


def _line(description: Description) -> Content:
    """Short enough for a column of a small window; the head of the text tells the rest."""
    told = f"{lately(description.made_at)}, seed {description.sampling.seed}"
    return Content.assemble(one_line(description.pane_id, 40), "\n", (told, "dim"))
