"""Preference pairs of readers. Building again keeps what the editor changed."""

from collections.abc import Iterator, Sequence
from typing import cast

from sqlite_utils import Database

from engine.domain import TRACKS, PreferencePair, Track
from engine.pairs.choice import PairChoice
from engine.store.database import Row, packed, put, put_all, rows
from engine.store.unpack import number, text, texts
from models.errors import BadInput

_ONE_OF = "id in (select value from json_each(?))"
_AT_ONCE = 500
"""Pairs read by their ids in one go."""


def replace_built(db: Database, reader_id: str, pairs: Sequence[PreferencePair]) -> int:
    """Put newly built pairs in the place of the old; those the editor touched stay as they are.

    Touched is what was edited, dropped, accepted or flagged; imported pairs stay too.

    Returns:
        How many were put there.
    """
    made_elsewhere = "made <> 'bank' and made not like 'bank: %'"
    touched = f"edited or dropped or accepted or flagged or ({made_elsewhere})"
    found = rows(db, f"select id from pair where reader_id = ? and ({touched})", reader_id)
    kept = {text(row["id"]) for row in found}
    db.execute(f"delete from pair where reader_id = ? and not ({touched})", [reader_id])
    made = [(position, pair) for position, pair in enumerate(pairs) if pair.id not in kept]
    put_all(db, "pair", ({**_row(pair), "position": position} for position, pair in made))
    return len(made)


def save_choice(db: Database, reader_id: str, choice: PairChoice) -> None:
    """Remember what the pairs of a reader were built of."""
    row = {"tracks": packed(sorted(choice.tracks)), "answers": choice.answers}
    put(db, "pair_choice", {"reader_id": reader_id, **row})


def choice_of(db: Database, reader_id: str) -> PairChoice:
    """What the pairs of a reader were built of last; the usual where none were."""
    found = rows(db, "select * from pair_choice where reader_id = ?", reader_id)
    if not found:
        return PairChoice()
    built = set(texts(found[0]["tracks"]))
    tracks = frozenset(track for track in TRACKS if track in built)
    return PairChoice(tracks, int(number(found[0]["answers"])))


def save(db: Database, reader_id: str, pairs: Sequence[PreferencePair]) -> None:
    """Put pairs in the place of those with the same id; new ones go behind the last."""
    ids = packed([pair.id for pair in pairs])
    found = rows(db, f"select id, position from pair where {_ONE_OF}", ids)
    places = {text(row["id"]): int(number(row["position"])) for row in found}
    (last,) = rows(db, "select max(position) as at from pair where reader_id = ?", reader_id)
    behind = 0 if last["at"] is None else int(number(last["at"])) + 1
    put_all(
        db,
        "pair",
        (
            {**_row(pair), "position": places.get(pair.id, behind + offset)}
            for offset, pair in enumerate(pairs)
        ),
    )


def of_reader(db: Database, reader_id: str) -> list[PreferencePair]:
    """All pairs of a reader, dropped ones included, in the order they were built."""
    return list(each(db, reader_id))


def each(db: Database, reader_id: str) -> Iterator[PreferencePair]:
    """`of_reader`, one pair at a time."""
    found = db.execute("select * from pair where reader_id = ? order by position, id", [reader_id])
    return (_pair(dict(row)) for row in found)


def each_of(db: Database, ids: Sequence[str]) -> Iterator[PreferencePair]:
    """The pairs of these ids in the order of the ids, one at a time; those that are gone are not
    among them."""
    for begin in range(0, len(ids), _AT_ONCE):
        stretch = ids[begin : begin + _AT_ONCE]
        found = with_ids(db, stretch)
        yield from (found[pair_id] for pair_id in stretch if pair_id in found)


def with_ids(db: Database, ids: Sequence[str]) -> dict[str, PreferencePair]:
    """Those pairs of these ids that are here, whichever reader's, by id."""
    found = rows(db, f"select * from pair where {_ONE_OF}", packed(ids))
    return {text(row["id"]): _pair(row) for row in found}


def find(db: Database, pair_id: str) -> PreferencePair:
    """One pair.

    Raises:
        BadInput: there is none of this id.
    """
    found = rows(db, "select * from pair where id = ?", pair_id)
    if not found:
        raise BadInput(
            f"No pair {pair_id!r} here.",
            "The Pairs screen and `persona-studio pairs list READER` list them.",
        )
    return _pair(found[0])


def held_out_answers(db: Database, reader_id: str) -> set[str]:
    """The answers of a reader's held-out pairs, on both sides."""
    held = rows(db, "select chosen, rejected from pair where reader_id = ? and held_out", reader_id)
    return {text(row[side]) for row in held for side in ("chosen", "rejected")}


def topics_voted_or_mended(db: Database, reader_id: str) -> set[str]:
    """The topics of a reader's pairs in use that came of votes or of an editor's mended texts."""
    found = rows(
        db,
        "select distinct topic from pair where reader_id = ? and not dropped "
        "and (origin like 'vote.%' or origin like 'edit.%')",
        reader_id,
    )
    return {text(row["topic"]) for row in found}


def update(db: Database, pair: PreferencePair) -> None:
    """Write one changed pair back, in its place."""
    find(db, pair.id)
    row = _row(pair)
    db.table("pair").update(pair.id, {name: value for name, value in row.items() if name != "id"})


def _row(pair: PreferencePair) -> dict[str, object]:
    return {
        "id": pair.id,
        "reader_id": pair.reader_id,
        "track": pair.track,
        "trait_id": pair.trait_id,
        "topic": pair.topic,
        "prompt": pair.prompt,
        "chosen": pair.chosen,
        "rejected": pair.rejected,
        "origin": pair.origin,
        "held_out": int(pair.held_out),
        "dropped": int(pair.dropped),
        "edited": int(pair.edited),
        "accepted": int(pair.accepted),
        "flagged": int(pair.flagged),
        "stance": pair.stance,
        "evidence": packed(pair.evidence),
        "made": pair.made,
        "near": packed(pair.near),
    }


def _pair(row: Row) -> PreferencePair:
    return PreferencePair(
        id=text(row["id"]),
        reader_id=text(row["reader_id"]),
        track=cast(Track, row["track"]),
        trait_id=text(row["trait_id"]),
        topic=text(row["topic"]),
        prompt=text(row["prompt"]),
        chosen=text(row["chosen"]),
        rejected=text(row["rejected"]),
        origin=text(row["origin"]),
        held_out=bool(row["held_out"]),
        dropped=bool(row["dropped"]),
        edited=bool(row["edited"]),
        accepted=bool(row["accepted"]),
        flagged=bool(row["flagged"]),
        stance=number(row["stance"]),
        evidence=texts(row["evidence"]),
        made=text(row["made"]),
        near=texts(row["near"]),
    )
