"""New rounds: which descriptions can be voted on, and the ballots made of them."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine import shelf
from engine.bank import books as bank_books
from engine.domain import Book, Description, are_same
from engine.frameworks import genres
from engine.profile.interests import genres_of
from engine.store import descriptions as description_rows
from engine.store import pairs as pair_rows
from engine.store import readers as reader_rows
from engine.store import votes as vote_rows
from engine.store.database import Store, change, opened
from engine.tuned_models import tuned_models
from engine.votes.ballot import ORIGINAL, Contestant, Round, Seat, VotedText
from engine.votes.drawing import a_seed, codes, drawn
from models.errors import BadInput

NON_FICTION = frozenset(
    {
        "memoir_and_biography",
        "history",
        "popular_science",
        "nature_and_environment",
        "travel",
        "food_and_cooking",
        "business_and_economics",
        "psychology_and_self_help",
        "philosophy",
        "religion_and_spirituality",
        "politics_and_society",
        "art_and_music",
        "sports_and_adventure",
    }
)
"""Of the genres that an imported book can have; a book of the bank says for itself."""


@dataclass(frozen=True)
class Offered:
    """A contestant that a round can be made of."""

    contestant: Contestant
    books: tuple[str, ...]
    """Ids of the books that it has a text of."""


@dataclass(frozen=True)
class LeftOut:
    """A book that was asked for, or might have been, and is not in the round."""

    book_id: str
    reason: str


@dataclass(frozen=True)
class RoundMade:
    """A new round, as whoever votes may see it."""

    id: str
    reader: str
    books: tuple[str, ...]
    ballots: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Desk:
    """What rounds of one reader can be made of."""

    books: dict[str, Book]
    texts: dict[str, dict[str, VotedText]]
    """By contestant and book, the contestants in the order in which newcomers want them."""
    trained_on: frozenset[str]
    """Topics (`book.ID`) of the books whose voted or edited texts became training pairs."""


def offered(data_dir: Path, reader_id: str) -> list[Offered]:
    """The contestants that have texts for a reader: those that previews wrote, and the original.

    Of a pane whose model changed only the newest model's texts count.

    Raises:
        BadInput: there is no such reader.
    """
    desk = _desk(data_dir, reader_id)
    return [
        Offered(next(iter(of.values())).contestant, tuple(of)) for of in desk.texts.values() if of
    ]


def make_round(
    data_dir: Path,
    reader_id: str,
    contestants: Sequence[str],
    book_ids: Sequence[str] = (),
    seed: int | None = None,
) -> RoundMade:
    """Make a round of all books of which every contestant has a text; copies of the texts are kept.

    Args:
        contestants: ids of panes, and `original`.
        book_ids: only these; all there are where empty.
        seed: draws the sides; a new one where None.

    Raises:
        BadInput: no such reader or contestant, fewer than two of them, or no book left.
    """
    wanted = tuple(dict.fromkeys(contestants))
    desk = _desk(data_dir, reader_id)
    _check(desk, wanted)
    left_out: list[LeftOut] = []
    chosen: list[str] = []
    for book_id in book_ids or _any_of(desk, wanted):
        reason = _against(desk, wanted, book_id)
        if reason:
            left_out.append(LeftOut(book_id, reason))
        elif book_id not in chosen:
            chosen.append(book_id)
    if not chosen:
        raise _nothing(left_out)
    with opened(data_dir) as db, change(db, "Make a blind round"):
        new = _round(db, reader_id, desk, wanted, chosen, a_seed() if seed is None else seed)
        vote_rows.add_round(db, new)
    return RoundMade(new.id, reader_id, new.books, len(new.seats), tuple(left_out))


def _desk(data_dir: Path, reader_id: str) -> _Desk:
    books = {book.id: book for book in shelf.books(data_dir)}
    with opened(data_dir) as db:
        reader_rows.find(db, reader_id)
        written = description_rows.descriptions_of(db, reader_id)
        trained_on = pair_rows.topics_voted_or_mended(db, reader_id)
    bases = {model.run_id: model.base_gguf.name for model in tuned_models(data_dir)}
    newest: dict[str, str] = {}
    texts: dict[str, dict[str, VotedText]] = {}
    for one in written:
        # Stopped by hand is not what the model would have written.
        if one.pane_id == ORIGINAL or one.stopped == "asked" or not one.text.strip():
            continue
        if newest.setdefault(one.pane_id, one.model_sha256) == one.model_sha256:
            own = texts.setdefault(one.pane_id, {})
            own.setdefault(one.book_id, _voted(one, bases.get(one.run_id or "", "")))
    described = {book_id for of in texts.values() for book_id in of}
    texts[ORIGINAL] = {
        book.id: VotedText(book.id, Contestant(ORIGINAL), book.description)
        for book in books.values()
        if book.id in described
    }
    return _Desk(books, texts, frozenset(trained_on))


def _voted(one: Description, base_name: str) -> VotedText:
    contestant = Contestant(
        one.pane_id,
        one.model_name,
        one.model_sha256,
        base_name,
        one.run_id,
        one.with_card,
        one.card_of,
    )
    return VotedText(one.book_id, contestant, one.text.strip(), one.id)


def _check(desk: _Desk, wanted: Sequence[str]) -> None:
    there = ", ".join(name for name, of in desk.texts.items() if of) or "none yet"
    hint = f"There are texts by: {there}. g on the Preview screen, or `preview`, writes more."
    if len(wanted) < 2:
        raise BadInput("A round takes two contestants or more.", hint)
    for name in wanted:
        if not desk.texts.get(name):
            raise BadInput(f"There is no text by {name!r} for this reader.", hint)


def _any_of(desk: _Desk, wanted: Iterable[str]) -> list[str]:
    """Every book that one of the contestants has written about."""
    names = [name for name in wanted if name != ORIGINAL]
    return list(dict.fromkeys(book for name in names for book in desk.texts[name]))


def _against(desk: _Desk, wanted: Sequence[str], book_id: str) -> str:
    """Why a book cannot be voted on; empty where it can."""
    if book_id not in desk.books:
        return "It is not on the shelf of books to describe."
    if f"book.{book_id}" in desk.trained_on:
        return "Texts of it are trained on since: a vote on it would prove nothing."
    missing = [name for name in wanted if book_id not in desk.texts[name]]
    if missing:
        return f"There is no text by {', '.join(missing)}."
    texts = [desk.texts[name][book_id].text for name in wanted]
    if any(are_same(one, other) for at, one in enumerate(texts) for other in texts[:at]):
        return "Two of its texts are the same."
    return ""


def _nothing(left_out: Sequence[LeftOut]) -> BadInput:
    told = "; ".join(f"{one.book_id}: {one.reason}" for one in left_out[:3])
    return BadInput(
        f"There is no book to vote on. {told}".strip(),
        "Have each contestant write the same books first: g on the Preview screen, or "
        "`persona-studio preview READER --book BOOK --pane PANE`.",
    )


def _round(
    db: Store, reader_id: str, desk: _Desk, wanted: Sequence[str], books: Sequence[str], seed: int
) -> Round:
    seats = drawn(books, wanted, seed)
    facts = {book_id: _fiction(desk.books[book_id]) for book_id in books}
    return Round(
        id=secrets.token_hex(4),
        reader_id=reader_id,
        seed=seed,
        made_at=datetime.now(UTC),
        revealed_at=None,
        seats=tuple(
            Seat(
                code,
                seat.book_id,
                desk.books[seat.book_id].title,
                desk.books[seat.book_id].author,
                *facts[seat.book_id],
                seat.left,
                seat.right,
            )
            for code, seat in zip(codes(len(seats), vote_rows.codes(db)), seats, strict=True)
        ),
        texts=tuple(desk.texts[name][book_id] for book_id in books for name in wanted),
        votes=(),
    )


def _fiction(book: Book) -> tuple[str | None, bool | None]:
    """A book's genre for people, and whether it is fiction, as far as anybody says."""
    found = genres_of(book)
    known = {one.id: one.fiction for one in bank_books()}
    name = genres()[found[0]].name if found else None
    if book.id in known:
        return name, known[book.id]
    return name, found[0] not in NON_FICTION if found else None
