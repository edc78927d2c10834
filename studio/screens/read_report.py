"""The report of a tailoring, to be read here or written to a file."""

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Markdown

from engine.private_file import private_file
from engine.tailoring.report import TailoringReport
from models.errors import BadInput
from studio.replacing import written
from studio.screens.ask_words import AskWords, Blank
from studio.session import Session
from studio.sheets.tailoring import as_html, as_markdown
from studio.text import one_line, visible
from studio.typed_path import typed_path

LAYOUTS = {".html": as_html, ".md": as_markdown}
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
        name = Path.home() / f"{self._report.dataset_id}-tailoring.html"
        question = AskWords("Write the report", WHERE, [Blank("File", str(name), WHERE)], "Write")
        answer = await self.app.push_screen_wait(question)
        if answer is None:
            return
        with self._session.errors_told():
            path = typed_path(answer[0])
            if await written(
                self.app, path, lambda force: self._session.ask(self._written, path, force)
            ):
                self.notify(f"Written to {visible(str(path))}.", markup=False)

    def _written(self, _: Path, path: Path, replaces: bool) -> Path:
        layout = LAYOUTS.get(path.suffix.lower())
        if layout is None:
            raise BadInput(
                f"{path.name!r} does not say what report it is to be.", "End it in .html or .md."
            )
        with private_file(path, replaces) as file:
            file.write(layout(self._report).encode())
        return path
