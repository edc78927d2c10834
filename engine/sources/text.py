"""Markdown or plain text by one reader: a line `## Book title by First Last` starts each review.

All that follows, up to the next such line, is the review's text, without the blank lines around
it. The reader is named after the file; a line with a single `#` before the first review is taken
for the file's own title. Ratings and dates are not read.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain

from engine.domain import Book, Reader, Skipped
from engine.sources.opening import Source
from engine.sources.records import BadRow, Record, converted, one_line, required_label, text_of
from engine.sources.rows import Row, made_row, slug, split_author, title_line

FORMAT = "text"
HEADING = "## "


def rows(source: Source) -> Iterator[Row | Skipped]:
    """The reviews of the file, one at a time."""
    reader = Reader(slug(source.stem), one_line(source.stem), FORMAT)
    return converted(_sections(source.lines), partial(_row, reader))


def _sections(lines: Iterator[str]) -> Iterator[Record | Skipped]:
    """A record of `book` and `text` for each heading."""
    heading, heading_line = "", 0
    body: list[str] = []
    for number, line in enumerate(chain(lines, [HEADING]), 1):
        if line.startswith(HEADING):
            if heading_line:
                yield Record(heading_line, {"book": heading, "text": "".join(body)})
            heading, heading_line, body = line.removeprefix(HEADING).strip(), number, []
        elif heading_line:
            body.append(line)
        elif line.strip() and not line.startswith("# "):
            yield Skipped(number, f"The line stands before the first '{HEADING}' heading.")


def _row(reader: Reader, record: Record) -> Row:
    title, author = split_author(title_line(required_label(record, "book")))
    text = text_of(record, "text").strip()
    if not text:
        raise BadRow("There is no text under the heading.")
    return made_row(record.line, reader, Book(slug(title, author), title, author), text)
