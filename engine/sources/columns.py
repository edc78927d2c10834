"""Which column of anybody's table holds what: chosen by a person, or guessed for them to check.

A guess goes by the columns' names, in many languages (`columns.toml`), and then by what stands in
them. It is complete when it has a book and a text or a rating; only then is a file read by it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import mean
from typing import Literal, get_args

from engine.sources.dates import DateOrder, any_date_in, order_of
from engine.sources.records import BadRow, Record
from engine.sources.stars import SCALES, is_rating
from models.errors import BadInput

Role = Literal[
    "reader", "book", "author", "book_id", "title", "text", "rating", "date", "year", "categories"
]
"""`title` is the review's own headline; `book` is the book's title."""
ROLES: tuple[Role, ...] = get_args(Role)

LONG_TEXT_CHARS = 40
"""Mean length from which a column without a telling name is taken for the text."""
SHORT_TEXT_CHARS = 120

_SCALE_MARK = re.compile(r"\s*(?:/\s*\d+|\(.*\))$")
"""A mark at the end of a column's name, as in `Note/10` or `Rating (1-5)`."""
_NAMED_SCALE = re.compile(r"(?:/|sur|out of|von|[-\u2013])\s*(5|6|10|20|100)\)?$")

_ORDERS: Mapping[str, DateOrder] = {"ymd": "ymd", "dmy": "dmy", "mdy": "mdy"}


@dataclass(frozen=True)
class ColumnMap:
    """The column of each role, and how its numbers and dates are meant."""

    columns: Mapping[Role, str]
    best_rating: int = 5
    date_order: DateOrder | None = None
    """None: dates written in numbers that can be meant in two ways are left out."""

    @property
    def is_complete(self) -> bool:
        has_book = "book" in self.columns or "book_id" in self.columns
        return has_book and ("text" in self.columns or "rating" in self.columns)

    def as_json(self) -> dict[str, str]:
        """Role to column as `chosen` takes it: `Note/10`, `Datum/dmy`, or the plain name."""
        written: dict[str, str] = {
            role: self.columns[role] for role in ROLES if role in self.columns
        }
        if "rating" in written and self.best_rating != 5:
            written["rating"] += f"/{self.best_rating}"
        if "date" in written and self.date_order in ("dmy", "mdy"):
            written["date"] += f"/{self.date_order}"
        return written


def chosen(choice: Mapping[str, str], columns: Sequence[str], rows: Sequence[Record]) -> ColumnMap:
    """The mapping that a person chose; what they leave open about a column is guessed.

    Args:
        choice: role to column; after a slash a rating's best grade or a date's order, `Note/10`
            and `Datum/dmy`. Roles that are not in it hold nothing.

    Raises:
        BadInput: no such role or column, or the mapping cannot give a review.
    """
    found: dict[Role, str] = {}
    best: int | None = None
    order: DateOrder | None = None
    for name, written in choice.items():
        role = next((role for role in ROLES if role == name.strip().lower()), None)
        if role is None:
            raise BadInput(
                f"There is no role {name!r} for a column.", f"Roles: {', '.join(ROLES)}."
            )
        column, tail = _parted(written, columns)
        found[role] = column
        if role == "rating" and tail:
            best = _best(tail)
        elif role == "date" and tail in _ORDERS:
            order = _ORDERS[tail]
        elif tail:
            raise BadInput(f"What stands after the slash in {written!r} is not understood.")
    cells = {column: _filled(column, rows) for column in found.values()}
    mapping = ColumnMap(
        found,
        best or _scale_of(found.get("rating", ""), cells),
        order or order_of(cells.get(found.get("date", ""), [])),
    )
    if not mapping.is_complete:
        raise BadInput(
            "A review needs a book, and a text or a rating.",
            "Map `book` (or `book_id`), and `text` or `rating`.",
        )
    return mapping


def guessed(columns: Sequence[str], rows: Sequence[Record]) -> ColumnMap:
    """The mapping that names and contents suggest."""
    cells = {column: _filled(column, rows) for column in columns}
    found = _by_name(columns, cells)
    _by_content(found, cells)
    return ColumnMap(
        found,
        _scale_of(found.get("rating", ""), cells),
        order_of(cells.get(found.get("date", ""), [])),
    )


def names_of(role: Role) -> frozenset[str]:
    """What columns of this role are called, folded."""
    return frozenset(name for name, (named, _) in _places().items() if named == role)


@cache
def _places() -> Mapping[str, tuple[Role, int]]:
    """Each known name's role, and its place among the names of that role."""
    text = files("engine.sources").joinpath("columns.toml").read_text("utf-8")
    names = tomllib.loads(text)
    return {folded(name): (role, n) for role in ROLES for n, name in enumerate(names[role])}


def folded(name: str) -> str:
    """A column's name as it is looked up: `Título_del-Libro` is `titulo del libro`."""
    bare = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.strip()))
    marked = "".join(sign for sign in bare if unicodedata.category(sign) != "Mn")
    # Recomposed, because Hangul and kana fall apart under NFKD too.
    plain = unicodedata.normalize("NFKC", marked).casefold()
    return " ".join(re.split(r"[\W_]+", plain)).strip()


def _by_name(columns: Sequence[str], cells: Mapping[str, list[str]]) -> dict[Role, str]:
    best: dict[Role, tuple[int, str]] = {}
    places = _places()
    for column in columns:
        name = folded(_SCALE_MARK.sub("", column)) or folded(column)
        role, place = places.get(name, (None, 0))
        if role and cells[column] and (role not in best or place < best[role][0]):
            best[role] = (place, column)
    found = {role: column for role, (_, column) in best.items()}
    if "book" in found and "title" not in found and folded(found["book"]) != "title":
        own = next((column for column in columns if folded(column) == "title"), None)
        if own is not None and own not in found.values():
            found["title"] = own
    if "rating" in found and not _mostly(is_rating, cells[found["rating"]]):
        # `Bewertung` and `Note` are a grade in one table and a text in the next.
        column = found.pop("rating")
        found.setdefault("text", column)
    return found


def _by_content(found: dict[Role, str], cells: Mapping[str, list[str]]) -> None:
    """What the names left open, told by the cells; two columns that fit one role are told apart
    by nobody, but of two long texts the longer is the review.

    Without a telling name or a long text, names and numbers may be a list of anything.
    """
    free = [column for column in cells if cells[column] and column not in found.values()]

    def take(role: Role, fits: Callable[[list[str]], bool]) -> None:
        fitting = [column for column in free if role not in found and fits(cells[column])]
        if role == "text":
            fitting = sorted(fitting, key=lambda column: -mean(map(len, cells[column])))[:1]
        if len(fitting) == 1:
            found[role] = fitting[0]
            free.remove(fitting[0])

    take("date", lambda column: _mostly(_is_date, column))
    take("text", lambda column: mean(map(len, column)) >= LONG_TEXT_CHARS and _has_spaces(column))
    if "text" in found or "book" in found:
        take("rating", _looks_like_ratings)
    if "text" in found and "book_id" not in found:
        take("book", _looks_like_titles)


def _filled(column: str, rows: Sequence[Record]) -> list[str]:
    values = (row.fields.get(column) for row in rows)
    written = (str(value) for value in values if isinstance(value, str | int | float))
    return [value for value in written if value.strip()]


def _mostly(test: Callable[[str], bool], cells: Sequence[str]) -> bool:
    return bool(cells) and sum(map(test, cells)) >= 0.8 * len(cells)


def _is_date(text: str) -> bool:
    try:
        any_date_in(text, "dmy")
    except BadRow:
        return False
    return len(text.strip()) > 7


def _looks_like_ratings(cells: list[str]) -> bool:
    """Grades that come back: numbers that are all different count or name something."""
    return _mostly(is_rating, cells) and len(set(cells)) <= 0.8 * len(cells)


def _looks_like_titles(cells: list[str]) -> bool:
    letters = _mostly(lambda cell: any(map(str.isalpha, cell)), cells)
    return letters and mean(map(len, cells)) <= SHORT_TEXT_CHARS and len(set(cells)) > 1


def _has_spaces(cells: Sequence[str]) -> bool:
    return _mostly(lambda cell: " " in cell.strip() or not cell.isascii(), cells)


def _scale_of(column: str, cells: Mapping[str, list[str]]) -> int:
    """From a mark in the name, or else the smallest scale that holds every grade."""
    named = _NAMED_SCALE.search(column.strip())
    if named:
        return int(named[1])
    grades = [float(cell.replace(",", ".")) for cell in cells.get(column, []) if _is_number(cell)]
    return next((best for best in (5, 10, 20, 100) if max(grades, default=0) <= best), 5)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*\d{1,3}(?:[.,]\d+)?\s*", text) is not None


def _parted(written: str, columns: Sequence[str]) -> tuple[str, str]:
    """The column and what stands after its slash; a column's name may have slashes itself.

    Capitals count only where two columns differ in nothing else.
    """
    for column in (written, written.rpartition("/")[0]):
        name = column.strip()
        alike = [known for known in columns if name and known.casefold() == name.casefold()]
        if alike:
            tail = written[len(column) :].lstrip("/").strip().lower()
            return (name if name in alike else alike[0]), tail
    shown = ", ".join(repr(column[:40]) for column in columns[:12])
    raise BadInput(f"There is no column {written!r}.", f"Columns: {shown}.")


def _best(tail: str) -> int:
    if not tail.isdecimal() or int(tail) not in SCALES:
        scales = ", ".join(map(str, SCALES))
        raise BadInput(f"There is no scale of ratings up to {tail!r}.", f"Scales: {scales}.")
    return int(tail)
