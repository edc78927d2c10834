"""Answers to the questionnaire as a file: good rows are kept, bad ones listed.

JSON is an object of item number to choice, `{"1": 4, "2": null}`, where null takes an answer back;
CSV has a number and a choice to a row, with or without a heading.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.domain import Skipped
from engine.self_report import Sheet, answer_all, check_answer, sheet
from engine.text_file import read_text
from models.errors import BadInput

Row = tuple[int, object, object]
"""Line in the file, item number and choice as they were written."""
_FORMS = 'Give {"1": 4, "2": 5} or rows of item number and choice, such as 1,4.'


@dataclass(frozen=True)
class AnswersLoaded:
    """What a file of answers held."""

    sheet: Sheet
    """With them in it."""
    kept: int
    skipped: tuple[Skipped, ...]


def load_answers(data_dir: Path, reader_id: str, path: Path) -> AnswersLoaded:
    """Keep the answers of a file; `-` is standard input.

    Raises:
        BadInput: the file cannot be read, is neither JSON nor CSV, or holds no answer to keep.
    """
    items = sheet(data_dir, reader_id).items
    given: dict[int, int | None] = {}
    skipped = []
    for line, number, choice in _rows(read_text(path)):
        try:
            item, answer = _whole(number), _choice(choice)
            check_answer(items, item, answer)
            given[item] = answer
        except BadInput as error:
            skipped.append(Skipped(line, error.message))
    if not given:
        first = f" Line {skipped[0].line}: {skipped[0].reason}" if skipped else ""
        raise BadInput(f"{path} has no answer to keep.{first}", _FORMS)
    return AnswersLoaded(answer_all(data_dir, reader_id, given), len(given), tuple(skipped))


def _rows(text: str) -> Iterator[Row]:
    if not text.strip():
        raise BadInput("The file is empty.", _FORMS)
    if text.lstrip()[0] in "{[":
        yield from _rows_of_json(text)
        return
    lines = text.splitlines()
    separator = next((sign for sign in "\t;," if sign in lines[0]), ",")
    for line, cells in enumerate(csv.reader(lines, delimiter=separator), 1):
        if not any(cells) or (line == 1 and not any(cell.strip().isdigit() for cell in cells)):
            continue
        number, choice, *_ = [*cells, ""]
        yield line, number.strip(), choice.strip()


def _rows_of_json(text: str) -> Iterator[Row]:
    """The pairs of the object, each told by its place in it."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise BadInput(f"The answers are not JSON: {error}.", _FORMS) from error
    if not isinstance(told, dict):
        raise BadInput("The answers are no JSON object.", _FORMS)
    for place, (number, choice) in enumerate(told.items(), 1):
        yield place, number, choice


def _whole(number: object) -> int:
    try:
        return int(str(number))
    except ValueError:
        raise BadInput(f"{number!r} is no item number.") from None


def _choice(choice: object) -> int | None:
    if choice is None:
        return None
    try:
        return int(str(choice))
    except ValueError:
        raise BadInput(f"{choice!r} is no answer; answers go from 1 to 5.") from None
