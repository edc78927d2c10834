"""A catalogue as CSV: of a row with a new text one cell is replaced, and not a byte besides."""

import re
from collections.abc import Iterator, Mapping

from engine.catalogues.entry import Entry, Texts, book_of, columns_in, in_the_manner_of
from engine.sources.opening import InputFile, opened
from engine.sources.records import BadRow, Record
from engine.sources.table import RawRow, column_names, delimiter_of, header_of, raw_rows


def columns(file: InputFile, chosen: Mapping[str, str]) -> dict[str, str]:
    """Which column holds what.

    Raises:
        BadInput: the file cannot be read, or lacks a column.
    """
    with opened(file, keeps_returns=True) as source:
        return columns_in(header_of(source.head), chosen, file.name)


def entries(file: InputFile, named: Mapping[str, str]) -> Iterator[Entry]:
    """The rows below the header.

    Raises:
        BadInput: the file cannot be read.
    """
    with opened(file, keeps_returns=True) as source:
        rows = raw_rows(source.lines, delimiter_of(source.head))
        header: list[str] | None = None
        place = 0
        for row in rows:
            if header is None:
                header = column_names(row.cells) or None
            elif row.cells or row.trouble:
                yield _entry(place, row, header, named)
                place += 1


def _entry(place: int, row: RawRow, header: list[str], named: Mapping[str, str]) -> Entry:
    if row.trouble:
        return Entry(place, row.line, None, row.trouble)
    if len(row.cells) != len(header):
        told = f"The row has {len(row.cells)} cells, the header {len(header)}."
        return Entry(place, row.line, None, told)
    try:
        record = Record(row.line, dict(zip(header, row.cells, strict=True)))
        return Entry(place, row.line, book_of(record, named))
    except BadRow as bad:
        return Entry(place, row.line, None, str(bad))


def rewritten(file: InputFile, named: Mapping[str, str], texts: Texts) -> Iterator[str]:
    """The whole file as text, with new descriptions.

    Raises:
        BadInput: the file cannot be read.
    """
    with opened(file, keeps_returns=True) as source:
        delimiter = delimiter_of(source.head)
        at: int | None = None
        place = 0
        for row in raw_rows(source.lines, delimiter):
            if at is None:
                yield row.raw
                if row.cells:
                    names = column_names(row.cells)
                    # Of columns that are called the same the last is read, too.
                    at = len(names) - 1 - names[::-1].index(named["description"])
                continue
            is_row = bool(row.cells or row.trouble)
            text = texts.get(place) if is_row else None
            yield row.raw if text is None else _with_cell(row, at, text, delimiter)
            place += is_row


def _with_cell(row: RawRow, at: int, text: str, delimiter: str) -> str:
    """A row with another text in one of its cells, quoted as that was, or where it has to be."""
    start, end = _spans(row.raw, delimiter)[at]
    new = in_the_manner_of(row.cells[at], text)
    if row.raw[start:end].startswith('"') or re.search(rf'["\r\n{delimiter}]', new):
        new = '"' + new.replace('"', '""') + '"'
    return row.raw[:start] + new + row.raw[end:]


def _spans(raw: str, delimiter: str) -> list[tuple[int, int]]:
    """Where the cells of a row stand in its text, quotation marks and all."""
    cell = re.compile(rf'"[^"]*(?:""[^"]*)*"|[^{delimiter}\r\n]*')
    spans: list[tuple[int, int]] = []
    start = 0
    while True:
        found = cell.match(raw, start)
        assert found is not None, "the second way matches nothing at all too"
        spans.append(found.span())
        if raw[found.end() : found.end() + 1] != delimiter:
            return spans
        start = found.end() + 1
