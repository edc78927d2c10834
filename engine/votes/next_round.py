"""What people preferred becomes training pairs of the next round, each with where it came from.

Votes of rounds whose sides were shown, and descriptions that the editor mended and accepted. Never
a pair of what is held out, nor of a book of it: not of the bank's books for previews, which nobody
trains on, not of an author who is held out, not of a book that a held-out pair of the reader is
about. A judge's word makes no pair.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import shelf
from engine.bank import books as bank_books
from engine.domain import Book, Description, PreferencePair, are_same
from engine.judge.judgement import majorities
from engine.pairs.split import shelves
from engine.prompts import description_request
from engine.sources.rows import digest
from engine.store import descriptions as description_rows
from engine.store import pairs as pair_rows
from engine.store import readers as reader_rows
from engine.store import votes as vote_rows
from engine.store.database import change, opened
from engine.votes.ballot import Round

BY_VOTES = "votes"
BY_EDIT = "edit"
"""What a pair's `made` says of where its texts came from."""


@dataclass(frozen=True)
class NoPair:
    """A vote or an edit that made no pair."""

    origin: str
    """`vote.CODE` or `edit.ID`, as a pair's origin."""
    title: str
    """Of the book."""
    reason: str


@dataclass(frozen=True)
class NextRound:
    """What votes and edits came to."""

    reader: str
    added: int
    by_votes: int
    """Of those added."""
    by_edits: int
    there: int
    """Pairs of the same votes and edits that were there before; they stay as they are."""
    none: tuple[NoPair, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class _Preference:
    """One text preferred to another, and by what it is known."""

    origin: str
    made: str
    book_id: str
    title: str
    chosen: str
    rejected: str
    near: tuple[str, ...] = ()
    """What the model was told that the reader would say."""
    trouble: str = ""
    """Why it decides nothing; empty where it does."""


@dataclass(frozen=True)
class HeldOut:
    """What no training pair may be made of."""

    topics: frozenset[str]
    prompts: frozenset[str]
    answers: frozenset[str]
    books: frozenset[str]
    """Ids of the bank's books that are held out or kept for previews."""
    authors: frozenset[str]

    def why(self, book: Book, prompt: str, texts: tuple[str, str]) -> str:
        """Why a pair on a book would train on what is held out; empty where it would not."""
        if book.id in self.books:
            return "The book is held out, or kept for previews: nobody trains on it."
        if book.author.casefold() in self.authors:
            return "Its author is held out."
        if f"book.{book.id}" in self.topics or prompt in self.prompts:
            return "A held-out pair of this reader is about the book."
        if self.answers & {*texts}:
            return "One of its texts is an answer of a held-out pair."
        return ""


def pairs_of_votes(data_dir: Path, reader_id: str) -> NextRound:
    """Make pairs of all votes and accepted edits of a reader that are none yet, in one change.

    Raises:
        BadInput: there is no such reader.
    """
    books = {book.id: book for book in shelf.books(data_dir)}
    with opened(data_dir) as db:
        reader_rows.find(db, reader_id)
        own = pair_rows.of_reader(db, reader_id)
        rounds = [one for one in vote_rows.rounds_of(db, reader_id) if one.revealed_at]
        written = description_rows.descriptions_of(db, reader_id)
        held = _held_out(own)
        there = {pair.id for pair in own}
        new: dict[str, PreferencePair] = {}
        none: list[NoPair] = []
        known: set[str] = set()
        for one in (*_voted(rounds, {one.id: one for one in written}), *_edited(written, books)):
            book = books.get(one.book_id)
            reason = one.trouble or ("" if book else "The book is not on the shelf any more.")
            prompt = description_request(book) if book else ""
            if book and not reason:
                reason = held.why(book, prompt, (one.chosen, one.rejected))
            if reason:
                none.append(NoPair(one.origin, one.title, reason))
                continue
            pair = _pair(reader_id, one, prompt)
            if pair.id in there:
                known.add(pair.id)
            else:
                new[pair.id] = pair
        if new:
            with change(db, "Make pairs of votes and edits"):
                pair_rows.save(db, reader_id, list(new.values()))
    made = [pair.made for pair in new.values()]
    return NextRound(
        reader_id, len(made), made.count(BY_VOTES), made.count(BY_EDIT), len(known), tuple(none)
    )


def _held_out(pairs: list[PreferencePair]) -> HeldOut:
    held = [pair for pair in pairs if pair.held_out]
    _, shelf_held = shelves()
    kept = [book.id for book in bank_books() if book.use == "preview"]
    return HeldOut(
        frozenset(pair.topic for pair in held),
        frozenset(pair.prompt for pair in held),
        frozenset(text for pair in held for text in (pair.chosen, pair.rejected)),
        frozenset([*kept, *(book.id for book in shelf_held)]),
        frozenset(book.author.casefold() for book in shelf_held),
    )


def _voted(rounds: list[Round], written: Mapping[int, Description]) -> Iterator[_Preference]:
    for whole in rounds:
        said = majorities(whole.votes)
        for seat in whole.seats:
            if seat.code not in said:
                continue
            winner = seat.winner(said[seat.code])
            loser = seat.right if winner == seat.left else seat.left
            chosen = whole.voted(seat.book_id, winner or seat.left)
            rejected = whole.voted(seat.book_id, loser)
            both = (written.get(one.description_id or 0) for one in (chosen, rejected))
            yield _Preference(
                f"vote.{seat.code}",
                BY_VOTES,
                seat.book_id,
                seat.title,
                chosen.text,
                rejected.text,
                _told(*both),
                "" if winner else "Most votes prefer neither text.",
            )


def _edited(written: list[Description], books: dict[str, Book]) -> Iterator[_Preference]:
    for one in written:
        if one.edited_text is None or one.accepted_at is None:
            continue
        book = books.get(one.book_id)
        is_same = are_same(one.edited_text, one.text)
        yield _Preference(
            f"edit.{one.id}",
            BY_EDIT,
            one.book_id,
            book.title if book else one.book_id,
            one.edited_text.strip(),
            one.text.strip(),
            _told(one),
            "The edit changed nothing." if is_same else "",
        )


def _told(*written: Description | None) -> tuple[str, ...]:
    """What the first of these was told that this reader would say; another reader's card tells
    what another would."""
    own = (one.near for one in written if one and one.card_of is None and one.near)
    return next(own, ())


def _pair(reader_id: str, one: _Preference, prompt: str) -> PreferencePair:
    return PreferencePair(
        id=digest(reader_id, one.origin),
        reader_id=reader_id,
        track="descriptions",
        trait_id="",
        topic=f"book.{one.book_id}",
        prompt=prompt,
        chosen=one.chosen,
        rejected=one.rejected,
        origin=one.origin,
        made=one.made,
        near=one.near,
    )
