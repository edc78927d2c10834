"""JSON Lines as records: one object on a line, blank lines passed over."""

import json
from collections.abc import Iterator

from engine.domain import Skipped
from engine.sources.opening import Source
from engine.sources.records import Record, shown


def json_records(source: Source) -> Iterator[Record | Skipped]:
    """Each line's object, or why it is none."""
    for number, line in enumerate(source.lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            column = f"column {error.colno}: {error.msg}"
            yield Skipped(number, f"The line is not complete JSON ({column}).")
        except (ValueError, RecursionError) as error:
            yield Skipped(number, f"The line is JSON that cannot be read: {error}.")
        else:
            if isinstance(fields, dict):
                yield Record(number, fields)
            else:
                yield Skipped(number, f"The line is not a JSON object but {shown(fields)}.")
