"""How far the meter agrees with people: of the votes that prefer one text, how often it ranks that
text closer to the reader's profile.

What texts draw on is measured once and kept by their hashes, in the cache; no text is in it. The
profile is the one that the reader has now. Nothing here is fed back: the meter stays as it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from engine import shelf
from engine.domain import Profile
from engine.meter import closeness, strengths, usual_of_descriptions
from engine.nearness import Nearness
from engine.profile.sentences import sentences
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import votes as vote_rows
from engine.store.database import opened
from engine.votes.counting import Counted, WinRate, win_rate
from models.aside import written_aside
from models.errors import BadInput

LEAST_VOTES = 20
"""Decided votes below which nothing is said: of 20, an interval is some 40 points wide."""


@dataclass(frozen=True)
class MeterAgreement:
    """The meter beside the votes of all readers."""

    rate: WinRate
    """`won` where it ranked the preferred text closer."""
    undecided: int
    """Decided votes on which it ranked neither text closer."""
    not_measured: int
    """Decided votes whose texts it has not read yet, or whose book or profile is gone."""
    least: int = LEAST_VOTES
    """Votes from which on a share is told."""

    @property
    def votes(self) -> int:
        """That it took a side on."""
        return self.rate.wins + self.rate.losses

    @property
    def is_known(self) -> bool:
        return self.votes >= self.least

    def told(self) -> str:
        """In a sentence."""
        if not self.is_known:
            return (
                "How far it agrees with people's votes is not known: there are "
                f"{self.votes} decided votes to tell by, and {self.least} are the fewest."
            )
        silent = f"; on {self.undecided} more it ranked neither" if self.undecided else ""
        return (
            f"Of {self.votes} votes that prefer one text it ranked that one closer to the reader "
            f"in {self.rate.share or 0:.0%} ({self.rate.low:.0%} to {self.rate.high:.0%}){silent}."
        )


@dataclass(frozen=True)
class _Decided:
    """A vote that prefers one text."""

    ballot: str
    reader_id: str
    preferred: tuple[str, str]
    """The text and the facts of its book."""
    other: tuple[str, str]


def agreement(data_dir: Path) -> MeterAgreement:
    """The meter beside all votes of rounds whose sides were shown, as far as it has read them."""
    kept, profiles = _kept(data_dir), _profiles(data_dir)
    counted: list[Counted] = []
    undecided = not_measured = 0
    for one in _decided(data_dir):
        profile = profiles.get(one.reader_id)
        texts = [kept.get(_key(*text)) for text in (one.preferred, one.other)]
        if profile is None or any(text is None for text in texts):
            not_measured += 1
            continue
        preferred, other = (closeness(profile, text) for text in texts if text is not None)
        if preferred == other:
            undecided += 1
        else:
            counted.append(Counted(one.ballot, "won" if preferred > other else "lost"))
    return MeterAgreement(win_rate(counted), undecided, not_measured)


def unread(data_dir: Path) -> list[tuple[str, str]]:
    """Texts that were voted on and not measured yet, each with the facts of its book."""
    kept = _kept(data_dir)
    texts = dict.fromkeys(text for one in _decided(data_dir) for text in (one.preferred, one.other))
    return [text for text in texts if _key(*text) not in kept]


async def read_all(data_dir: Path, encoder: Nearness, texts: Sequence[tuple[str, str]]) -> None:
    """Measure texts, and keep what they draw on.

    Args:
        texts: as of `unread`.

    Raises:
        UserError: the encoder cannot be asked.
    """
    new: dict[str, dict[str, float]] = {}
    for text, facts in texts:
        of_text, of_facts = [
            await encoder.values([span.quote for span in sentences(words)])
            for words in (text, facts)
        ]
        found = strengths(of_text, of_facts, usual_of_descriptions()) if of_text else ()
        new[_key(text, facts)] = {one.value: round(one.strength, 4) for one in found}
    if new:
        with written_aside(_file(data_dir)) as aside:
            aside.write_text(json.dumps({"of": _print(), "texts": {**_kept(data_dir), **new}}))


def _decided(data_dir: Path) -> Iterator[_Decided]:
    with opened(data_dir) as db:
        rounds = [
            whole
            for reader in reader_rows.summaries(db)
            for whole in vote_rows.rounds_of(db, reader.id)
            if whole.revealed_at
        ]
    facts = {book_id: _facts(data_dir, book_id) for whole in rounds for book_id in whole.books}
    for whole in rounds:
        seats = {seat.code: seat for seat in whole.seats}
        for vote in whole.votes:
            seat = seats[vote.code]
            if winner := seat.winner(vote.choice):
                loser = seat.right if winner == seat.left else seat.left
                of_book = facts[seat.book_id]
                yield _Decided(
                    seat.code,
                    whole.reader_id,
                    (whole.text(seat.book_id, winner), of_book),
                    (whole.text(seat.book_id, loser), of_book),
                )


def _facts(data_dir: Path, book_id: str) -> str:
    try:
        return shelf.find_book(data_dir, book_id).description
    except BadInput:
        return ""


def _profiles(data_dir: Path) -> dict[str, Profile]:
    with opened(data_dir) as db:
        return {
            reader.id: profile_rows.built(db, reader.id)
            for reader in reader_rows.summaries(db)
            if reader.profile_built
        }


def _kept(data_dir: Path) -> Mapping[str, Mapping[str, float]]:
    """What was measured with the meter as it is; nothing of an older one counts."""
    try:
        kept = json.loads(_file(data_dir).read_text())
        return dict(kept["texts"]) if kept["of"] == _print() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _file(data_dir: Path) -> Path:
    return data_dir / "cache" / "meter.json"


@cache
def _print() -> str:
    return sha256(repr(usual_of_descriptions()).encode()).hexdigest()[:16]


def _key(text: str, facts: str) -> str:
    return sha256(f"{text}\0{facts}".encode(errors="replace")).hexdigest()[:24]
