"""Ratings as people and programs write them, as 1 to 5: `4`, `3,5`, `8/10`, `92 %`, `★★★★☆`.

A grade on another scale is taken by proportion, so that 8 of 10 is 4 of 5; what comes out below
one star counts as one. On a scale that has a zero it mostly stands for "not rated" (Book-Crossing
and Goodreads write it so), and a strong dislike nobody voiced is the worse mistake: 0 is no rating.
"""

import re

from engine.sources.records import BadRow, shown

SCALES = (5, 6, 10, 20, 100)
"""The best grade of the scales in use; 6 where a box of stars has six, 20 in French schools."""

_FULL, _HALF, _EMPTY = "★⭐🌟", "½⯪", "☆✩"
_GRADE = re.compile(
    r"(?P<grade>\d{1,3}(?:[.,]\d{1,3})?)\s*"
    r"(?:(?:/|of|out of|von|sur|de|su|van|z|из)\s*(?P<best>\d{1,3})|(?P<percent>%))?"
    r"\s*(?:[^\W\d_]{1,12})?",
    re.IGNORECASE,
)


def rating_from(value: object, best: int = 5) -> float | None:
    """A rating from 1 to 5; None for an empty cell and for 0.

    Args:
        best: the best grade of the scale, where the value itself names none.

    Raises:
        BadRow: it is no grade, or over the best one.
    """
    if value is None or isinstance(value, bool):
        grade: float | None = None
    elif isinstance(value, int | float):
        grade = float(value)
    else:
        grade, best = _written(str(value).strip(), best)
    if grade is None:
        if value is None or value == "" or (isinstance(value, str) and not value.strip()):
            return None
        raise BadRow(f"The rating {shown(value)} is not a grade.")
    if not 0 <= grade <= best:
        raise BadRow(f"The rating {shown(value)} is not between 0 and {best}.")
    return max(1.0, round(grade * 5 / best, 2)) if grade else None


def is_rating(text: str) -> bool:
    """Whether a text is a grade and nothing else."""
    return _written(text.strip(), 100)[0] is not None


def _written(text: str, best: int) -> tuple[float | None, int]:
    stars = text.replace("\ufe0f", "").replace(" ", "")
    full = sum(map(stars.count, _FULL))
    half = sum(map(stars.count, _HALF))
    if stars and (full or half) and not stars.strip(_FULL + _HALF + _EMPTY):
        shown_in_all = full + half + sum(map(stars.count, _EMPTY))
        return full + half / 2, max(5, shown_in_all)
    found = _GRADE.fullmatch(text)
    if found is None:
        return None, best
    grade = float(found["grade"].replace(",", "."))
    if found["percent"]:
        return grade, 100
    return grade, int(found["best"] or best) or best
