"""What an imported file held, and which of its rows were left out and why."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, DataTable, Static

from engine import imports
from engine.pair_files.loading import PairsLoaded
from engine.pair_files.reading import CALLED
from engine.reports import BooksReport, ImportReport, PreferencesReport
from engine.sources.stars import SCALES
from studio.text import cell, count, one_line

ROWS_LISTED = 50
MOST_REASONS = 6
TAILS = {
    "dmy": "day first",
    "mdy": "month first",
    **{str(best): f"graded up to {best}" for best in SCALES},
}

Report = ImportReport | BooksReport | PreferencesReport | PairsLoaded


class ShowImport(ModalScreen[None]):
    """The report, with the first skipped rows."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "import_report.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="report.close", tooltip="Close the report")
    ]

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def compose(self) -> ComposeResult:
        report = self._report
        with Vertical(classes="box") as box:
            box.border_title = "Loaded" if isinstance(report, PairsLoaded) else "Imported"
            yield Static("\n".join((*_told(report), self._skipped())), id="summary", markup=False)
            if report.skipped:
                yield DataTable(id="skipped", cursor_type="row")
            yield Button("Close", id="close", variant="primary", compact=True)

    def _skipped(self) -> str:
        skipped = len(self._report.skipped) + self._report.skipped_unlisted
        if not skipped:
            return "Every row could be used."
        first = f" The first {ROWS_LISTED}:" if skipped > ROWS_LISTED else ""
        return f"{count(skipped, 'row')} left out.{first}"

    def on_mount(self) -> None:
        for table in self.query(DataTable):
            place = self._report.place if isinstance(self._report, PairsLoaded) else "line"
            table.add_columns(place.capitalize(), "Why it was left out")
            for skipped in self._report.skipped[:ROWS_LISTED]:
                table.add_row(cell(f"{skipped.line:,}"), cell(skipped.reason))
        self.query_one("#close").focus()

    def on_button_pressed(self) -> None:
        self.dismiss()


def _told(report: Report) -> Iterator[str]:
    if isinstance(report, PairsLoaded):
        return _pairs_told(report)
    if isinstance(report, PreferencesReport):
        return _preferences_told(report)
    return _reviews_told(report) if isinstance(report, ImportReport) else _books_told(report)


def _pairs_told(report: PairsLoaded) -> Iterator[str]:
    yield (
        f"{count(report.pairs, 'pair')}: {report.added:,} new, {report.changed:,} changed, "
        f"{report.same:,} as they were."
    )
    yield f"Held out of training: {report.held_out:,}."
    yield f"Read as: {report.format}, from {CALLED[report.container]}."
    if report.remark:
        yield one_line(report.remark, 400)


def _preferences_told(report: PreferencesReport) -> Iterator[str]:
    dataset = one_line(report.dataset, 60)
    yield f"{count(report.pairs, 'pair')} in the dataset {dataset}, {report.added:,} of them new."
    yield f"Read as: {_label(report.format, imports.preference_formats())}."
    reasons = list(report.reasons.items())
    if len(report.skipped) > ROWS_LISTED:
        yield from (f"{number:,} times: {one_line(why)}" for why, number in reasons[:MOST_REASONS])
    yield (
        "They are on the Persona screen (p on Readers opens it); i there infers who would prefer "
        "which answer."
    )


def _reviews_told(report: ImportReport) -> Iterator[str]:
    known = report.reviews - report.added - report.forgotten
    parts = [f"{report.added:,} new"]
    if known:
        parts.append(f"{known:,} already here")
    if report.forgotten:
        parts.append(f"{report.forgotten:,} left out because you once forgot them")
    of = count(report.books, "book")
    yield f"{count(len(report.readers), 'reader')}, {count(report.reviews, 'review')} of {of}."
    yield f"Of these reviews: {', '.join(parts)}."
    yield f"Read as: {_label(report.format, imports.review_formats())}."
    if report.columns:
        taken = ", ".join(f"{role} from {_column(one)}" for role, one in report.columns.items())
        yield f"Columns: {one_line(taken, 400)}."


def _books_told(report: BooksReport) -> Iterator[str]:
    yield f"{count(report.books, 'book')}."
    yield f"Read as: {_label(report.format, imports.book_formats())}."
    yield (
        "Those with a description stand in Preview (press 5), in the list of books, after the ones "
        "that come with Persona Studio. The others tell more about books that readers reviewed."
    )


def _column(written: str) -> str:
    """A column as the report writes it, its scale or order of dates in words."""
    column, _, tail = written.rpartition("/")
    return f"{column} ({TAILS[tail]})" if column and tail in TAILS else written


def _label(name: str, formats: tuple[tuple[str, str], ...]) -> str:
    return one_line(dict(formats).get(name, name))
