"""Votes from a table that people filled in beside a printed or shared sheet.

Columns: `code`, `vote`, and where wanted `why` (reasons, parted by spaces or semicolons), `voter`,
`rated_left` and `rated_right` (1 to 5). Rows without a vote are ballots that nobody has filled in,
and no error.
"""

import csv
import io
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Skipped
from engine.sources.opening import at_hand
from engine.sources.opening import opened as opened_file
from engine.sources.records import BadRow, Record, label_of, shown
from engine.sources.table import header_of, table_records
from engine.store import votes as vote_rows
from engine.store.database import Store, change, opened
from engine.votes.ballot import (
    LEAST_RATING,
    MOST_RATING,
    NOT_RATED,
    TAGS,
    Choice,
    Round,
    Vote,
    voter_name,
)
from models.errors import BadInput

COLUMNS = ("code", "vote", "why", "voter", "rated_left", "rated_right")
WORDS: Mapping[str, Choice] = {
    **dict.fromkeys(("left", "l", "1"), "left"),
    **dict.fromkeys(("right", "r", "2"), "right"),
    **dict.fromkeys(("tie", "t", "=", "same"), "tie"),
    **dict.fromkeys(("both bad", "both_bad", "both-bad", "bad", "b"), "both_bad"),
}
"""What may stand in the column `vote`, in any case."""


@dataclass(frozen=True)
class VotesLoaded:
    """What a table of votes held."""

    votes: int
    """Taken; those that stood so already too."""
    added: int
    changed: int
    blank: int
    """Rows without a vote."""
    rounds: tuple[str, ...]
    voters: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def form_of(codes: tuple[str, ...]) -> str:
    """The table to be filled in, with a row for each ballot."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([code, *[""] * (len(COLUMNS) - 1)] for code in codes)
    return page.getvalue()


def load_votes(data_dir: Path, path: Path | None, voter: str = "") -> VotesLoaded:
    """Store the votes of a table; a voter's earlier vote on a ballot is changed.

    Rows that are no vote are left out and listed; the others are taken, in one change.

    Args:
        path: None or `-`: standard input.
        voter: of the rows that name none.

    Raises:
        BadInput: the file cannot be read, is no such table, or holds no vote.
    """
    usual = voter_name(voter) if voter else ""
    with opened(data_dir) as db:
        votes, skipped, blank = _read(db, path, usual)
        if not votes:
            raise _nothing(skipped, blank)
        rounds = vote_rows.rounds_with(db, [vote.code for vote in votes])
        before = {
            (vote.code, vote.voter): vote
            for round_id in set(rounds.values())
            for vote in vote_rows.find_round(db, round_id).votes
        }
        new = [vote for vote in votes if (vote.code, vote.voter) not in before]
        known = (vote for vote in votes if (vote.code, vote.voter) in before)
        other = list(_changed(known, before))
        with change(db, "Load votes"):
            vote_rows.save_votes(db, [*new, *other])
    return VotesLoaded(
        len(votes),
        len(new),
        len(other),
        blank,
        tuple(dict.fromkeys(rounds.values())),
        tuple(dict.fromkeys(vote.voter for vote in votes)),
        tuple(sorted(skipped, key=lambda row: row.line)),
    )


def _changed(votes: Iterable[Vote], before: Mapping[tuple[str, str], Vote]) -> Iterator[Vote]:
    """Those that say something else than before; ratings stay where none are given."""
    for vote in votes:
        old = before[vote.code, vote.voter]
        left, right = vote.rated
        rated = (left or old.rated[0], right or old.rated[1])
        if (vote.choice, vote.tags, rated) != (old.choice, old.tags, old.rated):
            yield replace(vote, rated=rated)


def _read(db: Store, path: Path | None, usual: str) -> tuple[list[Vote], list[Skipped], int]:
    known = _Known(db, usual)
    votes: list[Vote] = []
    skipped: list[Skipped] = []
    blank = 0
    lines: dict[tuple[str, str], int] = {}
    with at_hand(path) as file, opened_file(file) as source:
        _refuse_other_tables(header_of(source.head), file.name)
        for record in table_records(source):
            if isinstance(record, Skipped):
                skipped.append(record)
                continue
            try:
                vote = known.vote(record)
                if vote is None:
                    blank += 1
                    continue
                first = lines.setdefault((vote.code, vote.voter), record.line)
                if first != record.line:
                    raise BadRow(f"{vote.voter} votes on {vote.code} in line {first} already.")
            except BadRow as bad:
                skipped.append(Skipped(record.line, str(bad)))
                continue
            votes.append(vote)
    return votes, skipped, blank


class _Known:
    """What the rows of a table are held against."""

    def __init__(self, db: Store, usual: str) -> None:
        self._db = db
        self._usual = usual
        self._rounds: dict[str, Round] = {}
        self._now = datetime.now(UTC)

    def vote(self, record: Record) -> Vote | None:
        """The vote of a row; None where the ballot is not filled in.

        Raises:
            BadRow: it is none that can be taken.
        """
        fields = {name.lower(): value for name, value in record.fields.items()}
        row = Record(record.line, fields)
        said = label_of(row, "vote").lower()
        rated = (_rating(row, COLUMNS[4]), _rating(row, COLUMNS[5]))
        if not said and rated != NOT_RATED:
            raise BadRow("The row rates and does not vote: write left, right, tie or both bad too.")
        if not said:
            return None
        code = label_of(row, "code").upper()
        if not code:
            raise BadRow("The row names no ballot.")
        if said not in WORDS:
            raise BadRow(f"{shown(said)} is no vote: write left, right, tie or both bad.")
        self._refuse_shown(code)
        tags = _tags(label_of(row, "why"))
        return Vote(code, self._voter(row), WORDS[said], tags, self._now, rated)

    def _refuse_shown(self, code: str) -> None:
        found = vote_rows.rounds_with(self._db, [code])
        if code not in found:
            raise BadRow(f"There is no ballot {shown(code)}.")
        round_id = found[code]
        if round_id not in self._rounds:
            self._rounds[round_id] = vote_rows.find_round(self._db, round_id)
        if self._rounds[round_id].revealed_at is not None:
            raise BadRow(f"The sides of {code}'s round have been shown: it takes no more votes.")

    def _voter(self, row: Record) -> str:
        given = label_of(row, "voter") or self._usual
        if not given:
            raise BadRow("The row does not say who votes; the column `voter` or --voter does.")
        try:
            return voter_name(given)
        except BadInput as bad:
            raise BadRow(bad.message) from bad


def _rating(row: Record, column: str) -> int | None:
    given = label_of(row, column)
    if not given:
        return None
    if given not in map(str, range(LEAST_RATING, MOST_RATING + 1)):
        raise BadRow(f"{shown(given)} is no rating: write {LEAST_RATING} to {MOST_RATING}.")
    return int(given)


def _tags(written: str) -> tuple[str, ...]:
    tags = tuple(tag.lower() for tag in re.split(r"[\s;,|]+", written) if tag)
    if unknown := _not_in(tags, TAGS):
        raise BadRow(f"{shown(unknown)} is no reason that is counted: {', '.join(TAGS)}.")
    return tuple(dict.fromkeys(tags))


def _not_in(tags: tuple[str, ...], known: Container[str]) -> str:
    return next((tag for tag in tags if tag not in known), "")


def _refuse_other_tables(header: list[str], name: str) -> None:
    there = {column.lower() for column in header}
    if missing := [column for column in COLUMNS[:2] if column not in there]:
        raise BadInput(
            f"{name} has no column {missing[0]!r}.",
            f"The table of a sheet has the columns {', '.join(COLUMNS)}: `persona-studio vote "
            "sheet READER FILE.csv` makes one.",
        )


def _nothing(skipped: list[Skipped], blank: int) -> BadInput:
    if skipped:
        first = min(skipped, key=lambda row: row.line)
        return BadInput(
            f"No vote could be taken. Line {first.line}: {first.reason}",
            "Check that it is the table of this round's sheet.",
        )
    return BadInput(
        f"No vote is filled in: {blank} rows without one." if blank else "The table has no rows.",
        "Write left, right, tie or both bad into the column `vote`.",
    )
