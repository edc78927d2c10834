"""JSON Lines in blocks of bytes: the fast way through a long file, and as exact as the slow one.

A line is parsed by orjson, and only where that refuses it by the standard library, which knows
how to say what is wrong and takes what orjson does not: NaN, and halves of surrogate pairs.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from engine.domain import Skipped
from engine.sources.opening import (
    MAX_LINE_CHARS,
    InputFile,
    is_zipped,
    line_too_long,
    opened_bytes,
    utf8_chunks,
    wrong_encoding,
)
from engine.sources.records import Record, shown


@dataclass(frozen=True)
class Block:
    """Some whole lines of a file."""

    first_line: int
    """From 1."""
    start: int | None
    """Where the first line starts, in bytes of the file; None where it cannot be sought there."""
    lines: list[bytes]
    """UTF-8, without their newlines."""
    bytes_read: int
    """Of the file as it lies on the disk, for progress."""


def blocks(file: InputFile) -> Iterator[Block]:
    """The lines of a file; a .gz is unpacked and UTF-16 recoded on the way.

    Raises:
        BadInput: the file cannot be read, or has a line that is too long.
    """
    zipped = is_zipped(file)
    with opened_bytes(file) as (unzipped, handle):
        chunks, shift = utf8_chunks(unzipped, file.name)
        start = None if zipped else shift
        rest, line = b"", 1
        for chunk in chunks:
            lines = (held := rest + chunk).split(b"\n")
            rest = lines.pop()
            if lines:
                yield Block(line, start, lines, handle.tell())
                line += len(lines)
                if start is not None:
                    start += len(held) - len(rest)
            if len(rest) > MAX_LINE_CHARS:
                raise line_too_long(file.name, line)
        if rest:
            yield Block(line, start, [_whole_characters(rest)], handle.tell())


def all_lines(file: InputFile) -> Iterator[tuple[int, bytes]]:
    """Each line with its number.

    Raises:
        BadInput: the file cannot be read.
    """
    for block in blocks(file):
        yield from enumerate(block.lines, block.first_line)


def lines_with(file: InputFile, needles: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that have one of these in them, with their numbers; the others are not parsed.

    Raises:
        BadInput: the file cannot be read.
    """
    for block in blocks(file):
        # Most blocks have none: one search through all of one is quicker than one for each line.
        whole = b"\n".join(block.lines)
        if any(needle in whole for needle in needles):
            for number, line in enumerate(block.lines, block.first_line):
                if any(needle in line for needle in needles):
                    yield number, line


def json_record(line: bytes, number: int, name: str) -> Record | Skipped | None:
    """The object on a line, or why there is none; None for a blank line.

    Raises:
        BadInput: the line is not UTF-8, so that the file is not what it should be.
    """
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode()) + 1
            raise wrong_encoding(name, "utf-8", error, number, column) from error
        return slow_json_record(text, number)
    if isinstance(fields, dict):
        return Record(number, fields)
    return Skipped(number, f"The line is not a JSON object but {shown(fields)}.")


def slow_json_record(line: str, number: int) -> Record | Skipped | None:
    """`json_record` by the standard library."""
    if not line.strip():
        return None
    try:
        # Without its newline, after which an end that comes too soon would be counted.
        fields = json.loads(line.rstrip())
    except json.JSONDecodeError as error:
        column = f"column {error.colno}: {error.msg}"
        return Skipped(number, f"The line is not complete JSON ({column}).")
    except (ValueError, RecursionError) as error:
        return Skipped(number, f"The line is JSON that cannot be read: {error}.")
    if isinstance(fields, dict):
        return Record(number, fields)
    return Skipped(number, f"The line is not a JSON object but {shown(fields)}.")


def _whole_characters(tail: bytes) -> bytes:
    """A file's last bytes; cut off inside a character, the harm is to that line and shows."""
    try:
        tail.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(tail):
            return tail.decode(errors="replace").encode()
    return tail
