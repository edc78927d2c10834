"""JSON Lines as records: one object on a line, blank lines passed over."""

from collections.abc import Iterator

import orjson

from engine.domain import Skipped
from engine.sources.json_blocks import slow_json_record
from engine.sources.opening import Source
from engine.sources.records import Record


def json_records(source: Source) -> Iterator[Record | Skipped]:
    """Each line's object, or why it is none."""
    for number, line in enumerate(source.lines, 1):
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            fields = None
        if isinstance(fields, dict):
            yield Record(number, fields)
        elif (record := slow_json_record(line, number)) is not None:
            yield record
