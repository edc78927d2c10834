"""Profiles as files: what `profile export` writes, held against the reader when it is read back.

A file comes from anywhere. Its fields are held against the published schema (`profile/document.py`)
and every quote and book against the reader's reviews; nothing is stored unless all of it holds. A
load is one change that can be undone.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Override, Profile, Review, Trait
from engine.frameworks import genres
from engine.profile.document import (
    SEE_SCHEMA,
    ProfileDocument,
    name_of,
    read,
    sensitive_note,
    written,
)
from engine.store import findings as finding_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.store.loading import replace_profile
from engine.text_file import read_text
from models.errors import BadInput

_SAME_REVIEWS = "Load it for the reader it was made from, with the same reviews."


@dataclass(frozen=True)
class LoadedProfile:
    """A profile as it is stored now, and what the editor should know of its loading."""

    profile: Profile
    notes: tuple[str, ...]


def exported(data_dir: Path, reader_id: str, with_findings: bool = True) -> dict[str, object]:
    """A reader's profile as the published schema has it, every number as it is stored.

    Args:
        with_findings: also the quotes behind the scores and the guessed genres, so that what a
            single review carries can still be seen after loading.

    Raises:
        BadInput: no such reader, or no profile yet.
    """
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_rows.find(db, reader_id).id)
        if not with_findings:
            return written(ProfileDocument(profile))
        findings = tuple(finding_rows.of_reader(db, profile.reader_id))
        return written(
            ProfileDocument(profile, findings, finding_rows.guesses_of(db, profile.reader_id))
        )


def load_profile(data_dir: Path, reader_id: str, path: Path) -> LoadedProfile:
    """Store the profile of a file for a reader who is there, in the place of their own.

    For a reader without reviews the quotes are left behind, and what they told becomes the
    editor's own word, with the file's name as the reason.

    Raises:
        BadInput: no such reader or file, a field that the schema does not allow, or a quote or a
            book that is not in the reader's reviews; nothing was stored.
    """
    text = read_text(path)
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        before = reader_rows.is_sensitive_allowed(db, own_id)
        told = read(text, str(path), own_id, before)
        _refuse_contradictions(told)
        notes = [sensitive_note(told.profile)] if told.profile.sensitive != before else []
        if reviews := {review.id: review for review in reader_rows.reviews_of(db, own_id)}:
            _refuse_foreign(told, reviews)
        else:
            profile, left_behind = _without_reviews(told.profile, path.name)
            told = ProfileDocument(profile)
            notes += left_behind
        with change(db, "Load a profile"):
            replace_profile(db, told.profile, told.findings, told.genres or {})
        return LoadedProfile(profile_rows.built(db, own_id), tuple(notes))


def _refuse_contradictions(told: ProfileDocument) -> None:
    """Hold a document against itself, beyond what its single fields may hold."""
    _refuse_repeats((trait.id for trait in told.profile.traits), "The trait")
    for trait in told.profile.traits:
        name = name_of(trait.id)
        if not trait.id.startswith(f"{trait.framework}."):
            raise BadInput(f"{name}: `framework` is {trait.framework!r}.", SEE_SCHEMA)
        if trait.status != "known" and trait.score:
            raise BadInput(f"{name} is {trait.status}, yet scored.", "Make the score 0, or known.")
        rests_on_books = trait.framework == "interests" and trait.books
        if trait.status == "known" and not trait.evidence and not rests_on_books:
            raise BadInput(
                f"{name} is known, but quotes no review.", "Make it unknown, or quote one."
            )
        if trait.interval and trait.interval[0] > trait.interval[1]:
            raise BadInput(f"{name}: `interval` ends before it begins.", SEE_SCHEMA)
        _refuse_repeats((reading.source for reading in trait.readings), f"{name}: the reading")
    _refuse_repeats(
        (f"{guess.trait_id} by {guess.model}" for guess in told.profile.suggestions),
        "The suggestion",
    )
    for book_id, genre in (told.genres or {}).items():
        if genre not in genres():
            raise BadInput(f"The book {book_id[:80]!r} is of no genre {genre[:80]!r} here.")


def _refuse_repeats(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadInput(f"{what} {name[:80]!r} is there twice.", "Keep one of them.")
        seen.add(name)


def _refuse_foreign(told: ProfileDocument, reviews: Mapping[str, Review]) -> None:
    """Hold a document against the reader's reviews."""
    read_books = {review.book_id for review in reviews.values()}
    for trait in told.profile.traits:
        name = name_of(trait.id)
        for span in trait.evidence:
            _refuse_misquote(name, reviews.get(span.review_id), span.start, span.end, span.quote)
        _refuse_unread(name, trait.books, read_books)
    for found in told.findings:
        name, place = f"A finding for {found.trait_id[:80]!r}", found.span
        _refuse_misquote(name, reviews.get(found.review_id), place.start, place.end, place.quote)
    _refuse_unread("The guessed genres", told.genres or {}, read_books)


def _refuse_misquote(name: str, review: Review | None, start: int, end: int, quote: str) -> None:
    if review is None or review.text[start:end] != quote:
        raise BadInput(
            f"{name} quotes {quote[:60]!r}, which is not at that place in a review of this reader.",
            _SAME_REVIEWS,
        )


def _refuse_unread(name: str, books: Iterable[str], read_books: Set[str]) -> None:
    for book_id in books:
        if book_id not in read_books:
            raise BadInput(
                f"{name}: this reader has not reviewed the book {book_id[:80]!r}.", _SAME_REVIEWS
            )


def _without_reviews(profile: Profile, file_name: str) -> tuple[Profile, list[str]]:
    """A profile for a reader whose reviews are not here, and what was done to it."""
    now = datetime.now(UTC)
    traits = tuple(_in_the_editors_word(trait, file_name, now) for trait in profile.traits)
    quotes = sum(len(trait.evidence) for trait in profile.traits)
    turned = sum(
        new.override is not old.override for new, old in zip(traits, profile.traits, strict=True)
    )
    notes = []
    if quotes:
        noun = "quote was" if quotes == 1 else "quotes were"
        notes.append(f"{quotes} {noun} left behind: this reader has no reviews.")
    if turned:
        noun = "known trait is" if turned == 1 else "known traits are"
        notes.append(f"{turned} {noun} now your own word, for the reason: Loaded from {file_name}.")
    return replace(profile, traits=traits), notes


def _in_the_editors_word(trait: Trait, file_name: str, now: datetime) -> Trait:
    """What the reviews told as the editor's word, unless another source already stands above it."""
    bare = replace(trait, evidence=(), share=None, interval=None, books=())
    if trait.status != "known":
        return bare
    bare = replace(
        bare, status="unknown", score=0.0, confidence=0.0, value=None, note="No reviews."
    )
    if trait.override and trait.override.kind == "accepted":
        # What was agreed with goes with the quotes; the agreement keeps its value.
        value = trait.override.value or trait.value
        return replace(bare, override=replace(trait.override, value=value))
    outranked = any(reading.source == "questionnaire" for reading in trait.readings)
    if trait.override or outranked:
        return bare
    reason = f"Loaded from {file_name}"
    return replace(bare, override=Override(trait.score, reason, now, "set", trait.value))
