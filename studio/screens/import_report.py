"""What an imported file held, and which of its lines were left out and why."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, DataTable, Static

from engine.reports import ImportReport
from studio.text import cell, count, visible


class ShowImport(ModalScreen[None]):
    """The report, with every skipped line."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="report.close", tooltip="Close the report")
    ]

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self._report = report

    def compose(self) -> ComposeResult:
        report = self._report
        with Vertical(classes="box") as box:
            box.border_title = "Imported"
            yield Static(self._summary(), id="summary", markup=False)
            if report.skipped:
                yield DataTable(id="skipped", cursor_type="row")
            yield Button("Close", id="close", compact=True)

    def _summary(self) -> str:
        report = self._report
        known = report.reviews - report.added
        already = f" ({known:,} of them were here already)" if known else ""
        skipped = (
            f"\n{count(len(report.skipped), 'line')} could not be used:"
            if report.skipped
            else "\nEvery line could be used."
        )
        return (
            f"{count(len(report.readers), 'reader')}, {count(report.reviews, 'review')}{already}, "
            f"{count(report.books, 'book')}. Format: {visible(report.format)}.{skipped}"
        )

    def on_mount(self) -> None:
        for table in self.query(DataTable):
            table.add_columns("Line", "Why it was left out")
            for skipped in self._report.skipped:
                table.add_row(cell(str(skipped.line)), cell(skipped.reason))

    def on_button_pressed(self) -> None:
        self.dismiss()
