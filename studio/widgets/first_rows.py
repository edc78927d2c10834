"""The first rows of a file as an import would read them."""

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import DataTable

from engine.domain import Skipped
from engine.sources.rows import Row
from studio.text import cell

FIXED_WIDTH = 32
"""Of line, rating and date, with the blanks beside all columns."""
LEFT_OUT = "(left out)"


class FirstRows(DataTable[Text]):
    """Reader, book and review share the width; a row that would be left out says so."""

    def __init__(self) -> None:
        super().__init__(id="first", cursor_type="none", zebra_stripes=True)
        self._rows: Sequence[Row | Skipped] = ()

    def on_mount(self) -> None:
        self.can_focus = False

    def on_resize(self) -> None:
        self.show(self._rows)

    def show(self, rows: Sequence[Row | Skipped]) -> None:
        """Show these rows in place of the ones before."""
        self._rows = rows
        self.clear(columns=True)
        self.visible = bool(rows)
        if not rows:
            return
        room = max(30, self.size.width - FIXED_WIDTH)
        reader, book = room // 5, room * 2 // 5
        widths = (5, reader, book, 4, 10, room - reader - book)
        for heading, width in zip(
            ("Line", "Reader", "Book", "Of 5", "Date", "Review"), widths, strict=True
        ):
            self.add_column(heading, width=width)
        for row in rows:
            written = _cells(row)
            self.add_row(*(cell(text, width) for text, width in zip(written, widths, strict=True)))


def _cells(row: Row | Skipped) -> tuple[str, ...]:
    if isinstance(row, Skipped):
        return str(row.line), "", LEFT_OUT, "", "", ""
    review = row.review
    return (
        str(row.line),
        row.reader.id,
        f"{row.book.title}, {row.book.author}" if row.book.author else row.book.title,
        "" if review.rating is None else f"{review.rating:g}",
        f"{review.written_at:%Y-%m-%d}" if review.written_at else "",
        f"{review.title}. {review.text}" if review.title else review.text,
    )
