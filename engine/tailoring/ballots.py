"""Blind ballots on an evaluation's answers, for people: a table out, the table filled in back.

Which side is whose stands in the evaluation's directory alone; the table has codes that follow from
nothing. A person's word counts as a judge's does: a preference as two replies that agree, a tie as
two that contradict each other.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from engine import runs
from engine.domain import Skipped
from engine.judge.questions import PAIRWISE, Aspect, Said
from engine.sources.opening import at_hand
from engine.sources.opening import opened as opened_file
from engine.sources.records import BadRow, Record, converted, label_of, shown
from engine.sources.table import table_records
from engine.tailoring.contests import Seat
from engine.tailoring.judging import Reply, keep_reply, prints_of, seats_of
from engine.votes.ballot import Choice, voter_name
from engine.votes.drawing import codes
from engine.votes.loading import WORDS
from models.aside import written_aside
from models.errors import BadInput

BALLOTS = "ballots.json"
COLUMNS = ("code", "prompt", "persona", "answer 1", "answer 2", "better", "suits", "voter")
ASKED: Mapping[Aspect, str] = {"quality": "better", "personalisation": "suits"}
"""The column of each aspect: which answer is the better one, which suits the person."""
PEOPLE = "people: "
"""With the voter's name: how a person stands among the judges."""


@dataclass(frozen=True)
class Ballot:
    """Two answers, and which contestant is on which side."""

    code: str
    about: str
    one: str
    """The contestant whose answer is the first."""
    other: str


@dataclass(frozen=True)
class BallotsLoaded:
    """What a table of ballots held."""

    votes: int
    blank: int
    """Rows that nobody has filled in."""
    voters: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def make_ballots(data_dir: Path, evaluation_id: str, limit: int, seed: int) -> str:
    """Draw ballots and give the table to be filled in; earlier ones stay valid.

    Of the contests it is the one that counts most: the last run with personas over the base with
    them; or the base with personas over itself without.

    Args:
        limit: ballots at the most, each of another prompt as far as there are; 0 draws all.

    Raises:
        BadInput: there are no answers to vote on.
    """
    directory = runs.run_dir(data_dir, evaluation_id).path
    all_seats = [seat for seat in seats_of(directory) if seat.one != seat.other]
    if not all_seats:
        raise BadInput(
            f"The evaluation {evaluation_id} has no two answers that differ.",
            "Have them written first: `persona-studio persona evaluate DATASET --answers 20`.",
        )
    contest = all_seats[-1].contest
    seats = [seat for seat in all_seats if seat.contest == contest]
    lots = Random(seed)
    lots.shuffle(seats)
    seats = seats[: limit or None]
    known = _read(directory)
    given = list(codes(len(seats), known))
    made = [
        _ballot(seat, code, turned=lots.random() < 0.5)
        for seat, code in zip(seats, given, strict=True)
    ]
    with written_aside(directory / BALLOTS) as aside:
        rows = [asdict(one) for one in (*known.values(), *made)]
        aside.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return _table(seats, made)


def load_ballots(data_dir: Path, evaluation_id: str, path: Path, voter: str = "") -> BallotsLoaded:
    """Keep the votes of a table; a voter's earlier word on a ballot is replaced.

    Args:
        voter: of the rows that name none.

    Raises:
        BadInput: the file cannot be read, or holds no vote.
    """
    directory = runs.run_dir(data_dir, evaluation_id).path
    known, prints = _read(directory), prints_of(directory)
    votes: list[list[Reply]] = []
    skipped: list[Skipped] = []
    blank = 0
    with at_hand(path) as file, opened_file(file) as source:
        read = converted(table_records(source), lambda row: _replies(row, known, prints, voter))
        for found in read:
            if isinstance(found, Skipped):
                skipped.append(found)
            elif found:
                votes.append(found)
            else:
                blank += 1
    if not votes:
        first = f" Line {skipped[0].line}: {skipped[0].reason}" if skipped else ""
        raise BadInput(
            f"The table holds no vote.{first}", "Fill in `better` and `suits`: 1, 2 or tie."
        )
    for reply in (reply for vote in votes for reply in vote):
        keep_reply(directory, reply)
    voters = dict.fromkeys(vote[0].judge.removeprefix(PEOPLE) for vote in votes)
    return BallotsLoaded(len(votes), blank, tuple(voters), tuple(skipped))


def _ballot(seat: Seat, code: str, turned: bool) -> Ballot:
    one, other = seat.contest.one.id, seat.contest.other.id
    return Ballot(code, seat.about, other if turned else one, one if turned else other)


def _table(seats: Sequence[Seat], ballots: Sequence[Ballot]) -> str:
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    for seat, ballot in zip(seats, ballots, strict=True):
        texts = {seat.contest.one.id: seat.one, seat.contest.other.id: seat.other}
        answers = (texts[ballot.one], texts[ballot.other])
        writer.writerow((ballot.code, seat.case.prompt, seat.persona, *answers, "", "", ""))
    return page.getvalue()


def _read(directory: Path) -> dict[str, Ballot]:
    file = directory / BALLOTS
    rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return {row["code"]: Ballot(**row) for row in rows}


def _replies(
    record: Record,
    known: Mapping[str, Ballot],
    prints: Mapping[tuple[str, str, str, Aspect], str],
    usual: str,
) -> list[Reply]:
    """What a row says, as a judge's replies; nothing where it is not filled in.

    Raises:
        BadRow: it cannot be taken.
    """
    row = Record(record.line, {name.lower(): value for name, value in record.fields.items()})
    said = {aspect: label_of(row, column).lower() for aspect, column in ASKED.items()}
    if not any(said.values()):
        return []
    code = label_of(row, "code").upper()
    if code not in known:
        raise BadRow(f"There is no ballot {shown(code)} in this evaluation.")
    ballot = known[code]
    try:
        name = PEOPLE + voter_name(label_of(row, "voter") or usual)
    except BadInput as bad:
        raise BadRow(f"{bad.message} The column `voter` or --voter does it.") from bad
    found: list[Reply] = []
    for aspect in PAIRWISE:
        if said[aspect]:
            if said[aspect] not in WORDS:
                raise BadRow(f"{shown(said[aspect])} is no vote: write 1, 2 or tie.")
            found += _as_replies(name, ballot, aspect, WORDS[said[aspect]], prints)
    return found


def _as_replies(
    judge: str,
    ballot: Ballot,
    aspect: Aspect,
    choice: Choice,
    prints: Mapping[tuple[str, str, str, Aspect], str],
) -> Iterator[Reply]:
    """One vote in both orders.

    Raises:
        BadRow: the answers were written anew since.
    """
    forth = 2 if choice == "right" else 1
    back = {"left": 2, "right": 1}.get(choice, forth)
    orders = ((ballot.one, ballot.other, forth), (ballot.other, ballot.one, back))
    for one, other, answer in orders:
        asked = prints.get((ballot.about, one, other, aspect))
        if asked is None:
            raise BadRow("The answers of this ballot were written anew since.")
        said = Said(answer, None, "")
        yield Reply(judge, ballot.about, one, other, aspect, asked, said, 0, 0)
