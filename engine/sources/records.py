"""What every format shares: a row of named fields, the way to read a field, and to say what is bad.

A format turns each `Record` into what it stands for; a `BadRow` on the way becomes a `Skipped`
with its line, and the rows after it go on.
"""

import math
import re
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from engine.domain import Skipped

MAX_TEXT_CHARS = 1_000_000

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, and halves of surrogate pairs, which no UTF-8 can hold."""

_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")

Out = TypeVar("Out")


@dataclass(frozen=True)
class Record:
    """One row of a file, as the file names its fields."""

    line: int
    """Where it starts, from 1."""
    fields: Mapping[str, object]


class BadRow(ValueError):
    """Why a row cannot be taken, in one sentence."""


def converted(
    records: Iterable[Record | Skipped], convert: Callable[[Record], Out | None]
) -> Iterator[Out | Skipped]:
    """What the records stand for, bad ones as `Skipped`; None from `convert` is left out."""
    for record in records:
        if isinstance(record, Skipped):
            yield record
            continue
        try:
            result = convert(record)
        except BadRow as bad:
            yield Skipped(record.line, str(bad))
            continue
        if result is not None:
            yield result


def text_of(record: Record, key: str, most_chars: int = MAX_TEXT_CHARS) -> str:
    """A field's text, exactly but for what cannot be stored; empty where absent or null.

    Raises:
        BadRow: it is not text, or over a million characters, or as many as it may have.
    """
    value = record.fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"The field {key!r} should be text but is {_kind_shown(value)}.")
    if len(value) > most_chars:
        raise BadRow(f"The field {key!r} is over {most_chars:,} characters long.")
    return storable(value)


def required_text(record: Record, key: str, most_chars: int = MAX_TEXT_CHARS) -> str:
    """`text_of` a field that has to be there, though it may be empty.

    Raises:
        BadRow: also where the field is absent or null.
    """
    if record.fields.get(key) is None:
        raise BadRow(f"The field {key!r} is missing.")
    return text_of(record, key, most_chars)


def label_of(record: Record, *keys: str) -> str:
    """The first of these fields that is filled, as an id or a name on one line; or empty.

    Whole numbers count as text here, since many files number their users.

    Raises:
        BadRow: it is neither.
    """
    for key in keys:
        value = record.fields.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if label := one_line(text_of(record, key)):
            return label
    return ""


def required_label(record: Record, *keys: str) -> str:
    """`label_of` fields of which one has to be filled.

    Raises:
        BadRow: also where none is.
    """
    label = label_of(record, *keys)
    if not label:
        raise BadRow(f"The field {' or '.join(map(repr, keys))} is missing.")
    return label


def number_of(record: Record, key: str) -> float | None:
    """A finite number, written as one or as text; None where absent, null or empty.

    Raises:
        BadRow: it is something else.
    """
    value = record.fields.get(key)
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise BadRow(f"The field {key!r} should be a number but is {shown(value)}.")
    return number


def list_of(record: Record, key: str) -> tuple[str, ...]:
    """A list of names, or one; empty where absent or null.

    Raises:
        BadRow: it is neither.
    """
    value = record.fields.get(key)
    if not isinstance(value, list):
        return (label,) if (label := label_of(record, key)) else ()
    if not all(isinstance(name, str) for name in value):
        raise BadRow(f"The field {key!r} should be a list of names but is {shown(value)}.")
    return tuple(filter(None, (one_line(storable(name)) for name in value)))


def storable(text: str) -> str:
    """The text without NUL; half a surrogate pair becomes U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _NOT_STORABLE.sub(lambda found: "" if found[0] == "\0" else "\ufffd", text)


def one_line(text: str) -> str:
    """The text without control characters, each run of white space one space."""
    if text.isalnum():
        return text
    return _CONTROL.sub("", " ".join(text.split()))


def _kind_shown(value: object) -> str:
    """A value quoted for a message, with what it is where that is not plain to see."""
    if isinstance(value, bytes):
        return f"bytes: {shown(value)}"
    # As `datasets` keeps pictures and sounds.
    if isinstance(value, dict) and value.keys() >= {"bytes", "path"}:
        return f"a picture or another file: {shown(value['path'] or value['bytes'])}"
    return shown(value)


def shown(value: object) -> str:
    """A value quoted for a message, cut to forty characters."""
    quoted = reprlib.repr(value)
    return quoted if len(quoted) <= 40 else quoted[:39] + "…"
