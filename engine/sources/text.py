"""Markdown or plain text by one reader: a heading such as `## Dune by Frank Herbert` per review.

Headings are ATX (`#` to `######`) or underlined with `===` or `---`. Which level stands for books
is told by the file: the highest whose headings have text of their own right below them, leaving
out a single first heading over all others, which is the file's title. Higher headings are groups
(a year, a shelf); lower ones belong to the review, and so does all that follows up to the next
book, without the blank lines around it.

Among the first lines of a review, or as its last, a line that is only a rating (`Rating: 4/5`,
`★★★★☆`) or only a date (`2020-12-27`, `Read: 27 December 2020`) is taken out of the text and read.
The reader is named after the file.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.domain import Book, Skipped
from engine.sources.columns import folded, names_of
from engine.sources.dates import any_date_in
from engine.sources.opening import Source
from engine.sources.records import BadRow, Record, required_label, text_of
from engine.sources.rows import Row, made_row, reader_of_file, slug, split_author, title_line
from engine.sources.stars import is_rating, rating_from

FORMAT = "text"
LINES_OF_FACTS = 4
"""Filled lines at the start of a review that may be its rating or date."""

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?\s*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_MARKS = re.compile(r"^[\s>*_+-]+|[\s*_]+$")
_LABELLED = re.compile(r"([^\d:\uff1a=]{2,30})\s*[:\uff1a=]\s*(.+)")
"""`Rating: 4/5`, also with a full-width colon."""
_READ_ON = frozenset(("read", "read on", "reviewed", "finished on"))
_BARE_GRADE = re.compile(
    r"\d{1,3}(?:[.,]\d)?\s*/\s*\d{1,3}|[★☆⭐🌟½✩\ufe0f\s]*[★⭐🌟][★☆⭐🌟½✩\ufe0f\s]*"
)
_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}")


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    level: int = 0
    """1 to 6 for a heading, whose text is without its marks; 0 for any other line."""


def has_headings(head: Sequence[str]) -> bool:
    """Whether the first lines of a file are of this format."""
    headings = [line for line in _lines(head) if line.level]
    return len(headings) > 1 or any(line.level > 1 for line in headings)


def records(source: Source) -> Iterator[Record | Skipped]:
    """A record of `book` and `text` for each heading that stands for a book."""
    level = _level_of_books(source.head)
    book: _Line | None = None
    body: list[str] = []
    for line in _lines(source.lines):
        if not 0 < line.level <= level:
            if book:
                body.append(f"{'#' * line.level} {line.text}" if line.level else line.text)
            elif not line.level and line.text.strip():
                yield Skipped(line.number, "The line stands under no book's heading.")
            continue
        if book:
            yield _record(book, body)
        book, body = (line if line.level == level else None), []
    if book:
        yield _record(book, body)


def row(stem: str, record: Record) -> Row:
    """The review under one heading."""
    title, author = split_author(title_line(required_label(record, "book")))
    text, rating, written_at = _without_facts(text_of(record, "text").strip().splitlines())
    if not text and rating is None:
        raise BadRow("There is no text under the heading.")
    return made_row(
        record.line,
        reader_of_file(stem, FORMAT),
        Book(slug(title, author), title, author),
        text,
        rating=rating,
        written_at=written_at,
    )


def _record(book: _Line, body: list[str]) -> Record:
    return Record(book.number, {"book": book.text, "text": "\n".join(body)})


def _lines(lines: Iterable[str]) -> Iterator[_Line]:
    """The lines, headings told from others; nothing inside a fenced block is a heading."""
    held: _Line | None = None
    fenced = False
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        fenced ^= bool(_FENCE.match(text))
        underline = None if fenced else _UNDERLINE.fullmatch(text)
        if held and underline and held.text.strip() and not held.level:
            yield replace(held, text=held.text.strip(), level=1 if "=" in text else 2)
            held = None
            continue
        if held:
            yield held
        atx = None if fenced else _ATX.fullmatch(text)
        held = _Line(number, atx[2], len(atx[1])) if atx else _Line(number, text)
    if held:
        yield held


def _level_of_books(head: Sequence[str]) -> int:
    found: dict[int, list[bool]] = {}
    last = 0
    for line in _lines(head):
        if line.level:
            found.setdefault(line.level, []).append(False)
            last = line.level
        elif last and line.text.strip():
            found[last][-1] = True
    for level in sorted(found):
        is_title_of_file = len(found[level]) == 1 and level < max(found)
        if any(found[level]) and not is_title_of_file:
            return level
    return max(found, default=2)


def _without_facts(lines: list[str]) -> tuple[str, float | None, datetime | None]:
    """The text without its lines of facts, and the rating and the date that they tell."""
    rating: float | None = None
    written_at: datetime | None = None
    filled = [place for place, line in enumerate(lines) if line.strip()]
    taken = set()
    for place in dict.fromkeys((*filled[:LINES_OF_FACTS], *filled[-1:])):
        line = _MARKS.sub("", lines[place])
        if rating is None and (grade := _grade_in(line)):
            rating = grade
        elif written_at is None and (date := _date_in(line)):
            written_at = date
        else:
            continue
        taken.add(place)
    kept = (line for place, line in enumerate(lines) if place not in taken)
    return "\n".join(kept).strip(), rating, written_at


def _grade_in(line: str) -> float | None:
    labelled = _LABELLED.fullmatch(line)
    if labelled and folded(labelled[1]) not in names_of("rating"):
        return None
    written = labelled[2].strip(" *_") if labelled else line
    if not (labelled and is_rating(written)) and not _BARE_GRADE.fullmatch(written):
        return None
    try:
        return rating_from(written)
    except BadRow:
        return None


def _date_in(line: str) -> datetime | None:
    labelled = _LABELLED.fullmatch(line)
    if labelled and folded(labelled[1]) not in names_of("date") | _READ_ON:
        return None
    if not labelled and not _BARE_DATE.fullmatch(line):
        return None
    try:
        return any_date_in(labelled[2].strip(" *_") if labelled else line, None)
    except BadRow:
        return None
