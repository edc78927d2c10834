"""What one row of any review format becomes, and the small rules that all formats share.

Names of readers are taken from the file as they are; nothing is inferred from them.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from html.entities import html5

from engine.domain import Book, Reader, Review
from engine.sources.isbn import isbn13
from engine.sources.records import BadRow, Record, label_of, number_of, one_line

FIRST_REVIEW_YEAR = 1995
"""Amazon opened then: an earlier time stamp is in the wrong unit."""
LAST_REVIEW_YEAR = 2100

_UNIX_TIME = re.compile(r"\d{9,13}")
_FIRST_TIME_IN_MS = 100_000_000_000
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_NOT_IN_A_SLUG = re.compile(r"\W+")
_BY_AUTHOR = re.compile(r"(?P<title>.+) by (?P<author>[^\d:;()\[\]/|]+)")
_NO_NAME_BEGINS = re.compile("an?|her|his|its|my|our|the|their|your", re.IGNORECASE)
_LOWER_IN_NAMES = re.compile(
    "abu|al|and|av|bin|bint|da|dal|de|del|della|den|der|di|dos|du|e|el|et|ibn|la|las|le|los"
    "|no|of|san|st|ten|ter|und|van|von|wa|with|y|zu|zur"
)


@dataclass(frozen=True)
class Row:
    """One review with its reader and its book."""

    line: int
    """Where it starts in the file, from 1."""
    reader: Reader
    book: Book
    review: Review


def made_row(
    line: int,
    reader: Reader,
    book: Book,
    text: str,
    title: str = "",
    rating: float | None = None,
    written_at: datetime | None = None,
) -> Row:
    """Put a row together; the review's text and title are given as the file has them."""
    text = without_html(text)
    review = Review(
        id=digest(reader.id, book.id, text),
        reader_id=reader.id,
        book_id=book.id,
        text=text,
        title=without_html(title),
        rating=rating,
        written_at=written_at,
    )
    return Row(line, reader, book, review)


def reader_of_file(stem: str, source_format: str) -> Reader:
    """The one reader of a file that names none: called as the file is."""
    return Reader(slug(stem), one_line(stem), source_format)


def digest(*parts: str) -> str:
    """16 hex digits of the sha256 of the parts, each ended by a NUL."""
    return hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()[:16]


def without_html(text: str) -> str:
    """`<br />` as a newline and entities as what they stand for; all else as it is.

    Only entities with their semicolon: `?a=1&region=2` is not `?a=1®ion=2`.
    """
    if "<" in text:
        text = _LINE_BREAK.sub("\n", text)
    return _ENTITY.sub(_unescaped, text) if "&" in text else text


def _unescaped(entity: re.Match[str]) -> str:
    name = entity[1]
    if not name.startswith("#"):
        return html5.get(name, entity[0])
    text = unescape(entity[0])
    return text if text.strip("\ufffd") else entity[0]


def title_line(text: str) -> str:
    """A title as the file has it, on one line and without HTML."""
    return one_line(without_html(text))


def split_author(title: str) -> tuple[str, str]:
    """`Title by First Last` as title and author; any other title with an empty author.

    A name has two words or more, none in lower case but particles such as `de`, and no article
    or pronoun first: "Surprised by Joy" and "Call Me by Your Name" stay whole, and so does
    "Candide by Voltaire".
    """
    found = _BY_AUTHOR.fullmatch(title)
    if found is None:
        return title, ""
    words = re.split(r"[\s-]+", found["author"].replace("&", "and").strip())
    lower = [word for word in words if word[:1].islower()]
    is_name = (
        len(words) - len(lower) >= 2
        and words[0] not in lower
        and not _NO_NAME_BEGINS.fullmatch(words[0])
        and all(map(_LOWER_IN_NAMES.fullmatch, lower))
    )
    return (found["title"].rstrip(" ,"), found["author"]) if is_name else (title, "")


def slug(*parts: str) -> str:
    """The letters and digits of these parts, in lower case, joined by hyphens; for ids."""
    folded = unicodedata.normalize("NFKC", " ".join(parts)).casefold()
    return _NOT_IN_A_SLUG.sub("-", folded).strip("-") or digest(*parts)


def rating_of(record: Record, key: str) -> float | None:
    """A rating from 1 to 5; None where the field is absent or empty.

    Raises:
        BadRow: it is not a number, or out of this range.
    """
    rating = number_of(record, key)
    if rating is not None and not 1 <= rating <= 5:
        raise BadRow(f"The rating {rating:g} is not between 1 and 5.")
    return rating


def required_rating(record: Record, key: str) -> float:
    """`rating_of` a field that has to be filled."""
    rating = rating_of(record, key)
    if rating is None:
        raise BadRow(f"The field {key!r} is missing.")
    return rating


def moment_of(record: Record, key: str, units_per_s: int) -> datetime | None:
    """A Unix time stamp in `1 / units_per_s` seconds; None where absent or empty.

    Raises:
        BadRow: it is not a number, or no time at which a review can have been written.
    """
    stamp = number_of(record, key)
    if stamp is None:
        return None
    try:
        moment = datetime.fromtimestamp(stamp / units_per_s, UTC)
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None or not FIRST_REVIEW_YEAR <= moment.year < LAST_REVIEW_YEAR:
        raise BadRow(f"The time stamp {stamp:.15g} is not a time since {FIRST_REVIEW_YEAR}.")
    return moment


def unix_moment_of(record: Record, key: str) -> datetime | None:
    """`moment_of` a time stamp in seconds or milliseconds, told by its size; None for no stamp.

    Raises:
        BadRow: it is no time at which a review can have been written.
    """
    is_float = isinstance(record.fields.get(key), float)
    if not (is_float or _UNIX_TIME.fullmatch(label_of(record, key))):
        return None
    in_ms = (number_of(record, key) or 0) >= _FIRST_TIME_IN_MS
    return moment_of(record, key, units_per_s=1000 if in_ms else 1)


def book_id_of(given: str, column: str, title: str, author: str) -> str:
    """The id of a book of a general table: the same however its columns were found.

    An ISBN, which every file writes in its own way, as ISBN-13; another id as it is, but for one
    that only counts the books of its file; otherwise made of title and author.

    Args:
        given: what the file gives as the book's id, or nothing.
        column: the column it stands in.
    """
    isbn = isbn13(given)
    if isbn and re.search("isbn|ean", column, re.IGNORECASE):
        return isbn
    counts_books = bool(title) and given.isdecimal() and not isbn
    return given if given and not counts_books else slug(title, author)
