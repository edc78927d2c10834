"""Blind rounds: texts, ballots and votes. Which side is whose is read here and nowhere told."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import cast

from sqlite_utils import Database

from engine.store.database import Row, packed, put_all, rows
from engine.store.unpack import number, text, texts
from engine.votes.ballot import Choice, Contestant, Round, Seat, Vote, VotedText
from models.errors import BadInput


def add_round(db: Database, new: Round) -> None:
    """Store a round with its texts and ballots; it has no votes yet."""
    row = {
        "id": new.id,
        "reader_id": new.reader_id,
        "seed": new.seed,
        "made_at": new.made_at.isoformat(),
    }
    db.table("vote_round").insert(row)
    db.table("vote_text").insert_all(
        {
            "round_id": new.id,
            "book_id": voted.book_id,
            "contestant": voted.contestant.id,
            "text": voted.text,
            "description_id": voted.description_id,
            **{name: getattr(voted.contestant, name) for name in _MADE_BY},
            "with_card": int(voted.contestant.with_card),
            "position": position,
        }
        for position, voted in enumerate(new.texts)
    )
    db.table("ballot").insert_all(
        {
            "code": seat.code,
            "round_id": new.id,
            "position": position,
            **{name: getattr(seat, name) for name in ("book_id", "title", "author", "genre")},
            "fiction": None if seat.fiction is None else int(seat.fiction),
            "left_side": seat.left,
            "right_side": seat.right,
        }
        for position, seat in enumerate(new.seats)
    )


_MADE_BY = ("model_name", "model_sha256", "base_name", "run_id", "card_of")


def rounds_of(db: Database, reader_id: str) -> list[Round]:
    """The rounds of a reader, the newest first."""
    found = rows(
        db,
        "select vote_round.*, vote_reveal.made_at as revealed_at from vote_round "
        "left join vote_reveal on round_id = id where reader_id = ? "
        "order by vote_round.made_at desc, vote_round.rowid desc",
        reader_id,
    )
    return [_round(db, row) for row in found]


def find_round(db: Database, round_id: str) -> Round:
    """One round, by its id or the unique beginning of it.

    Raises:
        BadInput: none or several begin so.
    """
    found = rows(
        db,
        "select vote_round.*, vote_reveal.made_at as revealed_at from vote_round "
        "left join vote_reveal on round_id = id where substr(id, 1, ?1) = ?2",
        len(round_id),
        round_id,
    )
    if not round_id or len(found) != 1:
        raise BadInput(
            f"{len(found) or 'No'} rounds begin with {round_id!r}.",
            "The Vote screen and `persona-studio vote list READER` list them.",
        )
    return _round(db, found[0])


def codes(db: Database) -> set[str]:
    """The codes of all ballots."""
    return {text(row["code"]) for row in rows(db, "select code from ballot")}


def rounds_with(db: Database, ballot_codes: Iterable[str]) -> dict[str, str]:
    """The ids of the rounds that these ballots are of, by code; codes of none are left out."""
    found = rows(
        db,
        "select code, round_id from ballot where code in (select value from json_each(?))",
        packed(list(ballot_codes)),
    )
    return {text(row["code"]): text(row["round_id"]) for row in found}


def save_votes(db: Database, votes: Sequence[Vote]) -> None:
    """Keep votes, each in the place of the voter's earlier one on the ballot."""
    put_all(
        db,
        "vote",
        (
            {
                "code": vote.code,
                "voter": vote.voter,
                "choice": vote.choice,
                "tags": packed(vote.tags),
                "made_at": vote.made_at.isoformat(),
                "rated_left": vote.rated[0],
                "rated_right": vote.rated[1],
            }
            for vote in votes
        ),
    )


def remove_vote(db: Database, code: str, voter: str) -> None:
    """Take a vote away."""
    db.execute("delete from vote where code = ? and voter = ?", [code, voter])


def reveal(db: Database, round_id: str) -> None:
    """Note that the sides of a round were shown, for good; the first time counts."""
    made_at = datetime.now(UTC).isoformat()
    db.execute("begin immediate")
    db.execute("insert or ignore into vote_reveal values (?, ?)", [round_id, made_at])
    db.execute("commit")


def _round(db: Database, row: Row) -> Round:
    round_id, revealed_at = text(row["id"]), row["revealed_at"]
    seats = rows(db, "select * from ballot where round_id = ? order by position", round_id)
    voted = rows(db, "select * from vote_text where round_id = ? order by position", round_id)
    votes = rows(
        db,
        "select vote.* from vote join ballot using (code) where round_id = ? "
        "order by vote.made_at, vote.rowid",
        round_id,
    )
    return Round(
        id=round_id,
        reader_id=text(row["reader_id"]),
        seed=int(number(row["seed"])),
        made_at=datetime.fromisoformat(text(row["made_at"])),
        revealed_at=datetime.fromisoformat(text(revealed_at)) if revealed_at else None,
        seats=tuple(map(_seat, seats)),
        texts=tuple(map(_text, voted)),
        votes=tuple(map(_vote, votes)),
    )


def _seat(row: Row) -> Seat:
    return Seat(
        code=text(row["code"]),
        book_id=text(row["book_id"]),
        title=text(row["title"]),
        author=text(row["author"]),
        genre=None if row["genre"] is None else text(row["genre"]),
        fiction=None if row["fiction"] is None else bool(row["fiction"]),
        left=text(row["left_side"]),
        right=text(row["right_side"]),
    )


def _text(row: Row) -> VotedText:
    run_id, card_of = (None if row[name] is None else text(row[name]) for name in _MADE_BY[-2:])
    return VotedText(
        book_id=text(row["book_id"]),
        contestant=Contestant(
            id=text(row["contestant"]),
            model_name=text(row["model_name"]),
            model_sha256=text(row["model_sha256"]),
            base_name=text(row["base_name"]),
            run_id=run_id,
            with_card=bool(row["with_card"]),
            card_of=card_of,
        ),
        text=text(row["text"]),
        description_id=(
            None if row["description_id"] is None else int(number(row["description_id"]))
        ),
    )


def _vote(row: Row) -> Vote:
    return Vote(
        code=text(row["code"]),
        voter=text(row["voter"]),
        choice=cast(Choice, row["choice"]),
        tags=texts(row["tags"]),
        made_at=datetime.fromisoformat(text(row["made_at"])),
        rated=(_rating(row["rated_left"]), _rating(row["rated_right"])),
    )


def _rating(value: object) -> int | None:
    return None if value is None else int(number(value))
