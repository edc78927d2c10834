"""What a front end can do with blind rounds: list, vote, take back, reveal, tell the verdict.

Before the reveal nothing here gives a front end the side of anybody.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.store import readers as reader_rows
from engine.store import votes as vote_rows
from engine.store.database import Store, change, opened
from engine.votes.ballot import (
    NOT_RATED,
    BlindBallot,
    Choice,
    Ratings,
    Round,
    Vote,
    blind,
    checked_ratings,
    checked_tags,
    voter_name,
)
from models.errors import BadInput


@dataclass(frozen=True)
class RoundLine:
    """A line of the list of rounds."""

    id: str
    reader: str
    made_at: datetime
    revealed_at: datetime | None
    books: int
    ballots: int
    votes: dict[str, int]
    """By voter."""

    def as_json(self) -> dict[str, object]:
        revealed = self.revealed_at.isoformat() if self.revealed_at else None
        return {**asdict(self), "made_at": self.made_at.isoformat(), "revealed_at": revealed}


@dataclass(frozen=True)
class Said:
    """A vote on its way into the store."""

    code: str
    choice: Choice
    tags: tuple[str, ...] = ()
    rated: Ratings = NOT_RATED
    """Where there is none, an earlier rating stays."""


def rounds(data_dir: Path, reader_id: str) -> list[RoundLine]:
    """The rounds of a reader, the newest first.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        reader_rows.find(db, reader_id)
        return [_line(whole) for whole in vote_rows.rounds_of(db, reader_id)]


def round_of(data_dir: Path, reader_id: str, round_id: str | None = None) -> str:
    """The id of a reader's round, by the beginning of it; of the newest where None.

    Raises:
        BadInput: there is no such round, or it is another reader's.
    """
    with opened(data_dir) as db:
        if round_id is not None:
            whole = vote_rows.find_round(db, round_id)
            if whole.reader_id != reader_id:
                raise BadInput(f"The round {whole.id} is not one of {reader_id!r}.")
            return whole.id
        found = vote_rows.rounds_of(db, reader_id)
    if not found:
        raise BadInput(
            f"There is no blind round of {reader_id!r} yet.",
            "n on the Vote screen, or `persona-studio vote new READER`, makes one.",
        )
    return found[0].id


def ballots(data_dir: Path, round_id: str, voter: str) -> tuple[BlindBallot, ...]:
    """All ballots of a round as a voter may see them, with what this voter said of each.

    Raises:
        BadInput: no such round, or no name.
    """
    with opened(data_dir) as db:
        return blind(vote_rows.find_round(db, round_id), voter_name(voter))


def cast(data_dir: Path, voter: str, said: Said) -> BlindBallot:
    """Cast a vote, in the place of the voter's earlier one on that ballot.

    Raises:
        BadInput: no such ballot or reason, no name, or the round's sides have been shown.
    """
    name = voter_name(voter)
    with opened(data_dir) as db:
        whole = _open_round(_of_ballot(db, said.code))
        before = whole.by(name).get(said.code)
        rated = _rated(before, said.rated)
        vote = Vote(said.code, name, said.choice, checked_tags(said.tags), datetime.now(UTC), rated)
        title = "Change a vote" if before else "Vote on two texts"
        with change(db, title):
            vote_rows.save_votes(db, [vote])
        after = blind(vote_rows.find_round(db, whole.id), name)
    return next(ballot for ballot in after if ballot.code == said.code)


def _rated(before: Vote | None, rated: Ratings) -> Ratings:
    """Ratings are of texts, and stay when a voter takes the other side."""
    old = before.rated if before else NOT_RATED
    left, right = checked_ratings(rated)
    return (old[0] if left is None else left, old[1] if right is None else right)


def rate(data_dir: Path, voter: str, code: str, rated: Ratings) -> None:
    """Rate the texts of a ballot that this voter has voted on, in the place of earlier ratings.

    Raises:
        BadInput: no such ballot, no vote of this voter on it, no such rating, or the round's sides
            have been shown.
    """
    name = voter_name(voter)
    with opened(data_dir) as db:
        vote = _open_round(_of_ballot(db, code)).by(name).get(code)
        if vote is None:
            raise BadInput(f"{name} has not voted on {code} yet.", "Vote first, then rate.")
        with change(db, "Rate two texts"):
            vote_rows.save_votes(db, [replace(vote, rated=checked_ratings(rated))])


def take_back(data_dir: Path, voter: str, code: str) -> None:
    """Take a vote away; the ballot waits for another.

    Raises:
        BadInput: no such ballot, or the round's sides have been shown.
    """
    name = voter_name(voter)
    with opened(data_dir) as db:
        _open_round(_of_ballot(db, code))
        with change(db, "Take a vote back"):
            vote_rows.remove_vote(db, code, name)


def reveal(data_dir: Path, round_id: str, early: bool = False) -> Round:
    """Show who wrote what, for good: no vote can be cast afterwards.

    Args:
        early: although somebody has begun and not voted on every ballot, or nobody has voted.

    Raises:
        BadInput: no such round, or votes are missing.
    """
    with opened(data_dir) as db:
        whole = vote_rows.find_round(db, round_id)
        if whole.revealed_at is None:
            if not early:
                _refuse_unfinished(whole)
            vote_rows.reveal(db, whole.id)
        return vote_rows.find_round(db, whole.id)


def revealed(data_dir: Path, round_id: str) -> Round:
    """A round whose sides have been shown, with all there is to know of it.

    Raises:
        BadInput: no such round, or its sides have not been shown.
    """
    with opened(data_dir) as db:
        whole = vote_rows.find_round(db, round_id)
    if whole.revealed_at is None:
        raise BadInput(
            f"The sides of the round {whole.id} have not been shown yet.",
            "Vote first; x on the Vote screen, or `persona-studio vote reveal READER`, shows them.",
        )
    return whole


def _of_ballot(db: Store, code: str) -> Round:
    found = vote_rows.rounds_with(db, [code])
    if code not in found:
        raise BadInput(
            f"There is no ballot {code!r}.",
            "A ballot's code stands above its texts: six letters and digits.",
        )
    return vote_rows.find_round(db, found[code])


def _open_round(whole: Round) -> Round:
    if whole.revealed_at is not None:
        raise BadInput(
            f"The sides of the round {whole.id} have been shown: a vote would not be blind.",
            "Make another round.",
        )
    return whole


def _refuse_unfinished(whole: Round) -> None:
    told = [
        f"{name} {done} of {len(whole.seats)}"
        for name, done in _line(whole).votes.items()
        if done < len(whole.seats)
    ]
    if told or not whole.votes:
        raise BadInput(
            f"Votes are missing: {', '.join(told) or 'nobody has voted'}.",
            "Vote to the end, or show the sides early: `vote reveal --early`. Nobody can vote on "
            "this round afterwards.",
        )


def _line(whole: Round) -> RoundLine:
    voters: Sequence[str] = tuple(dict.fromkeys(vote.voter for vote in whole.votes))
    return RoundLine(
        whole.id,
        whole.reader_id,
        whole.made_at,
        whole.revealed_at,
        len(whole.books),
        len(whole.seats),
        {name: len(whole.by(name)) for name in voters},
    )
