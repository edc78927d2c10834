"""A catalogue as JSON Lines: of an object with a new text one value is replaced, and no more."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from engine.catalogues.entry import Entry, Texts, book_of, columns_in, in_the_manner_of
from engine.domain import Skipped
from engine.sources.json_blocks import slow_json_record
from engine.sources.opening import InputFile, opened
from engine.sources.records import BadRow

LINES_LOOKED_AT = 100
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def columns(file: InputFile, chosen: Mapping[str, str]) -> dict[str, str]:
    """Which key holds what, by the first lines.

    Raises:
        BadInput: the file cannot be read, or lacks a key.
    """
    with opened(file, keeps_returns=True) as source:
        found = (slow_json_record(line, 0) for line in islice(source.head, LINES_LOOKED_AT))
        keys = [key for one in found if one and not isinstance(one, Skipped) for key in one.fields]
    return columns_in(list(dict.fromkeys(keys)), chosen, file.name)


def entries(file: InputFile, named: Mapping[str, str]) -> Iterator[Entry]:
    """The lines that are not blank.

    Raises:
        BadInput: the file cannot be read.
    """
    with opened(file, keeps_returns=True) as source:
        written = ((number, line) for number, line in enumerate(source.lines, 1) if line.strip())
        for place, (number, line) in enumerate(written):
            yield _entry(place, number, line, named)


def _entry(place: int, number: int, line: str, named: Mapping[str, str]) -> Entry:
    record = slow_json_record(line, number)
    if record is None or isinstance(record, Skipped):
        return Entry(place, number, None, record.reason if record else "The line is empty.")
    try:
        return Entry(place, number, book_of(record, named))
    except BadRow as bad:
        return Entry(place, number, None, str(bad))


def rewritten(file: InputFile, named: Mapping[str, str], texts: Texts) -> Iterator[str]:
    """The whole file as text, with new descriptions.

    Raises:
        BadInput: the file cannot be read.
    """
    with opened(file, keeps_returns=True) as source:
        place = 0
        for line in source.lines:
            text = texts.get(place) if line.strip() else None
            yield line if text is None else _with_value(line, named["description"], text)
            place += bool(line.strip())


def _with_value(line: str, key: str, text: str) -> str:
    """A line with another text under a key; escaped to ASCII where all of the line is ASCII."""
    start, end = _span(line, key)
    new = in_the_manner_of(str(json.loads(line[start:end])), text)
    return line[:start] + json.dumps(new, ensure_ascii=line.isascii()) + line[end:]


def _span(line: str, key: str) -> tuple[int, int]:
    """Where the value of a key stands; of one that is there twice the last, which is read too."""
    at = _after_space(line, line.index("{") + 1)
    found: tuple[int, int] | None = None
    while line[at] != "}":
        name, at = _DECODER.raw_decode(line, at)
        at = _after_space(line, _after_space(line, at) + 1)
        _, end = _DECODER.raw_decode(line, at)
        if name == key:
            found = (at, end)
        at = _after_space(line, end)
        if line[at] == ",":
            at = _after_space(line, at + 1)
    assert found is not None, "a row with a new text has a description"
    return found


def _after_space(line: str, at: int) -> int:
    space = _SPACE.match(line, at)
    assert space is not None, "it matches nothing at all too"
    return space.end()
