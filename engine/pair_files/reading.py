"""A file of pairs as rows: JSON Lines, CSV or Parquet, told by its content.

Good rows go on one at a time, bad ones as `Skipped` with their line (of Parquet, their row).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from engine.domain import Skipped
from engine.pair_files.own_fields import OWN_FIELDS, SIGNS, TEXTS
from engine.pair_files.shapes import ARGILLA, COLUMNS_READ, TEXTS_OF
from engine.pair_files.table import table_rows
from engine.sources.detect import ROWS_LOOKED_AT, detected, is_json
from engine.sources.lines_of_json import json_records
from engine.sources.opening import InputFile, Source, is_parquet, opened
from engine.sources.records import Record
from engine.sources.table import header_of
from models.errors import BadInput
from models.events import JsonObject

Container = Literal["json", "csv", "parquet"]
READ_FORMATS = (*TEXTS_OF, "csv", "parquet")
"""What `--format` takes; of a table or Parquet the columns say where the texts stand."""
CALLED: Mapping[str, str] = {"json": "JSON Lines", "csv": "CSV", "parquet": "Parquet"}
EXPECTED = (
    "A row of pairs has prompt, chosen and rejected; or chosen and rejected as whole dialogues; or "
    "instruction, chosen_response and rejected_response."
)
_ENDINGS: Mapping[str, Container] = {
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "json"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    ".parquet": "parquet",
}


@dataclass(frozen=True)
class OpenPairs:
    """A file of pairs on its way in."""

    container: Container
    format: str
    """A key of `TEXTS_OF`."""
    records: Iterator[Record | Skipped]
    remark: str
    """What the file's name or the format that was asked for promised, and it is not; or empty."""

    @property
    def place(self) -> str:
        """What the numbers of its records count."""
        return "row" if self.container == "parquet" else "line"


@contextmanager
def opened_pairs(file: InputFile, format_name: str | None = None) -> Iterator[OpenPairs]:
    """The rows of a file.

    Args:
        format_name: one of `READ_FORMATS`; None tells it by the content.

    Raises:
        BadInput: the file cannot be read, or is not what it is said to be.
    """
    if format_name not in (None, *READ_FORMATS):
        raise BadInput(
            f"There is no format {format_name!r} for pairs.", f"Formats: {', '.join(READ_FORMATS)}."
        )
    if is_parquet(file):
        # Imported here: Arrow takes a sixth of a second, and most files are none of its.
        from engine.sources.parquet import parquet_columns, parquet_rows

        found = parquet_columns(file)
        shape = _format_of(file, "parquet", found, format_name) or _refused(
            f"{file.name} has the columns {_listed(found)}, which are not those of pairs."
        )
        rows = parquet_rows(file, {*COLUMNS_READ, *OWN_FIELDS})
        yield OpenPairs("parquet", shape, rows, _remark(file, "parquet", format_name))
        return
    with opened(file, keeps_returns=True) as source:
        container: Container = "json" if is_json(source.head) else "csv"
        told = _format_of(file, container, list(_names(source, container)), format_name)
        records = json_records(source) if container == "json" else table_rows(source)
        remark = _remark(file, container, format_name)
        yield OpenPairs(container, told or _unknown(source, container), records, remark)


def _format_of(
    file: InputFile, container: Container, names: Sequence[str], format_name: str | None
) -> str | None:
    """The format that was asked for, or the one whose fields these are.

    Raises:
        BadInput: the file is not what was asked for, or has a column of a pair twice.
    """
    if format_name in ("csv", "parquet") and format_name != container:
        raise BadInput(
            f"{file.name} is {CALLED[container]}, not {CALLED[format_name]}.",
            "Leave the format out, and it is told by the content.",
        )
    known = set(names)
    if container != "json" and (twice := sorted(known & COLUMNS_READ - _once(names))):
        raise BadInput(
            f"{file.name} has the column {twice[0]!r} {names.count(twice[0])} times.",
            "Leave one of them, or rename the others.",
        )
    if format_name in TEXTS_OF:
        return format_name
    if known >= SIGNS | set(TEXTS):
        return "studio"
    if known >= set(ARGILLA):
        return "argilla"
    if not known >= {"chosen", "rejected"}:
        return None
    if "chosen[]" in known:
        return "ultrafeedback" if {"prompt", "score_chosen"} <= known else "trl-conversational"
    return "trl" if "prompt" in known else "hh"


def _once(names: Sequence[str]) -> set[str]:
    return {name for name in names if names.count(name) == 1}


def _remark(file: InputFile, container: Container, format_name: str | None) -> str:
    """That the file's name or the format that was asked for promised something else, if so."""
    ending = PurePath(file.name.lower().removesuffix(".gz")).suffix
    held = CALLED[container]
    if _ENDINGS.get(ending, container) != container:
        return f"The file is {held}, whatever its name says, and was read as that."
    if container == "csv" and format_name in TEXTS_OF and format_name != "studio":
        return (
            f"The file is {held}, and {format_name} a format of {CALLED['json']}: its columns were "
            f"read as the fields of {format_name}."
        )
    return ""


def _names(source: Source, container: Container) -> Iterator[str]:
    """The fields or columns; one more, `name[]`, for each that is a list in the first rows."""
    if container == "csv":
        yield from (name.lower() for name in header_of(source.head))
        return
    fields = [row for line in source.head[:ROWS_LOOKED_AT] if (row := _object(line))]
    yield from dict.fromkeys(name for row in fields for name in row)
    yield from (f"{name}[]" for row in fields for name in row if isinstance(row[name], list))


def _object(line: str) -> JsonObject:
    with suppress(ValueError, RecursionError):
        fields = json.loads(line)
        if isinstance(fields, dict):
            return fields
    return {}


def _unknown(source: Source, container: Container) -> str:
    """Refuse a file of text, as what it is where that can be told."""
    start = "".join(source.head[:ROWS_LOOKED_AT]).lstrip()
    if start.startswith("[") and container == "json":
        return _refused(
            f"{source.name} is one JSON list, not JSON Lines.",
            "Put each row on a line of its own: `jq -c '.[]' OLD > NEW`.",
        )
    detected(source, "preferences")
    names = header_of(source.head) if container == "csv" else list(_names(source, container))
    if container == "json" and not names:
        if start.partition("\n")[0].strip() == "{":
            return _refused(
                f"{source.name} has JSON objects of several lines, not JSON Lines.",
                "Put each on a line of its own: `jq -c . OLD > NEW`.",
            )
        broken = next(row for row in json_records(source) if isinstance(row, Skipped))
        return _refused(
            f"{source.name}, line {broken.line}: {broken.reason}", "Check that the file is whole."
        )
    if container == "csv" and len(names) < 2:
        first = start.partition("\n")[0].strip()
        return _refused(f"{source.name} is no file of pairs: it begins with {first[:40]!r}.")
    what = "fields" if container == "json" else "columns"
    return _refused(f"{source.name} is no file of pairs: it has the {what} {_listed(names)}.")


def _refused(message: str, hint: str = EXPECTED) -> str:
    raise BadInput(message, hint)


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name[:40]) for name in names if not name.endswith("[]")]
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
