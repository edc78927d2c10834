"""A look at a file of reviews before anything of it is taken, for a person to say what is what."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from engine.sources import columns, librarything, text
from engine.sources.columns import ColumnMap
from engine.sources.detect import detected, is_json, undetected
from engine.sources.formats import GENERAL, REVIEW_FORMATS, ReviewFormat, with_columns
from engine.sources.lines_of_json import json_records
from engine.sources.opening import InputFile, Source, at_hand, opened
from engine.sources.records import Record, one_line, storable
from engine.sources.table import table_records
from models.errors import BadInput

ROWS_LOOKED_AT = 200
ROWS_SHOWN = 5
CELL_CHARS = 200
OVER_FIVE_SHARE = 0.2
GRADES_AT_LEAST = 5


@dataclass(frozen=True)
class FileLook:
    """What a file of reviews shows of itself."""

    name: str
    format: str | None
    """None: nothing known, and the guess is not complete."""
    label: str
    """Of the format, for people."""
    columns: tuple[str, ...]
    """Columns or fields, where the file has such; in the file's order."""
    rows: tuple[tuple[str, ...], ...]
    """The first rows, cell by cell as the columns have it, long cells cut."""
    mapping: ColumnMap | None
    """The guess, where the columns decide; None in a format that has its own."""
    one_reader: bool
    """Whether all of the file is by one reader, who is named after it."""

    def as_json(self) -> dict[str, object]:
        return {
            "file": self.name,
            "format": self.format,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "mapping": self.mapping.as_json() if self.mapping else None,
            "one_reader": self.one_reader,
        }


def look_at(path: Path | None) -> FileLook:
    """The format, columns, first rows and guessed mapping of a file of reviews.

    Raises:
        BadInput: the file cannot be read, or holds something other than reviews.
    """
    with at_hand(path) as file, opened(file) as source:
        name = detected(source, "reviews")
        found = REVIEW_FORMATS.get(name or "")
        rows = tuple(_first_rows(source, found))
        named = _names(rows)
        mapping = columns.guessed(named, rows) if found is None or name in GENERAL else None
        if found is None and mapping and mapping.is_complete:
            name = _general(source)
            found = with_columns(name, mapping)
        return FileLook(
            file.name,
            name,
            found.label if found else "",
            named,
            tuple(tuple(_cell(row, column) for column in named) for row in rows[:ROWS_SHOWN]),
            mapping,
            found is not None
            and (
                found.reader_id is None or (mapping is not None and "reader" not in mapping.columns)
            ),
        )


def format_of(
    file: InputFile, asked: str | None, choice: Mapping[str, str] | None
) -> tuple[ReviewFormat, ColumnMap | None]:
    """How a file is to be read, and the mapping of its columns where that had to be guessed.

    Args:
        asked: a format's name; `csv` and `jsonl` say only what kind of file it is, and a special
            format of that kind is still told by the content. None tells all of it by the content.
        choice: role to column, as a person chose; for `csv` and `jsonl`.

    Raises:
        BadInput: no such format, role or column, or no format was asked for and none is known.
    """
    if asked is not None and asked not in REVIEW_FORMATS:
        raise BadInput(
            f"There is no format {asked!r} for reviews.", f"Formats: {', '.join(REVIEW_FORMATS)}."
        )
    with opened(file) as source:
        if choice:
            return _by_choice(source, asked, choice)
        if asked is not None and asked not in GENERAL:
            return REVIEW_FORMATS[asked], None
        name = detected(source, "reviews") if asked is None else _special(source, asked)
        if name not in (None, *GENERAL):
            return REVIEW_FORMATS[str(name)], None
        rows = tuple(_first_rows(source, None))
        guess = columns.guessed(_names(rows), rows)
        if name is None and not guess.is_complete:
            raise undetected(source, "reviews", list(REVIEW_FORMATS))
        if name is None or (guess.is_complete and _grades_are_over_five(guess, rows)):
            return with_columns(name or _general(source), guess), guess
        return REVIEW_FORMATS[name], None


def _by_choice(
    source: Source, asked: str | None, choice: Mapping[str, str]
) -> tuple[ReviewFormat, ColumnMap]:
    if asked not in (None, *GENERAL):
        raise BadInput(f"The columns of {asked} are known and not mapped.", "Leave out --map.")
    rows = tuple(_first_rows(source, None))
    mapping = columns.chosen(choice, _names(rows), rows)
    return with_columns(asked or _general(source), mapping), mapping


def _special(source: Source, asked: str) -> str:
    """The special format that a file of this general one has, or else the general one."""
    try:
        name = detected(source, "reviews")
    except BadInput:
        return asked
    if name is None or name in (text.FORMAT, librarything.FORMAT_JSON):
        return asked
    is_json_lines = REVIEW_FORMATS[name].records is None
    return name if is_json_lines == (asked == "jsonl") else asked


def _general(source: Source) -> str:
    return "jsonl" if is_json(source.head) else "csv"


def _first_rows(source: Source, source_format: ReviewFormat | None) -> Iterator[Record]:
    """The records in the first lines, read by the format, or as what the file looks like."""
    head = replace(source, lines=iter(source.head))
    if source_format and source_format.records:
        records = source_format.records(head)
    else:
        records = json_records(head) if is_json(source.head) else table_records(head)
    return islice((entry for entry in records if isinstance(entry, Record)), ROWS_LOOKED_AT)


def _names(rows: Sequence[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in row.fields if name))


def _cell(row: Record, column: str) -> str:
    value = row.fields.get(column)
    if value is None:
        return ""
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return one_line(storable(written[: 2 * CELL_CHARS]))[:CELL_CHARS]


def _grades_are_over_five(guess: ColumnMap, rows: Sequence[Record]) -> bool:
    """Whether the ratings of a plainly named table are on a longer scale than our own.

    One grade over five may be a slip; that many are not.
    """
    if guess.best_rating <= 5:
        return False
    values = [str(row.fields.get(guess.columns["rating"], "")) for row in rows]
    grades = [float(value) for value in values if re.fullmatch(r"\d{1,3}(?:\.\d+)?", value)]
    over = sum(grade > 5 for grade in grades)
    return len(grades) >= GRADES_AT_LEAST and over >= OVER_FIVE_SHARE * len(grades)
