"""What the dialogs that take a file in have in common: shut while it is read, stopped by `esc`."""

from typing import ClassVar, TypeVar

from textual import getters, on
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from studio.reading import Reading
from studio.widgets.file_choice import FileChoice
from studio.widgets.reading_line import ReadingLine

Taken = TypeVar("Taken")


class ReadsFile(ModalScreen[Taken | None]):
    """A form `#form` with a file to choose, a reading line, a `#refusal` and a primary button.

    Gives back what was taken; None: nothing was.
    """

    AUTO_FOCUS: ClassVar[str | None] = "#path"
    file = getters.query_one(FileChoice)
    line = getters.query_one(ReadingLine)
    refusal = getters.query_one("#refusal", Static)
    going_on = getters.query_one("Button.-primary", Button)

    def on_mount(self) -> None:
        self.watch(self.line, "reading", self._shut)

    @on(FileChoice.Picked)
    def _go_on(self) -> None:
        self.going_on.focus()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop what is going on; with nothing going on, close."""
        if self.line.reading is None:
            self.dismiss(None)
        else:
            # The store has to be left first: the thread ends when it hears of it.
            self.line.reading.stop()

    def _shut(self, reading: Reading | None) -> None:
        """Shut the form while a file is read."""
        form = self.query_one("#form")
        was_shut = form.disabled
        form.disabled = reading is not None
        self.going_on.disabled = reading is not None
        if was_shut and reading is None:
            self.file.path.focus()
