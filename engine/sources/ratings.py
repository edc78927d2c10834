"""UltraFeedback and its editions: answers that were rated, of which two make a pair.

Of a list, the answer that is rated highest is chosen and the one rated lowest rejected; among
equals the first. (Others draw the rejected one by lot: then a file would be read in two ways.)
"""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean

from engine.sources.records import BadRow, Record, required_text, shown, storable

REQUEST = ("instruction", "input", "prompt")


def argilla_texts(record: Record) -> tuple[str, str, str]:
    """Of Argilla's edition, where two answers are left.

    Raises:
        BadRow: a field is missing or no text.
    """
    return (
        _request(record),
        required_text(record, "chosen_response"),
        required_text(record, "rejected_response"),
    )


def ultrafeedback_texts(record: Record) -> tuple[str, str, str]:
    """Of the first edition: `completions`, each with its annotations.

    The rating is the mean of the four annotations, as Argilla takes it: `overall_score` is 10 of
    some answers that were given a 1. It stands in where there are no annotations.

    Raises:
        BadRow: fewer than two answers are rated, or all alike.
    """
    found = record.fields.get("completions")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadRow(f"The field 'completions' should be a list of answers but is {shown(found)}.")
    return (_request(record), *_ends((one.get("response"), _rating(one)) for one in found))


def generations_texts(record: Record) -> tuple[str, str, str]:
    """Of distilabel's: a list of generations, and one of ratings in the same order.

    Raises:
        BadRow: the lists do not go together, fewer than two answers are rated, or all alike.
    """
    answers = record.fields.get("generations")
    name = "ratings" if record.fields.get("ratings") is not None else "rating"
    given = record.fields.get(name)
    if not isinstance(answers, list) or not isinstance(given, list) or len(answers) != len(given):
        raise BadRow(f"The fields 'generations' and {name!r} are not two lists of one length.")
    return (_request(record), *_ends(zip(answers, map(_number, given), strict=True)))


def _request(record: Record) -> str:
    name = next((name for name in REQUEST if record.fields.get(name) is not None), REQUEST[0])
    return required_text(record, name)


def _ends(rated: Iterable[tuple[object, float | None]]) -> tuple[str, str]:
    """The answer that is rated highest and the one that is rated lowest."""
    known = [
        (storable(answer), rating)
        for answer, rating in rated
        if isinstance(answer, str) and answer.strip() and rating is not None
    ]
    if len(known) < 2:
        raise BadRow("Fewer than two answers have a rating.")
    best = max(known, key=lambda one: one[1])
    worst = min(known, key=lambda one: one[1])
    if best[1] == worst[1]:
        raise BadRow("All answers are rated alike.")
    return best[0], worst[0]


def _rating(completion: Mapping[str, object]) -> float | None:
    annotations = completion.get("annotations")
    if isinstance(annotations, dict):
        numbers = [_number(_rated(one)) for one in annotations.values()]
        known = [number for number in numbers if number is not None]
        if known:
            return fmean(known)
    return _number(completion.get("fine-grained_score", completion.get("overall_score")))


def _rated(annotation: object) -> object:
    return annotation.get("Rating") if isinstance(annotation, dict) else None


def _number(value: object) -> float | None:
    """A finite number, also as text; None of anything else, as of `N/A`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
