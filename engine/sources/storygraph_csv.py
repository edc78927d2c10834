"""The library export of The StoryGraph: one CSV row for each book of one reader.

Columns, as several programs that read the export name them: Title, Authors, Contributors, ISBN/UID,
Format, Read Status, Date Added, Last Date Read, Dates Read, Read Count, Moods, Pace, four
questions about the characters, Star Rating (quarter stars, 0.25 to 5), Review, Content Warnings,
Content Warning Description, Tags, Owned?. Reviews come with the tags of a rich text editor.

The reader is named after the file. A rating below one star counts as one; a book that is neither
rated nor reviewed is nothing. The moods are answers to a form and not the reader's words: not read.
"""

import re

from engine.domain import Book
from engine.sources.dates import date_in
from engine.sources.isbn import isbn13
from engine.sources.records import Record, one_line, required_label, text_of
from engine.sources.rows import Row, made_row, reader_of_file, slug, title_line
from engine.sources.stars import rating_from

FORMAT = "storygraph"

_BLOCK = re.compile(r"</(?:div|p|li|blockquote|h[1-6])>", re.IGNORECASE)
_RICH_TEXT = re.compile(
    r"</?(?:div|p|strong|em|b|i|u|s|del|ul|ol|li|blockquote|h[1-6]|span|a|pre)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_READ_ON = re.compile(r"\d{4}[-/]\d{1,2}(?:[-/]\d{1,2})?")


def row(stem: str, record: Record) -> Row | None:
    """The rated or reviewed book of a row; None for one that is neither."""
    text = _plain_text(text_of(record, "Review"))
    rating = rating_from(text_of(record, "Star Rating"))
    if rating is None and not text:
        return None
    read_on = text_of(record, "Last Date Read") or _last_read(text_of(record, "Dates Read"))
    return made_row(
        record.line,
        reader_of_file(stem, FORMAT),
        _book(record),
        text,
        rating=rating,
        written_at=date_in(read_on or text_of(record, "Date Added")),
    )


def _book(record: Record) -> Book:
    title = title_line(required_label(record, "Title"))
    author = title_line(text_of(record, "Authors"))
    tags = (title_line(tag) for tag in text_of(record, "Tags").split(","))
    return Book(
        id=isbn13(text_of(record, "ISBN/UID")) or slug(title, author),
        title=title,
        author=one_line(author),
        categories=tuple(filter(None, dict.fromkeys(tags))),
    )


def _plain_text(text: str) -> str:
    """The review without the editor's tags; other things in angle brackets are the reader's."""
    return _RICH_TEXT.sub("", _BLOCK.sub("\n", text)).strip()


def _last_read(dates: str) -> str:
    """The last day in `2022/03/06-2022/03/22, 2024/03/01-2024/03/22`; or empty."""
    return max((date.replace("/", "-") for date in _READ_ON.findall(dates)), default="")
