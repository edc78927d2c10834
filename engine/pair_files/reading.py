"""A file of pairs as rows: JSON Lines, CSV or Parquet, told by its content.

Good rows go on one at a time, bad ones as `Skipped` with their line (of Parquet, their row).
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from engine.domain import Skipped
from engine.pair_files.own_fields import OWN_FIELDS, SIGNS, TEXTS
from engine.pair_files.shapes import ARGILLA, COLUMNS_READ, TEXTS_OF
from engine.pair_files.table import table_rows
from engine.sources.detect import ROWS_LOOKED_AT, detected, is_json, undetected
from engine.sources.lines_of_json import json_records
from engine.sources.opening import InputFile, Source, opened, opened_bytes
from engine.sources.records import Record
from engine.sources.table import header_of
from models.errors import BadInput

Container = Literal["json", "csv", "parquet"]
READ_FORMATS = (*TEXTS_OF, "csv", "parquet")
"""What `--format` takes; of a table or Parquet the columns say where the texts stand."""


@dataclass(frozen=True)
class OpenPairs:
    """A file of pairs on its way in."""

    container: Container
    format: str
    """A key of `TEXTS_OF`."""
    records: Iterator[Record | Skipped]

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
    if _is_parquet(file):
        # Imported here: Arrow takes a sixth of a second, and most files are none of its.
        from engine.pair_files.parquet import parquet_columns, parquet_rows

        _refuse_other_container(file, "parquet", format_name)
        found = parquet_columns(file)
        shape = _format_of(found, format_name) or _refused(
            f"{file.name} has the columns {_listed(found)}, which are not those of pairs."
        )
        yield OpenPairs("parquet", shape, parquet_rows(file, {*COLUMNS_READ, *OWN_FIELDS}))
        return
    with opened(file, keeps_returns=True) as source:
        container: Container = "json" if is_json(source.head) else "csv"
        _refuse_other_container(file, container, format_name)
        records = json_records(source) if container == "json" else table_rows(source)
        shape = _format_of(_names(source, container), format_name) or _unknown(source)
        yield OpenPairs(container, shape, records)


def _is_parquet(file: InputFile) -> bool:
    with opened_bytes(file) as (chunks, _):
        return next(chunks, b"").startswith(b"PAR1")


def _refuse_other_container(file: InputFile, found: Container, format_name: str | None) -> None:
    if format_name in ("csv", "parquet") and format_name != found:
        called = {"json": "JSON Lines", "csv": "text", "parquet": "Parquet"}[found]
        raise BadInput(
            f"{file.name} is {called}, not {format_name}.",
            "Leave --format out, and it is told by the content.",
        )


def _format_of(names: Iterable[str], format_name: str | None) -> str | None:
    """The format that was asked for, or the one whose fields these are."""
    if format_name in TEXTS_OF:
        return format_name
    known = set(names)
    if known >= SIGNS | set(TEXTS):
        return "studio"
    if known >= set(ARGILLA):
        return "argilla"
    if not known >= {"chosen", "rejected"}:
        return None
    if "chosen[]" in known:
        return "ultrafeedback" if {"prompt", "score_chosen"} <= known else "trl-conversational"
    return "trl" if "prompt" in known else "hh"


def _names(source: Source, container: Container) -> Iterator[str]:
    if container == "csv":
        yield from (name.lower() for name in header_of(source.head))
        return
    for line in source.head[:ROWS_LOOKED_AT]:
        with suppress(ValueError, RecursionError):
            fields = json.loads(line)
            if isinstance(fields, dict):
                yield from fields
                yield from (f"{name}[]" for name in fields if isinstance(fields[name], list))


def _unknown(source: Source) -> str:
    """Refuse a file of text, as what it is where that can be told."""
    if "".join(source.head[:ROWS_LOOKED_AT]).lstrip().startswith("["):
        return _refused(
            f"{source.name} is one JSON list, not JSON Lines.",
            "Put each row on a line of its own: `jq -c '.[]' OLD > NEW`.",
        )
    detected(source, "preferences")
    raise undetected(source, "preferences", READ_FORMATS)


def _refused(message: str, hint: str = "") -> str:
    raise BadInput(message, hint or f"Formats: {', '.join(READ_FORMATS)}.")


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name[:40]) for name in names if not name.endswith("[]")]
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
