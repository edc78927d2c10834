"""Tell a file's format by its first rows, never by its name.

A format is known by the fields or columns that its rows cannot do without. What has too few of
them is refused with what was found, rather than read as the format that comes nearest.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from engine.sources import plain, ratings, text
from engine.sources.formats import GENERAL
from engine.sources.opening import Source
from engine.sources.table import header_of
from models.errors import BadInput

Kind = Literal["reviews", "books", "preferences"]

ROWS_LOOKED_AT = 20
NAMES_SHOWN = 8


@dataclass(frozen=True)
class _Sign:
    """What gives a format away: its rows have at least one name of each group."""

    is_json: bool
    """JSON Lines; otherwise a CSV with a header."""
    groups: tuple[tuple[str, ...], ...]
    """`name[]` is a field that holds a list."""


@dataclass(frozen=True)
class _Look:
    """What the first rows of a file show."""

    is_json: bool
    names: tuple[str, ...]
    """Fields or columns, as the file writes them."""


_TITLE = (*plain.BOOK, "title")
_OPINION = plain.TEXT + plain.RATING
_ABOUT_A_BOOK = (*plain.AUTHOR, "description", "year", "categories", "genres", "genre")
_SIGNS: dict[Kind, dict[str, _Sign]] = {
    "reviews": {
        "amazon2018": _Sign(True, (("reviewerID",), ("asin",), ("overall",))),
        "amazon2023": _Sign(True, (("user_id",), ("asin", "parent_asin"), ("rating",), ("text",))),
        "goodreads_json": _Sign(True, (("user_id",), ("book_id",), ("review_id",), ("rating",))),
        "goodreads_csv": _Sign(False, (("Book Id",), ("My Rating",), ("My Review",))),
        "kaggle_csv": _Sign(False, (("review/score",), ("review/text",))),
        "storygraph": _Sign(False, (("Star Rating",), ("Read Status",), ("Review",))),
        "librarything": _Sign(False, (("book_id",), ("Primary Author",), ("Rating", "Review"))),
        "jsonl": _Sign(True, (_TITLE, _OPINION)),
        "csv": _Sign(False, (_TITLE, _OPINION)),
    },
    "books": {
        "amazon2023_meta": _Sign(
            True, (("parent_asin",), ("title",), ("main_category", "average_rating", "store"))
        ),
        "amazon2018_meta": _Sign(
            True, (("asin",), ("title",), ("brand", "main_cat", "also_buy", "also_view", "rank"))
        ),
        "goodreads_json": _Sign(
            True, (("book_id",), ("title",), ("popular_shelves", "title_without_series"))
        ),
        "kaggle_csv": _Sign(False, (("Title",), ("authors",), ("publishedDate",))),
        "jsonl": _Sign(True, (_TITLE, _ABOUT_A_BOOK)),
        "csv": _Sign(False, (_TITLE, _ABOUT_A_BOOK)),
    },
    "preferences": {
        "shp": _Sign(True, (("history",), ("human_ref_A",), ("human_ref_B",), ("labels",))),
        "beavertails": _Sign(
            True,
            (
                ("prompt",),
                ("response_0",),
                ("response_1",),
                ("better_response_id", "safer_response_id"),
            ),
        ),
        "ultrafeedback": _Sign(True, (ratings.REQUEST, ("completions[]",))),
        "argilla": _Sign(True, (ratings.REQUEST, ("chosen_response",), ("rejected_response",))),
        "generations": _Sign(
            True, (ratings.REQUEST, ("generations[]",), ("ratings[]", "rating[]"))
        ),
        "trl": _Sign(True, (("prompt", "chosen[]"), ("chosen",), ("rejected",))),
        "hh_rlhf": _Sign(True, (("chosen",), ("rejected",))),
    },
}
_BEGINS_AS_JSON = re.compile(r'\{|\[\s*(?:[\[{"\]]|$)')
_LIBRARYTHING_JSON = re.compile(r'\s*\{\s*"\d+"\s*:\s*\{\s*"books_id"')


def detected(source: Source, kind: Kind) -> str | None:
    """The format of a file of this kind; None where it is none that is known.

    Raises:
        BadInput: it is a file of another kind.
    """
    if _LIBRARYTHING_JSON.match("".join(source.head[:4])):
        found: str | None = "librarything_json" if kind == "reviews" else None
        return found
    look = _look(source.head)
    found = _match(look, kind)
    if found and found not in GENERAL:
        return found
    for other in _SIGNS:
        other_format = _match(look, other) if other != kind else None
        if other_format and other_format not in GENERAL:
            # The window imports no preferences.
            way = "" if other == "preferences" else f", or say in the window that it holds {other}"
            raise BadInput(
                f"{source.name} holds {other} ({other_format}), not {kind}.",
                f"Use `import {other}`{way}.",
            )
    if found is None and kind == "reviews" and not (look.is_json and look.names):
        return text.FORMAT if text.has_headings(source.head) else None
    return found


def detected_columns(columns: Sequence[str], kind: Kind) -> str | None:
    """The format of this kind that a Parquet file has the columns of; None of none.

    Args:
        columns: with a second one, `name[]`, for each that is a list.
    """
    return _match(_Look(True, tuple(columns)), kind)


def undetected_columns(
    name: str, columns: Sequence[str], kind: Kind, known: Sequence[str]
) -> BadInput:
    """The refusal of a Parquet file in no known format."""
    told = _shows(_Look(True, tuple(columns)), ())
    return BadInput(
        f"{name} is in no format known for {kind}: it {told}.", f"Formats: {', '.join(known)}."
    )


def undetected(source: Source, kind: Kind, known: Sequence[str]) -> BadInput:
    """The refusal of a file in no known format: says what was found.

    Args:
        known: the formats of the kind.
    """
    look = _look(source.head)
    hint = f"Formats: {', '.join(known)}."
    if kind == "reviews" and look.names and (look.is_json or len(look.names) > 1):
        hint = "Say which column holds what: --map book=COLUMN --map text=COLUMN."
    return BadInput(
        f"{source.name} is in no format known for {kind}: it {_shows(look, source.head)}.", hint
    )


def is_json(head: Sequence[str]) -> bool:
    """Whether a file begins as JSON; `[Title],[Rating]` is the header of a table."""
    start = "".join(head[:ROWS_LOOKED_AT]).lstrip()
    if _BEGINS_AS_JSON.match(start):
        return True
    with suppress(ValueError, RecursionError):
        return isinstance(json.loads(start.partition("\n")[0]), list)
    return False


def _look(head: Sequence[str]) -> _Look:
    if is_json(head):
        return _Look(True, tuple(dict.fromkeys(_json_names(head))))
    return _Look(False, tuple(header_of(head)))


def _json_names(head: Sequence[str]) -> Iterator[str]:
    for line in head[:ROWS_LOOKED_AT]:
        with suppress(ValueError, RecursionError):
            fields = json.loads(line)
            if isinstance(fields, dict):
                yield from fields
                yield from (f"{name}[]" for name in fields if isinstance(fields[name], list))


def _match(look: _Look, kind: Kind) -> str | None:
    names = {*look.names, *map(plain.plain_name, look.names)}
    for name, sign in _SIGNS[kind].items():
        if sign.is_json == look.is_json and all(names.intersection(group) for group in sign.groups):
            return name
    return None


def _shows(look: _Look, head: Sequence[str]) -> str:
    names = [name for name in look.names if not name.endswith("[]")]
    if look.is_json and not names:
        return "begins like JSON, but no line of it is a whole object"
    if look.is_json or len(names) > 1:
        shown = ", ".join(repr(name[:40]) for name in names[:NAMES_SHOWN])
        more = ", …" if len(names) > NAMES_SHOWN else ""
        return f"has the {'fields' if look.is_json else 'columns'} {shown}{more}"
    first = next(line.strip() for line in head if line.strip())
    return f"begins with {first[:40]!r} and has no '#' heading"
