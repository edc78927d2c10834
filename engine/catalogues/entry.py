"""What the files of catalogues have in common: their rows as books, and texts to put into them."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from engine.domain import Book
from engine.sources.dates import year_in
from engine.sources.isbn import isbn13
from engine.sources.onix import prose
from engine.sources.plain import plain_name
from engine.sources.records import BadRow, Record, label_of, list_of, text_of
from engine.sources.rows import digest, slug, title_line
from models.errors import BadInput

CatalogueFormat = Literal["csv", "jsonl", "onix"]
FORMATS: tuple[CatalogueFormat, ...] = get_args(CatalogueFormat)

Texts = Mapping[int, str]
"""New descriptions by the place of their row."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "book_title", "product_title", "name"),
    "author": ("author", "authors", "contributor", "contributors"),
    "id": ("isbn13", "isbn_13", "isbn", "ean", "gtin", "ean13", "book_id", "id"),
    "year": ("year", "publication_year", "publication_date", "pub_date", "date"),
    "description": ("description", "long_description", "blurb", "synopsis", "annotation"),
}
"""What is read of a table or of JSON Lines, and how the columns or keys may be called."""
_NEEDED = ("title", "description")
_LONGEST_SLUG = 80
_PARAGRAPH = re.compile(r"<p[\s>/]", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:p|br|b|i|em|strong|ul|li|div|span)\b[^>]*>|&(?:\w+|#\d+);", re.I)


@dataclass(frozen=True)
class Entry:
    """A row of a catalogue."""

    place: int
    """From 0 on, counting every row of the file, bad ones too."""
    line: int
    """Where it starts, from 1; 0 where the format does not tell."""
    book: Book | None
    """None where no description can be written."""
    trouble: str = ""
    """Why not, in a sentence."""


def columns_in(there: list[str], chosen: Mapping[str, str], name: str) -> dict[str, str]:
    """Which column or key holds what.

    Args:
        there: as the file has them.
        chosen: role to column, where it is not to be told by the name.
        name: of the file.

    Raises:
        BadInput: a role or a column that there is not, or none for the title or the description.
    """
    known = ", ".join(repr(column[:40]) for column in there[:12])
    for role, column in chosen.items():
        if role not in NAMES:
            raise BadInput(f"A catalogue has no {role!r}.", f"There are {', '.join(NAMES)}.")
        if column not in there:
            raise BadInput(f"{name} has no column {column!r}.", f"Columns: {known}.")
    found = dict(chosen)
    plain = {plain_name(column): column for column in reversed(there)}
    for role, names in NAMES.items():
        fitting = (plain[one] for one in names if one in plain)
        if role not in found and (called := next(fitting, None)) is not None:
            found[role] = called
    for role in _NEEDED:
        if role not in found:
            raise BadInput(
                f"{name} has no column that is called as a book's {role} would be.",
                f"Name it, as with `--column {role}=COLUMN`. Columns: {known}.",
            )
    return found


def book_of(record: Record, columns: Mapping[str, str]) -> Book:
    """The book of a row.

    Its id is its ISBN, or made of title, author and description: catalogues number their rows as
    they like, and the same number is another book in the next.

    Raises:
        BadRow: it has no title, or no description to write from.
    """
    fields = {role: record.fields.get(column) for role, column in columns.items()}
    row = Record(record.line, fields)
    title = title_line(label_of(row, "title"))
    if not title:
        raise BadRow("The row has no title.")
    facts = prose(text_of(row, "description"))
    if not facts:
        raise BadRow("The row has no description to write from.")
    author = title_line(", ".join(list_of(row, "author")))
    return Book(
        id=isbn13(label_of(row, "id"))
        or f"{slug(title, author)[:_LONGEST_SLUG]}-{digest(title, author, facts)[:8]}",
        title=title,
        author=author,
        year=year_in(label_of(row, "year")),
        description=facts,
    )


def in_the_manner_of(original: str, text: str) -> str:
    """A text with HTML where the one that it takes the place of has some, and plain otherwise."""
    if not _MARKUP.search(original):
        return text
    escaped = html.escape(text, quote=False)
    if not _PARAGRAPH.search(original):
        return "<br>".join(escaped.splitlines())
    return paragraphs(escaped)


def paragraphs(escaped: str, tag: str = "p") -> str:
    """Each line of a text that is escaped already as a paragraph."""
    return "".join(f"<{tag}>{line}</{tag}>" for line in escaped.splitlines() if line.strip())
