"""The report of a tailoring, to be read here or written to a file."""

from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Markdown

from engine.tailoring.report import TailoringReport
from studio.screens.write_file import write_where_asked
from studio.session import Session
from studio.sheets.tailoring import as_markdown, laid_out_for
from studio.text import one_line, visible

WHERE = "A page of HTML that loads nothing (.html), or Markdown (.md)."


class ReadReport(ModalScreen[None]):
    """Read-only; escape closes it."""

    CSS_PATH = "read_report.tcss"
    AUTO_FOCUS = "#lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="tailored.close", tooltip="Close the report"),
        Binding("w", "write", "Write a file", id="tailored.write", tooltip="Write it to a file"),
    ]

    def __init__(self, session: Session, report: TailoringReport) -> None:
        super().__init__()
        self._session = session
        self._report = report

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", classes="panel") as lines:
            lines.border_title = Content(f"Tailoring on {one_line(self._report.dataset_id, 50)}")
            yield Markdown(visible(as_markdown(self._report)), open_links=False)
        yield Footer()

    @work(group="write", exclusive=True)
    async def action_write(self) -> None:
        name = f"{self._report.dataset_id}-tailoring.html"
        question = ("Write the report", WHERE)
        await write_where_asked(
            self, self._session, question, name, partial(laid_out_for, self._report)
        )
