"""Pairs as CSV that a spreadsheet can be trusted with: a text is never taken for a formula.

A cell that begins like a formula gets an apostrophe before it, and so does one that begins with
apostrophes and then like a formula; taking one away again gives back every text as it was. (OWASP,
"CSV Injection", names the signs; white space before them does not help.) Only tables that have our
columns are read that way: in anybody else's, an apostrophe is an apostrophe.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from gzip import GzipFile
from typing import BinaryIO

from engine.domain import Skipped
from engine.pair_files.own_fields import OWN_FIELDS, SIGNS, TEXTS
from engine.pair_files.shapes import too_long
from engine.sources.opening import Source
from engine.sources.records import Record
from engine.sources.table import MAX_RECORD_CHARS, table_records

COLUMNS = (*TEXTS, *OWN_FIELDS)
# The full-width signs count as the narrow ones in East Asian settings.
_LIKE_A_FORMULA = re.compile("'*(?:[\t\r\n]|\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def write_table(rows: Iterable[Mapping[str, object]], file: BinaryIO | GzipFile) -> None:
    """Write rows of `COLUMNS` with a header, in UTF-8 with the mark that Excel knows it by."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [_cell(row[name]) for name in COLUMNS]
        # Each cell stands between quotation marks, has its own doubled, and a comma after it.
        if sum(len(cell) + cell.count('"') + 3 for cell in cells) > MAX_RECORD_CHARS:
            raise too_long(row, "csv", MAX_RECORD_CHARS)
        writer.writerow(cells)
    text.flush()
    text.detach()


def table_rows(source: Source) -> Iterator[Record | Skipped]:
    """The rows of a table; of one of ours, every text as it was before it was written.

    Column names count without their capitals.
    """
    for record in table_records(_lines_as_written(source)):
        if isinstance(record, Skipped):
            yield record
            continue
        fields = {name.lower(): value for name, value in record.fields.items()}
        if fields.keys() >= SIGNS:
            fields = {name: _uncovered(str(value)) for name, value in fields.items()}
        yield Record(record.line, fields)


def _lines_as_written(source: Source) -> Source:
    r"""A file saved with Windows' line ends has them inside cells as well, where they are plain.

    In a file that has none at the end of its header, a `\r\n` belongs to a text.
    """
    if not source.head[0].endswith("\r\n"):
        return source
    lines = (line[:-2] + "\n" if line.endswith("\r\n") else line for line in source.lines)
    return replace(source, lines=lines)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}" if _LIKE_A_FORMULA.match(value) else value
    # A number is no formula, whatever its sign.
    return json.dumps(value, ensure_ascii=False)


def _uncovered(cell: str) -> str:
    is_covered = cell.startswith("'") and _LIKE_A_FORMULA.match(cell, 1)
    return cell[1:] if is_covered else cell
