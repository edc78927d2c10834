"""What a reader says of themselves: the questionnaire and the either/or picks, for front ends.

Each answer is kept at once, so that closing the window loses none. The scores reach the profile
as readings beside the reviews' own; what was answered is one change that can be undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.bank import Pick, picks
from engine.domain import Reading, ReadingSource
from engine.profile import picks as pick_rules
from engine.profile import questionnaire as form
from engine.profile.picks import PICKS_ASKED, Choice, next_pick
from engine.profile.questionnaire import Answers, Item, Sex, questionnaire
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import readings as reading_rows
from engine.store.database import change, opened
from models.errors import BadInput


@dataclass(frozen=True)
class Sheet:
    """How far one reader's questionnaire has come."""

    items: tuple[Item, ...]
    """Those this reader is asked, in order."""
    answers: Answers

    @property
    def next_item(self) -> Item | None:
        """The first item without an answer; None where all have one."""
        return next((item for item in self.items if item.number not in self.answers.choices), None)

    @property
    def answered(self) -> int:
        return sum(item.number in self.answers.choices for item in self.items)


@dataclass(frozen=True)
class PickRound:
    """How far one reader's picks have come."""

    made: Mapping[str, Choice]
    next_pick: Pick | None
    """None where all are made."""
    asked: int = PICKS_ASKED


def sheet(data_dir: Path, reader_id: str) -> Sheet:
    """The questionnaire of one reader, with the answers given before."""
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        sensitive = reader_rows.is_sensitive_allowed(db, own_id)
        return Sheet(questionnaire().asked(sensitive), reading_rows.answers_of(db, own_id))


def answer(data_dir: Path, reader_id: str, number: int, choice: int | None) -> Sheet:
    """Keep the answer to one item, 1 to 5; None takes it back.

    Raises:
        BadInput: there is no such item for this reader, or the answer is none.
    """
    asked = {item.number for item in sheet(data_dir, reader_id).items}
    if number not in asked:
        raise BadInput(f"The questionnaire has no item {number} for this reader.")
    if choice not in (None, 1, 2, 3, 4, 5):
        raise BadInput(f"{choice!r} is no answer.", "Answers go from 1 to 5.")
    with opened(data_dir) as db, db.atomic():
        before = reading_rows.answers_of(db, reader_id)
        choices = {item: given for item, given in before.choices.items() if item != number}
        if choice is not None:
            choices[number] = choice
        reading_rows.save_answers(db, reader_id, replace(before, choices=choices))
    return sheet(data_dir, reader_id)


def finish_questionnaire(data_dir: Path, reader_id: str, sex: Sex, age: int) -> dict[str, Reading]:
    """Score what was answered and put it into the profile beside the reviews' own scores.

    Raises:
        BadInput: no norms for that age, or too few answers for a single facet.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        answers = replace(reading_rows.answers_of(db, own_id), sex=sex, age=age)
        told = form.readings(answers, datetime.now(UTC))
        if not told:
            raise BadInput(
                f"{len(answers.choices)} answers are too few for any facet.",
                "A facet needs three of its four items; the form has 120.",
            )
        with change(db, "Fill in the questionnaire"):
            profile_rows.ensure_built(db, own_id)
            reading_rows.save_answers(db, own_id, answers)
            reading_rows.replace_readings(db, own_id, "questionnaire", told)
    return told


def pick_round(data_dir: Path, reader_id: str) -> PickRound:
    """The either/or picks of one reader, with those made before."""
    with opened(data_dir) as db:
        made = reading_rows.picks_of(db, reader_rows.find(db, reader_id).id)
    return PickRound(made, next_pick(made))


def make_pick(data_dir: Path, reader_id: str, pick_id: str, choice: Choice | None) -> PickRound:
    """Keep one pick, None takes it back; after the last the scores are in the profile.

    Raises:
        BadInput: there is no such pick or choice.
    """
    if pick_id not in {pick.id for pick in picks()}:
        raise BadInput(f"There is no pick {pick_id!r}.")
    if choice not in (None, "high", "low"):
        raise BadInput(f"{choice!r} is no choice.", "Choose `high` or `low`.")
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        with db.atomic():
            if choice is None:
                reading_rows.remove_pick(db, own_id, pick_id)
            else:
                reading_rows.save_pick(db, own_id, pick_id, choice)
        made = reading_rows.picks_of(db, own_id)
        told = pick_rules.readings(made, datetime.now(UTC))
        if next_pick(made) is None:
            with change(db, "Make the picks"):
                profile_rows.ensure_built(db, own_id)
                reading_rows.replace_readings(db, own_id, "picks", told)
    return PickRound(made, next_pick(made))


def clear_self_report(data_dir: Path, reader_id: str, source: ReadingSource) -> None:
    """Take a questionnaire or the picks out of a profile again."""
    title = "Take the questionnaire away" if source == "questionnaire" else "Take the picks away"
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        with change(db, title):
            reading_rows.clear(db, own_id, source)
