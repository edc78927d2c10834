"""What a reader says of themselves: the questionnaire and the either/or picks, for front ends.

Each answer is kept at once, so that closing the window loses none. The scores reach the profile
as readings beside the reviews' own; putting them there is one change, and undoing it leaves the
answers.
"""

from collections.abc import Iterable, Mapping
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
    """To these items alone; an answer from when sensitive items were on is kept, but rests."""

    @property
    def next_item(self) -> Item | None:
        """The first item without an answer; None where all have one."""
        return next((item for item in self.items if item.number not in self.answers.choices), None)

    @property
    def answered(self) -> int:
        return len(self.answers.choices)

    @property
    def left_out(self) -> dict[str, str]:
        """Trait id to why these answers give it no score."""
        return form.left_out(self.answers, self.items)


@dataclass(frozen=True)
class PickRound:
    """How far one reader's picks have come."""

    made: Mapping[str, Choice]
    """Pick id to the side chosen, in the order they were made."""
    asked: int = PICKS_ASKED

    @property
    def next_pick(self) -> Pick | None:
        """None where all are made."""
        return next_pick(self.made)

    @property
    def scores(self) -> dict[str, Reading]:
        """What the picks made so far say of the five traits."""
        return pick_rules.readings(self.made, datetime.now(UTC))


def sheet(data_dir: Path, reader_id: str) -> Sheet:
    """The questionnaire of one reader, with the answers given before."""
    return answer_all(data_dir, reader_id, {})


def answer(data_dir: Path, reader_id: str, number: int, choice: int | None) -> Sheet:
    """Keep the answer to one item, 1 to 5; None takes it back.

    Raises:
        BadInput: there is no such item for this reader, or the answer is none.
    """
    return answer_all(data_dir, reader_id, {number: choice})


def answer_all(data_dir: Path, reader_id: str, given: Mapping[int, int | None]) -> Sheet:
    """Keep several answers at once, beside those given before; None takes one back.

    Raises:
        BadInput: one of them is wrong as for `answer`; none was kept.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        items = questionnaire().asked(reader_rows.is_sensitive_allowed(db, own_id))
        for number, choice in given.items():
            check_answer(items, number, choice)
        if given:
            with db.atomic():
                reading_rows.merge_answers(db, own_id, given)
        return Sheet(items, _of_these(items, reading_rows.answers_of(db, own_id)))


def check_answer(items: Iterable[Item], number: int, choice: int | None) -> None:
    """Refuse what is no answer to one of these items.

    Raises:
        BadInput: there is no such item for this reader, or the answer is none.
    """
    if number not in {item.number for item in items}:
        raise BadInput(
            f"The questionnaire has no item {number} for this reader.",
            "`questionnaire show` lists the items by number; q on the Profile screen asks them.",
        )
    if choice not in (None, 1, 2, 3, 4, 5):
        raise BadInput(f"{choice!r} is no answer.", "Answers go from 1 to 5.")


def _of_these(items: Iterable[Item], answers: Answers) -> Answers:
    asked = {item.number for item in items}
    kept = {number: choice for number, choice in answers.choices.items() if number in asked}
    return replace(answers, choices=kept)


def finish_questionnaire(data_dir: Path, reader_id: str, sex: Sex, age: int) -> dict[str, Reading]:
    """Score what was answered and put it into the profile beside the reviews' own scores.

    Raises:
        BadInput: no norms for that age, or too few answers for a single facet.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        items = questionnaire().asked(reader_rows.is_sensitive_allowed(db, own_id))
        answers = replace(reading_rows.answers_of(db, own_id), sex=sex, age=age)
        counted = _of_these(items, answers)
        told = form.readings(counted, datetime.now(UTC))
        if not told:
            raise BadInput(
                f"{len(counted.choices)} answers are too few for any facet.",
                "A facet needs three of its four items; the form has 120.",
            )
        with db.atomic():
            reading_rows.save_norms(db, own_id, sex, age)
        with change(db, "Fill in the questionnaire"):
            profile_rows.ensure_built(db, own_id)
            reading_rows.replace_readings(db, own_id, "questionnaire", told)
    return told


def pick_round(data_dir: Path, reader_id: str) -> PickRound:
    """The either/or picks of one reader, with those made before."""
    return make_picks(data_dir, reader_id, {})


def make_pick(data_dir: Path, reader_id: str, pick_id: str, choice: Choice | None) -> PickRound:
    """Keep one pick, None takes it back; after the last the scores are in the profile.

    Raises:
        BadInput: there is no such pick or choice.
    """
    return make_picks(data_dir, reader_id, {pick_id: choice})


def make_picks(data_dir: Path, reader_id: str, chosen: Mapping[str, Choice | None]) -> PickRound:
    """Keep several picks at once, in this order; None takes one back.

    The profile has the scores of a whole round only: with the last pick they come, and they go
    again when one is taken back.

    Raises:
        BadInput: there is no such pick or choice; nothing was kept.
    """
    for pick_id, choice in chosen.items():
        if pick_id not in {pick.id for pick in picks()}:
            raise BadInput(f"There is no pick {pick_id!r}.", "`picks show` lists them.")
        if choice not in (None, "high", "low"):
            raise BadInput(f"{choice!r} is no choice.", "Choose `high` or `low`.")
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        if not chosen:
            return PickRound(reading_rows.picks_of(db, own_id))
        with db.atomic():
            for pick_id, choice in chosen.items():
                if choice is None:
                    reading_rows.remove_pick(db, own_id, pick_id)
                else:
                    reading_rows.save_pick(db, own_id, pick_id, choice)
        made = PickRound(reading_rows.picks_of(db, own_id))
        if made.next_pick is None:
            with change(db, "Make the picks"):
                profile_rows.ensure_built(db, own_id)
                reading_rows.replace_readings(db, own_id, "picks", made.scores)
        elif reading_rows.has_readings(db, own_id, "picks"):
            with change(db, "Take a pick back"):
                reading_rows.replace_readings(db, own_id, "picks", {})
        return made


def clear_self_report(data_dir: Path, reader_id: str, source: ReadingSource) -> None:
    """Take a questionnaire or the picks out of a profile again, answers and all."""
    title = "Take the questionnaire away" if source == "questionnaire" else "Take the picks away"
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        with change(db, title):
            reading_rows.clear(db, own_id, source)
