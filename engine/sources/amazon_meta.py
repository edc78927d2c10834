"""Product metadata of Amazon Review Data 2018 and Amazon Reviews 2023, JSON Lines: books.

2018: asin, title, brand (the author, for books), category (a path from `Books` down), description
(a list of paragraphs), date. 2023: parent_asin, title, subtitle (binding and date of publication),
author (an object with a name, or that object written as a string), store (`Peter Ackroyd
(Author)`), categories, description and features (lists; for many books the blurb is in features).
Field names as on the data sets' own pages and cards. The 2014 files are Python rather than JSON
and are not read.
"""

import json
import re
from contextlib import suppress

from engine.domain import Book
from engine.sources.dates import year_in
from engine.sources.records import BadRow, Record, list_of, required_label, shown, storable, text_of
from engine.sources.rows import title_line, without_html

FORMAT_2018 = "amazon2018_meta"
FORMAT_2023 = "amazon2023_meta"

_VISIT = re.compile(r"Visit Amazon's (.+) Page")
_ROLE = re.compile(r"\s*\((?:Author|Editor|Illustrator|Translator|Contributor|Narrator)[^()]*\)")


def book_2018(record: Record) -> Book:
    """The product on a line of the metadata of 2018."""
    book_id = required_label(record, "asin")
    brand = title_line(text_of(record, "brand"))
    visit = _VISIT.fullmatch(brand)
    return Book(
        id=book_id,
        title=title_line(text_of(record, "title")) or book_id,
        author=visit[1] if visit else brand,
        categories=_categories(record, "category"),
        description=_paragraphs(record, "description"),
    )


def book_2023(record: Record) -> Book:
    """The product on a line of the metadata of 2023."""
    book_id = required_label(record, "parent_asin", "asin")
    return Book(
        id=book_id,
        title=title_line(text_of(record, "title")) or book_id,
        author=_author(record) or title_line(_ROLE.sub("", text_of(record, "store"))),
        year=year_in(text_of(record, "subtitle")),
        categories=_categories(record, "categories"),
        description=_paragraphs(record, "description") or _paragraphs(record, "features"),
    )


def _author(record: Record) -> str:
    author = record.fields.get("author")
    if isinstance(author, str):
        with suppress(ValueError, RecursionError):
            author = json.loads(author)
    name = author.get("name") if isinstance(author, dict) else author
    if name is None:
        return ""
    if not isinstance(name, str):
        raise BadRow(f"The field 'author' should name somebody but is {shown(author)}.")
    return title_line(storable(name))


def _categories(record: Record, key: str) -> tuple[str, ...]:
    named = map(title_line, list_of(record, key))
    return tuple(dict.fromkeys(name for name in named if name and "{" not in name))


def _paragraphs(record: Record, key: str) -> str:
    """A list of paragraphs, or one text."""
    value = record.fields.get(key)
    if not isinstance(value, list):
        return without_html(text_of(record, key)).strip()
    if not all(isinstance(part, str) for part in value):
        raise BadRow(f"The field {key!r} should be a list of texts but is {shown(value)}.")
    parts = (without_html(storable(part)).strip() for part in value)
    return "\n\n".join(filter(None, parts))
