"""A row of a catalogue: the publisher's description beside the new one, which can be edited."""

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static, TextArea

from engine.catalogues.review import Reviewed
from studio.catalogue_words import NAMES
from studio.marked_text import flagged
from studio.preview_words import flag_lines, heading
from studio.text import one_line, visible

NARROW = 100
"""Columns of the window below which the flags of a row share lines."""


class ReviewedRow(Vertical):
    """Shows one row at a time; nothing is stored here."""

    book = getters.query_one("#book", Static)
    original = getters.query_one("#original", Static)
    new = getters.query_one("#new", Static)
    field = getters.query_one(TextArea)
    found = getters.query_one("#found", Static)

    def __init__(self) -> None:
        super().__init__(id="row")
        self.shown: Reviewed | None = None
        """What is on screen, and what a key is about."""

    def compose(self) -> ComposeResult:
        yield Static(id="book", markup=False)
        with Horizontal(id="texts"):
            with VerticalScroll(classes="panel", can_focus=True) as left:
                left.border_title = "Original"
                yield Static(id="original", markup=False)
            with VerticalScroll(classes="panel", can_focus=True) as right:
                right.border_title = "New"
                yield Static(id="new", markup=False)
                yield TextArea(id="field", soft_wrap=True, show_line_numbers=False)
        yield Static(id="found", markup=False)

    @property
    def is_editing(self) -> bool:
        return self.has_class("-editing")

    def show(self, told: Reviewed) -> None:
        """Show a row from the beginning of its texts; words that are being typed stay."""
        if self.is_editing:
            return
        is_other = self.shown is None or self.shown.row.place != told.row.place
        self.shown = told
        by = f", {told.book.author}" if told.book.author else ""
        state = NAMES[told.row.state]
        row = f"Row {told.row.place + 1}"
        self.book.update(one_line(f"{row}, {state}: {told.book.title}{by}"))
        self.original.update(visible(told.book.description))
        if told.description is None:
            self.new.update("Not written yet.")
            self.found.update("")
        else:
            self.new.update(flagged(told.description.final_text, told.flags))
            self.found.update(_found(told, self.app.size.width < NARROW))
        if is_other:
            for panel in self.query(VerticalScroll):
                panel.scroll_home(animate=False)

    def clear(self, told: str) -> None:
        """Show no row, and why."""
        if self.is_editing:
            return
        self.shown = None
        self.book.update(told)
        for text in (self.original, self.new, self.found):
            text.update("")

    def wait(self, told: str) -> None:
        """Say what is going on with the row."""
        self.found.update(told)

    def edit(self) -> None:
        """Put the new text into a field."""
        assert self.shown is not None
        assert self.shown.description is not None
        self.field.text = self.shown.description.final_text
        self.field.move_cursor(self.field.document.end)
        self.add_class("-editing")
        self.field.focus()
        self.wait("ctrl+s keeps it and accepts   esc leaves it as it was")

    def stop_editing(self) -> None:
        """Show the text again."""
        self.remove_class("-editing")

    @property
    def typed(self) -> str:
        """The words in the field; the text's own where nothing was typed."""
        return self.field.text.strip()

    @property
    def is_changed(self) -> bool:
        """Whether other words stand in the field than in the text."""
        if not self.is_editing or self.shown is None or self.shown.description is None:
            return False
        return self.typed != self.shown.description.final_text.strip()


def _found(told: Reviewed, is_narrow: bool) -> Content:
    """When it was written, by what, and what the checks found."""
    assert told.description is not None
    flags = [Content(visible(line)) for line in flag_lines(told.flags)]
    by = Content(heading(told.description))
    return Content("\n").join([by, Content("  ").join(flags)] if is_narrow else [by, *flags])
