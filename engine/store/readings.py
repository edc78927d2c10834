"""What readers say of themselves: answers to the questionnaire, picks, and the scores of both."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from sqlite_utils import Database

from engine.domain import Reading, ReadingSource
from engine.profile.picks import Choice
from engine.profile.questionnaire import Answers, Sex
from engine.store.database import put, rows
from engine.store.unpack import number, text


def answers_of(db: Database, reader_id: str) -> Answers:
    """The answers so far; none where the questionnaire was not begun."""
    found = rows(db, "select * from questionnaire where reader_id = ?", reader_id)
    if not found:
        return Answers({})
    row = found[0]
    choices = {int(item): int(choice) for item, choice in json.loads(text(row["answers"])).items()}
    age = None if row["age"] is None else int(number(row["age"]))
    return Answers(choices, cast(Sex, text(row["sex"])), age)


def merge_answers(db: Database, reader_id: str, given: Mapping[int, int | None]) -> None:
    """Keep these answers beside those given before; None takes one back.

    One statement, a merge patch (RFC 7396), so that two windows do not lose each other's.
    """
    patch = json.dumps(given)
    db.execute(
        "insert into questionnaire(reader_id, answers, sex, age, made_at) "
        "values (:reader, json_patch('{}', :given), 'N', null, :now) "
        "on conflict (reader_id) do update "
        "set answers = json_patch(answers, :given), made_at = :now",
        {"reader": reader_id, "given": patch, "now": datetime.now(UTC).isoformat()},
    )


def save_norms(db: Database, reader_id: str, sex: Sex, age: int) -> None:
    """Keep whose norms the answers are compared with, for those that were begun."""
    db.execute(
        "update questionnaire set sex = ?, age = ? where reader_id = ?", [sex, age, reader_id]
    )


def picks_of(db: Database, reader_id: str) -> dict[str, Choice]:
    """Pick id to the side chosen, in the order they were made."""
    found = rows(db, "select * from pick where reader_id = ? order by rowid", reader_id)
    return {text(row["pick_id"]): cast(Choice, text(row["choice"])) for row in found}


def save_pick(db: Database, reader_id: str, pick_id: str, choice: Choice) -> None:
    """Keep one pick."""
    put(db, "pick", {"reader_id": reader_id, "pick_id": pick_id, "choice": choice})


def remove_pick(db: Database, reader_id: str, pick_id: str) -> None:
    """Take one pick back."""
    db.execute("delete from pick where reader_id = ? and pick_id = ?", [reader_id, pick_id])


def has_readings(db: Database, reader_id: str, source: ReadingSource) -> bool:
    """Whether a source has given scores."""
    return bool(
        rows(
            db,
            "select 1 from reading where reader_id = ? and source = ? limit 1",
            reader_id,
            source,
        )
    )


def clear(db: Database, reader_id: str, source: ReadingSource) -> None:
    """Take away what a source gave, and what it was made from."""
    table = "questionnaire" if source == "questionnaire" else "pick"
    db.execute(f"delete from {table} where reader_id = ?", [reader_id])
    db.execute("delete from reading where reader_id = ? and source = ?", [reader_id, source])


def replace_readings(
    db: Database, reader_id: str, source: ReadingSource, readings: Mapping[str, Reading]
) -> None:
    """Put the scores of one source in the place of those it gave before."""
    db.execute("delete from reading where reader_id = ? and source = ?", [reader_id, source])
    db.table("reading").insert_all(
        {
            "reader_id": reader_id,
            "trait_id": trait_id,
            "source": source,
            "score": reading.score,
            "confidence": reading.confidence,
            "note": reading.note,
            "made_at": reading.made_at.isoformat(),
        }
        for trait_id, reading in readings.items()
    )
