"""LibraryThing's exports of one library: tab-separated text, and JSON.

The tab-separated file has a header (Book Id, Title, Sort Character, Primary Author, …, Date,
Review, Rating, …, Date Read, Tags, Collections, …, ISBN, ISBNs, …, Entry Date). Its cells are bare:
a quotation mark is one. A paragraph's end in a review is written `[Return]`, but not always, and
then the row goes on in the next line. Lists have commas, in newer files bars; ISBNs stand in
brackets. It has been written in UTF-16 with a mark, in Latin-1 and in UTF-8.

The JSON file is one object over many lines: a book's id to its fields (books_id, title,
primaryauthor, authors with lf and fl, tags, originalisbn, date, rating, review, dateread,
entrydate).

Columns and fields are as in exports that people have published and in programs that read them; for
review, rating and dateread of the JSON file only the programs could be found. The reader is named
after the file. Ratings are half stars; half a star counts as one. Comments are private: not read.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice

from engine.domain import Book, Skipped
from engine.sources.dates import date_in, year_in
from engine.sources.isbn import isbn13
from engine.sources.opening import Source
from engine.sources.records import Record, label_of, list_of, required_label, text_of
from engine.sources.rows import Row, made_row, reader_of_file, slug, title_line
from engine.sources.stars import rating_from
from engine.sources.table import MAX_RECORD_CHARS, table_records

FORMAT = "librarything"
FORMAT_JSON = "librarything_json"
LINES_READ_AT_ONCE = 1000

_ROW_BEGINS = re.compile(r"\d+\t")
_RETURN = re.compile(r"(?:\s*\[Return\]\s*)+", re.IGNORECASE)
_MEMBER = re.compile(r'[\s,{]*"[^"\\]*"\s*:\s*(?=\{)')


def records(source: Source) -> Iterator[Record | Skipped]:
    """Each row of the tab-separated file under the header's names."""
    if source.head[0].lstrip().startswith('"'):
        yield from table_records(source)
        return
    header: list[str] = []
    for number, text in _rows_of(source.lines):
        cells = text.split("\t")
        if not header:
            header = [cell.strip() for cell in cells]
        elif len(cells) > len(header):
            yield Skipped(number, f"The row has {len(cells)} cells, the header {len(header)}.")
        else:
            # An editor may have taken the tabs off the end of a line.
            padded = cells + [""] * (len(header) - len(cells))
            yield Record(number, dict(zip(header, padded, strict=True)))


def _rows_of(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Rows and the line each begins in; the header, and what begins with a book's id."""
    begun, held = 0, ""
    for number, line in enumerate(lines, 1):
        if not line.strip() and not held:
            continue
        if not held or _ROW_BEGINS.match(line) or begun == 1 or len(held) > MAX_RECORD_CHARS:
            if held:
                yield begun, held.rstrip("\n")
            begun, held = number, ""
        held += line
    if held:
        yield begun, held.rstrip("\n")


def json_records(source: Source) -> Iterator[Record | Skipped]:
    """Each book of the JSON file, one at a time."""
    decoder = json.JSONDecoder()
    rest, line = "", 1
    parts = iter(lambda: "".join(islice(source.lines, LINES_READ_AT_ONCE)), "")
    for part in parts:
        rest += part
        while found := _MEMBER.match(rest):
            try:
                fields, end = decoder.raw_decode(rest, found.end())
            except (ValueError, RecursionError):
                break  # the rest of the book is still to come, unless the file is damaged
            yield Record(line + rest.count("\n", 0, found.end()), fields)
            line, rest = line + rest.count("\n", 0, end), rest[end:]
    if rest.strip(" \r\n\t,{}"):
        yield Skipped(line, "The file is damaged or breaks off in the book that begins here.")


def row(stem: str, record: Record) -> Row | None:
    """The rated or reviewed book of a row; None for one that is neither."""
    read_on = text_of(record, "Date Read")
    return _row(
        stem,
        record,
        _book(
            _turned(title_line(text_of(record, "Primary Author"))),
            record,
            "Title",
            ("ISBNs", "ISBN"),
            "Date",
            _names(text_of(record, "Tags")),
        ),
        text=_RETURN.sub("\n\n", text_of(record, "Review")),
        rating=record.fields.get("Rating"),
        date=read_on or text_of(record, "Entry Date"),
    )


def json_row(stem: str, record: Record) -> Row | None:
    """The rated or reviewed book of the JSON file; None for one that is neither."""
    return _row(
        stem,
        record,
        _book(
            _turned(title_line(text_of(record, "primaryauthor"))),
            record,
            "title",
            ("originalisbn",),
            "date",
            tuple(map(title_line, list_of(record, "tags"))),
        ),
        text=text_of(record, "review"),
        rating=record.fields.get("rating"),
        date=text_of(record, "dateread") or text_of(record, "entrydate"),
    )


def _row(stem: str, record: Record, book: Book, text: str, rating: object, date: str) -> Row | None:
    stars = rating_from(rating)
    if stars is None and not text.strip():
        return None
    reader = reader_of_file(stem, FORMAT)
    return made_row(record.line, reader, book, text, rating=stars, written_at=date_in(date))


def _book(
    author: str,
    record: Record,
    title_key: str,
    isbn_keys: tuple[str, ...],
    year_key: str,
    tags: tuple[str, ...],
) -> Book:
    title = title_line(required_label(record, title_key))
    numbers = (isbn13(part) for key in isbn_keys for part in text_of(record, key).split(","))
    return Book(
        id=next(filter(None, numbers), "") or slug(title, author),
        title=title,
        author=author,
        year=year_in(label_of(record, year_key)),
        categories=tuple(filter(None, dict.fromkeys(tags))),
    )


def _names(cell: str) -> tuple[str, ...]:
    return tuple(title_line(name) for name in re.split("[,|]", cell))


def _turned(name: str) -> str:
    """`Cortázar, Julio` as Julio Cortázar; other names as they are."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and "," not in first else name
