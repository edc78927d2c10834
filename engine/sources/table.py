"""CSV as records, by the csv module; a broken record costs itself and not the ones after it."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.domain import Skipped
from engine.sources.opening import Source
from engine.sources.records import Record

MAX_RECORD_CHARS = 4 * 1024 * 1024
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class RawRow:
    """A row with the very text it was read from: all of them together are the file."""

    line: int
    """Where it starts, from 1."""
    raw: str
    """With the end of its last line."""
    cells: list[str]
    """None of an empty line, and of what is not CSV."""
    trouble: str = ""
    """Why it is not CSV; empty where it is."""


def table_records(source: Source) -> Iterator[Record | Skipped]:
    """Each row under the header's names; the line is the one where the record starts."""
    header: list[str] | None = None
    for row in _rows(source.lines, delimiter_of(source.head)):
        if isinstance(row, Skipped):
            yield row
            continue
        line, cells = row
        if header is None:
            header = column_names(cells)
        elif len(cells) == len(header):
            yield Record(line, dict(zip(header, cells, strict=True)))
        else:
            yield Skipped(line, f"The row has {len(cells)} cells, the header {len(header)}.")


def header_of(head: Sequence[str]) -> list[str]:
    """The column names in the first lines of a file, if it is a table."""
    first = next(_rows(iter(head), delimiter_of(head)), None)
    return column_names(first[1]) if isinstance(first, tuple) else []


def column_names(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells]


def delimiter_of(head: Sequence[str]) -> str:
    """The comma, semicolon or tab that the first written line has most of."""
    first = next((line for line in head if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]] | Skipped]:
    for row in raw_rows(lines, delimiter):
        if row.trouble:
            yield Skipped(row.line, row.trouble)
        elif row.cells:
            yield row.line, row.cells


def raw_rows(lines: Iterator[str], delimiter: str) -> Iterator[RawRow]:
    """Every row of a file, empty and broken ones too."""
    csv.field_size_limit(MAX_RECORD_CHARS)
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            trouble = f"The row is not CSV: {feed.why(error)}."
            line = feed.record_line
            feed.give_back()
            yield RawRow(line, feed.raw, [], trouble)
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            continue
        yield RawRow(feed.record_line, feed.raw, cells)


class _Feed:
    """The lines on their way into the csv module, kept until the record they make is whole.

    A quotation mark too many makes one record of all that follows. When that is found out, the
    lines after the record's first are given back and read again.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, 1)
        self._again: deque[tuple[int, str]] = deque()
        self._record: list[tuple[int, str]] = []
        self._size = 0

    def begin_record(self) -> None:
        self._record.clear()
        self._size = 0

    @property
    def record_line(self) -> int:
        return self._record[0][0]

    @property
    def raw(self) -> str:
        """The text of the record."""
        return "".join(text for _, text in self._record)

    def give_back(self) -> None:
        self._again.extendleft(reversed(self._record[1:]))
        del self._record[1:]

    def why(self, error: csv.Error) -> str:
        """The csv module's reason, in plainer words for the two that come of a lost quote."""
        if self._size > MAX_RECORD_CHARS:
            return f"it is over {MAX_RECORD_CHARS:,} characters long, perhaps for a lost quote"
        if "end of data" in str(error):
            return "a quotation mark is opened and not closed"
        return str(error)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > MAX_RECORD_CHARS:
            raise StopIteration
        entry = self._again.popleft() if self._again else next(self._lines)
        self._record.append(entry)
        self._size += len(entry[1])
        return entry[1]
