"""The editor's sheet: one book for one reader, with all that a colleague would ask about it.

The original and the chosen text, the traits it was written for with the reviewer's own words, what
a blind vote said, and by which model, prompt and data it was made. Gathered here, laid out
elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine import cards, desk, shelf
from engine.domain import Book, Description, Evidence, Profile, Trait
from engine.meter_votes import agreement
from engine.runs import run_dir
from engine.store import descriptions as description_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import votes as vote_rows
from engine.store.database import opened
from engine.votes.ballot import ORIGINAL, Round
from engine.votes.counting import Interest
from engine.votes.verdict import PairVerdict, verdict_of
from models.errors import BadInput

MOST_TRAITS = 8
MOST_QUOTES = 2
"""Of each trait; the sheet is one page."""


@dataclass(frozen=True)
class Quoted:
    """The reviewer's own words for a trait."""

    quote: str
    book: str
    """The title of the book that was reviewed."""


@dataclass(frozen=True)
class Reason:
    """A trait that the text was written for."""

    trait_id: str
    name: str
    meaning: str
    """The pole on which the reader stands, in words."""
    score: float
    """-1 to 1."""
    confidence: float
    """0 to 1."""
    quotes: tuple[Quoted, ...]
    against: int
    """Quotes that speak for the other pole; they are counted, not shown."""
    note: str
    """Where the score is from another source than quotes: which."""


@dataclass(frozen=True)
class BlindResult:
    """What people said of this book in one round, and in the whole of it."""

    round_id: str
    made_at: str
    voters: int
    here: tuple[PairVerdict, ...]
    """Of the ballots on this book alone."""
    overall: tuple[PairVerdict, ...]
    interest: Mapping[str, Interest]
    """By contestant, over all books of the round."""


@dataclass(frozen=True)
class EditorSheet:
    """All that stands on the page."""

    reader_id: str
    reader: str
    book: Book
    chosen: str
    chosen_because: str
    was_edited: bool
    original: str
    reasons: tuple[Reason, ...]
    said: tuple[str, ...]
    """What the model was told that the reader would say on the book."""
    blind: tuple[BlindResult, ...]
    meter: str
    """How far the meter of values agrees with people's votes, in a sentence."""
    made_by: tuple[tuple[str, str], ...]
    """Names and hashes: of the model, the prompt, the card, the reviews, the training data."""


def editor_sheet(data_dir: Path, reader_id: str, book_id: str) -> EditorSheet:
    """Gather the sheet of a book for a reader.

    Raises:
        BadInput: no such reader or book, no profile, nothing written, or a blind round with the
            book is still open, whose voters the sheet would tell who wrote what.
    """
    book = shelf.find_book(data_dir, book_id)
    with opened(data_dir) as db:
        reader = reader_rows.find(db, reader_id)
        profile = profile_rows.built(db, reader.id)
        written = description_rows.descriptions_of(db, reader.id, book.id)
        rounds = [one for one in vote_rows.rounds_of(db, reader.id) if book.id in one.books]
        reviews = reader_rows.reviews_of(db, reader.id)
        reviewed = reader_rows.books_of(db, reader.id)
    _refuse_open(rounds)
    one, because = _chosen(written, rounds, book)
    titles = {review.id: reviewed[review.book_id].title for review in reviews}
    shown = cards.card(data_dir, reader.id)
    made_by = [
        *_makers(data_dir, one),
        ("profile card (sha256)", _hash(shown.text)),
        ("reviews (sha256 of their ids)", _hash("\n".join(sorted(titles)))),
    ]
    return EditorSheet(
        reader_id=reader.id,
        reader=reader.name,
        book=book,
        chosen=one.edited_text or one.text,
        chosen_because=because,
        was_edited=one.edited_text is not None and one.edited_text != one.text,
        original=book.description,
        reasons=_reasons(profile, shown.card.included, titles),
        said=one.near,
        blind=tuple(_blind(whole, book.id) for whole in rounds),
        meter=f"The meter of values is an instrument, not a judge. {agreement(data_dir).told()}",
        made_by=tuple(made_by),
    )


def _refuse_open(rounds: Sequence[Round]) -> None:
    for whole in rounds:
        if whole.revealed_at is None:
            raise BadInput(
                f"The round {whole.id} with this book is still blind: the sheet would tell who "
                "wrote what.",
                "Show its sides first: x on the Vote screen, or `vote reveal`.",
            )


def _chosen(
    written: Sequence[Description], rounds: Sequence[Round], book: Book
) -> tuple[Description, str]:
    """The text of the book, and why this one: accepted, voted for, or simply the newest."""
    accepted = [one for one in written if one.accepted_at]
    if accepted:
        return max(accepted, key=lambda one: str(one.accepted_at)), "accepted by the editor"
    by_id = {one.id: one for one in written}
    for whole in rounds:
        preferred = (book.id, _favourite(whole, book.id))
        of_it = (text for text in whole.texts if (text.book_id, text.contestant.id) == preferred)
        for text in of_it:
            if found := by_id.get(text.description_id or 0):
                return found, f"preferred in the blind round {whole.id}"
    tuned = [one for one in written if one.run_id and one.card_of is None]
    if found := next(iter([*tuned, *written]), None):
        return found, "the newest text; nobody has accepted one or voted on it"
    raise BadInput(
        f"Nothing was written about {book.title!r} for this reader.",
        "g on the Preview screen, or `persona-studio preview READER --book BOOK`, writes.",
    )


def _favourite(whole: Round, book_id: str) -> str | None:
    """The contestant that most votes on the book were for; None where two have as many."""
    seats = {seat.code: seat for seat in whole.seats if seat.book_id == book_id}
    for_whom = [seats[vote.code].winner(vote.choice) for vote in whole.votes if vote.code in seats]
    votes = {name: for_whom.count(name) for name in for_whom if name and name != ORIGINAL}
    best = [name for name, count in votes.items() if count == max(votes.values())]
    return best[0] if len(best) == 1 else None


def _reasons(profile: Profile, told: Sequence[str], titles: dict[str, str]) -> tuple[Reason, ...]:
    """The weightiest traits of those that the card tells."""
    traits = [trait for name in told if (trait := profile.trait(name)) and trait.is_known]
    traits.sort(key=lambda trait: -abs(trait.effective_score) * trait.effective_confidence)
    names = desk.trait_names()
    return tuple(_reason(trait, names, titles) for trait in traits[:MOST_TRAITS])


def _reason(trait: Trait, names: dict[str, str], titles: dict[str, str]) -> Reason:
    side = 1 if trait.effective_score >= 0 else -1
    low, high = desk.poles(trait.id)
    of_side = [one for one in trait.evidence if one.stance * side > 0]
    of_side.sort(key=lambda one: -abs(one.stance))
    return Reason(
        trait.id,
        names.get(trait.id, trait.id),
        trait.effective_value or (high if side > 0 else low),
        trait.effective_score,
        trait.effective_confidence,
        tuple(_quoted(one, titles) for one in of_side[:MOST_QUOTES]),
        len(trait.evidence) - len(of_side),
        _source(trait),
    )


def _quoted(one: Evidence, titles: dict[str, str]) -> Quoted:
    return Quoted(one.quote, titles.get(one.review_id, ""))


def _source(trait: Trait) -> str:
    if trait.override:
        reason = f": {trait.override.reason}" if trait.override.reason else ""
        return f"the editor's own word{reason}"
    if trait.readings and trait.effective_score != trait.score:
        return f"from a {trait.readings[0].source}"
    if trait.books:
        return f"from {len(trait.books)} reviewed books of the genre"
    return ""


def _blind(whole: Round, book_id: str) -> BlindResult:
    seats = {seat.code for seat in whole.seats if seat.book_id == book_id}
    here = [vote for vote in whole.votes if vote.code in seats]
    return BlindResult(
        whole.id,
        whole.made_at.date().isoformat(),
        len({vote.voter for vote in here}),
        verdict_of(whole, here).pairs,
        (of_all := verdict_of(whole)).pairs,
        of_all.interest,
    )


def _makers(data_dir: Path, one: Description) -> list[tuple[str, str]]:
    found = [
        ("model", one.model_name),
        ("model (sha256)", one.model_sha256 or "not told by the server"),
        ("prompt (sha256)", one.prompt_sha256),
        ("drawn with", json.dumps({k: v for k, v in vars(one.sampling).items() if v is not None})),
        ("written", one.made_at.date().isoformat()),
        ("profile card given", "yes" if one.with_card else "no"),
    ]
    if one.run_id is None:
        return found
    found.append(("export", one.run_id))
    job = run_dir(data_dir, one.run_id).job
    if not job.exists():
        return found
    train_id = str(json.loads(job.read_text()).get("train_run_id", ""))
    trained = run_dir(data_dir, train_id).job
    found.append(("training", train_id))
    if train_id and trained.exists():
        print_ = json.loads(trained.read_text()).get("fingerprint", "not kept")
        found.append(("training settings, pairs and cards (hash)", str(print_)))
    return found


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
