"""Dates as files write them, in UTC.

Which of 3/4/2020 is the month is never guessed from one date: a column's other dates tell it, or
the person who imports; without either such a date is left out.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from engine.sources.records import BadRow, shown

DateOrder = Literal["ymd", "dmy", "mdy"]

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T,].*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LOGGED = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{4}) (\d{4})"
)
"""`Sun Jul 30 07:44:10 -0700 2017`, as Goodreads' own logs have it."""
_DAY_MONTH = re.compile(r"(\d{1,2})\.? ([A-Za-z]{3,9})\.?,? (\d{4})")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")


def date_in(text: str) -> datetime | None:
    """A date with or without a time, in UTC where it names no zone; None for an empty text.

    Raises:
        BadRow: it is no date of the form 2020-12-27, 2020/12/27 or Sun Dec 27 10:00:00 +0000 2020,
            nor a year or a month.
    """
    written = text.strip()
    if not written:
        return None
    try:
        if logged := _LOGGED.fullmatch(written):
            return _logged(*logged.groups())
        written = written.replace("/", "-")
        if found := _ISO.fullmatch(written):
            year, month, day = (int(part or 1) for part in found.groups())
            return datetime(year, month, day, tzinfo=UTC)
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadRow(f"The date {shown(text)} is not of the form 2020-12-27.") from error


def any_date_in(text: str, order: DateOrder | None) -> datetime | None:
    """`date_in`, and also 27.12.2020, 12/27/2020, 27 December 2020 and December 27, 2020.

    Args:
        order: how dates written in numbers are meant; None where nobody knows, which gives None
            for those that can be meant in two ways.

    Raises:
        BadRow: it is no date.
    """
    written = text.strip()
    try:
        if found := _NUMBERS.fullmatch(written):
            return _by_order(int(found[1]), int(found[3]), int(found[4]), found[2], order)
        if found := _DAY_MONTH.fullmatch(written):
            return _named(found[2], int(found[1]), int(found[3]))
        if found := _MONTH_DAY.fullmatch(written):
            return _named(found[1], int(found[2]), int(found[3]))
    except ValueError as error:
        raise BadRow(f"The date {shown(text)} is not a day of the calendar.") from error
    return date_in(text)


def order_of(texts: Iterable[str]) -> DateOrder | None:
    """How the dates of a column are meant; None where they leave it open or are no such dates."""
    found = [match for text in texts if (match := _NUMBERS.fullmatch(text.strip()))]
    day_first = any(int(match[1]) > 12 or match[2] == "." for match in found)
    month_first = any(int(match[3]) > 12 for match in found)
    if day_first != month_first:
        return "dmy" if day_first else "mdy"
    return None


def year_in(text: str) -> int | None:
    """The year in a date written in any order; None where none is written with four digits."""
    if re.fullmatch(r"-?\d{1,4}", text.strip()):
        return int(text)
    found = _YEAR.search(text)
    return int(found[0]) if found else None


def _logged(month: str, day: str, time: str, zone: str, year: str) -> datetime:
    number = _MONTHS.index(month.lower()) + 1
    return datetime.fromisoformat(f"{year}-{number:02}-{day}T{time}{zone}").astimezone(UTC)


def _by_order(
    first: int, second: int, year: int, separator: str, order: DateOrder | None
) -> datetime | None:
    if order is None and separator != "." and first <= 12 and second <= 12 and first != second:
        return None
    day_first = order == "dmy" if order in ("dmy", "mdy") else first > 12 or separator == "."
    day, month = (first, second) if day_first else (second, first)
    return datetime(year, month, day, tzinfo=UTC)


def _named(month: str, day: int, year: int) -> datetime:
    return datetime(year, _MONTHS.index(month[:3].lower()) + 1, day, tzinfo=UTC)
