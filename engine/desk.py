"""What a front end can ask for: one function per thing a person does. Both call only this.

Each opens the store of a data directory for itself and may be called from any thread. Long work
comes back as a generator of events; what has to outlive the front end is a run (`engine.jobs`).
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Literal

from engine import imports, shelf
from engine.bank_extend.decisions import accepted
from engine.catalogues.folders import prune
from engine.domain import (
    Book,
    PreferencePair,
    Profile,
    Review,
    Run,
)
from engine.frameworks import Dimension, all_dimensions, all_statements, dimensions, genres
from engine.near_book import forget_near
from engine.pairs.build import PairsReport, pairs_for
from engine.pairs.build import report as pairs_report
from engine.pairs.choice import PairChoice
from engine.pairs.meanwhile import ensure_differ, ensure_still
from engine.profile.build import build_by_chat, build_by_run
from engine.runs import forget_runs
from engine.sources.records import storable
from engine.store import datasets as dataset_rows
from engine.store import journal
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.store.journal import Change, Way
from engine.store.journal_reach import Reach
from engine.store.journal_reach import reach as reach_of
from engine.store.readers import ReaderSummary
from models.errors import BadInput
from models.events import Event

TraitLevel = Literal["dimension", "facet", "statement", "fact", "genre"]
FACTS = {
    "demographics.age": "Age",
    "demographics.gender": "Gender",
    "demographics.location": "Place",
    "demographics.occupation": "Work",
    "demographics.family": "Family",
    "demographics.education": "Education",
    "demographics.language": "Languages",
}


review_formats = imports.review_formats
book_formats = imports.book_formats
preference_formats = imports.preference_formats
look_at_reviews = imports.look_at_reviews
survey_reviews = imports.survey_reviews
import_reviews = imports.import_reviews
import_example = imports.import_example
import_books = imports.import_books
import_preferences = imports.import_preferences
books = shelf.books


def readers(data_dir: Path) -> list[ReaderSummary]:
    """Every reader, those with most reviews first."""
    with opened(data_dir) as db:
        return reader_rows.summaries(db)


def reader_id_of(data_dir: Path, name_or_id: str) -> str:
    """The id of a reader given by id or exact name.

    Raises:
        BadInput: there is none, or the name belongs to several.
    """
    with opened(data_dir) as db:
        return reader_rows.find(db, name_or_id).id


def datasets(data_dir: Path) -> dict[str, int]:
    """The number of pairs in each imported preference dataset."""
    with opened(data_dir) as db:
        return dataset_rows.sizes(db)


def reviews(data_dir: Path, reader_id: str) -> list[tuple[Review, Book]]:
    """The reviews of one reader with their books, oldest first."""
    with opened(data_dir) as db:
        books_by_id = reader_rows.books_of(db, reader_id)
        return [
            (review, books_by_id[review.book_id])
            for review in reader_rows.reviews_of(db, reader_id)
        ]


def profile(data_dir: Path, reader_id: str) -> Profile | None:
    """The profile with the editor's overrides; None before it is built."""
    with opened(data_dir) as db:
        return profile_rows.find(db, reader_id)


def built_profile(data_dir: Path, reader_id: str) -> Profile:
    """The profile of a reader.

    Raises:
        BadInput: there is no such reader, or no profile yet.
    """
    with opened(data_dir) as db:
        return profile_rows.built(db, reader_rows.find(db, reader_id).id)


def sensitive_allowed(data_dir: Path, reader_id: str) -> bool:
    """Whether the editor has switched sensitive items on for this reader."""
    with opened(data_dir) as db:
        return reader_rows.is_sensitive_allowed(db, reader_id)


def build_pairs(data_dir: Path, reader_id: str, choice: PairChoice | None = None) -> PairsReport:
    """Build all pairs of a reader from the profile; what the editor touched stays as it is.

    Scenes and questions that the editor accepted into the bank take part.

    Raises:
        BadInput: no profile, or nothing known well enough.
    """
    added, choice = accepted(data_dir), choice or PairChoice()
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_id)
        built = pairs_for(profile, choice, added)
        with change(db, "Build pairs"):
            made = pair_rows.replace_built(db, reader_id, built)
            pair_rows.save_choice(db, reader_id, choice)
        return pairs_report(profile, pair_rows.of_reader(db, reader_id), made)


def pair_choice(data_dir: Path, reader_id: str) -> PairChoice:
    """What the pairs of a reader were built of; the usual before there are any."""
    with opened(data_dir) as db:
        return pair_rows.choice_of(db, reader_id)


def pairs(data_dir: Path, reader_id: str) -> list[PreferencePair]:
    """All pairs of a reader, dropped ones included."""
    with opened(data_dir) as db:
        return pair_rows.of_reader(db, reader_id)


def edit_pair(
    data_dir: Path,
    pair_id: str,
    *,
    prompt: str | None = None,
    chosen: str | None = None,
    rejected: str | None = None,
    began: Mapping[str, str] | None = None,
) -> PreferencePair:
    """Change the texts of a pair.

    Args:
        began: the texts by name that the editor had before them; None overwrites any.

    Raises:
        BadInput: no such pair, a text would be empty, or both answers the same.
        ChangedMeanwhile: the texts are not those that the edit began from; nothing was changed.
    """
    for name, text in (("prompt", prompt), ("chosen", chosen), ("rejected", rejected)):
        if text is not None and not text.strip():
            raise BadInput(f"The {name} text of a pair cannot be empty.", "Drop the pair instead.")
    with opened(data_dir) as db, change(db, "Edit a pair"):
        pair = pair_rows.find(db, pair_id)
        ensure_still(pair, began or {})
        edited = replace(
            pair,
            prompt=pair.prompt if prompt is None else storable(prompt),
            chosen=pair.chosen if chosen is None else storable(chosen),
            rejected=pair.rejected if rejected is None else storable(rejected),
            edited=True,
        )
        ensure_differ(edited)
        pair_rows.update(db, edited)
    return edited


async def build_profile(
    data_dir: Path, reader_id: str, provider: str = "embedded", fresh: bool = False
) -> AsyncGenerator[Event, None]:
    """Read a reader's reviews into a profile; closing the iterator stops the work.

    `Finished.result` is the profile as the command line's contract has it. A profile whose reviews
    and provider did not change is not built again, and a `Note` says so.

    Args:
        fresh: ask a chat model everything again, what is kept of its answers aside.

    Raises:
        BadInput: no such reader, or a provider that cannot be used.
    """
    own_id = await asyncio.to_thread(reader_id_of, data_dir, reader_id)
    events = build_by_run(data_dir, own_id)
    if provider != "embedded":
        events = build_by_chat(data_dir, own_id, provider, fresh)
    async with aclosing(events):
        async for event in events:
            yield event


def forget(data_dir: Path, reader_id: str) -> list[Run]:
    """Delete a reader with all that was derived, for good: undo does not bring a person back.

    Returns:
        The training and export runs whose pairs, profile card or model still carry the reader.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        reader_rows.forget(db, reader_rows.find(db, reader_id).id)
    forget_near(data_dir, reader_id)
    prune(data_dir)
    return forget_runs(data_dir, reader_id)


def undo(data_dir: Path, only: int | None = None) -> Change | None:
    """Take back the last change, whatever it was; None when there is none.

    Args:
        only: the id of the change that it is to be, as of `next_move`.

    Raises:
        BadInput: it would be another one.
    """
    with opened(data_dir) as db:
        return journal.undo(db, only)


def redo(data_dir: Path, only: int | None = None) -> Change | None:
    """Make the undone change again; None when there is none. Else as `undo`."""
    with opened(data_dir) as db:
        return journal.redo(db, only)


def next_move(data_dir: Path, way: Way) -> Change | None:
    """The change that `undo` or `redo` would move; None when there is none."""
    with opened(data_dir) as db:
        return journal.next_move(db, way)


def reach(data_dir: Path, change_id: int) -> Reach:
    """The readers and pairs that a change touched."""
    with opened(data_dir) as db:
        return reach_of(db, change_id)


def newest_change(data_dir: Path) -> int:
    """The id of the newest change that stands: another one after every change, undo and redo."""
    with opened(data_dir) as db:
        return journal.newest_standing(db)


def trait_names() -> dict[str, str]:
    """Trait id to a name for people; a statement's name is its sentence."""
    return (
        FACTS
        | {f"interests.{genre.id}": genre.name for genre in genres().values()}
        | {scale.id: scale.name for scale in _scales().values()}
        | {statement.id: statement.text for statement in all_statements().values()}
    )


def _scales() -> dict[str, Dimension]:
    return all_dimensions() | {scale.id: scale for scale in dimensions("aversions")}


def trait_levels() -> dict[str, TraitLevel]:
    """Trait id to what kind of line it is."""
    levels: dict[str, TraitLevel] = dict.fromkeys(FACTS, "fact")
    levels.update(dict.fromkeys((f"interests.{genre}" for genre in genres()), "genre"))
    for scale in _scales().values():
        levels[scale.id] = "facet" if scale.parent else "dimension"
    levels.update(dict.fromkeys(all_statements(), "statement"))
    return levels


def poles(trait_id: str) -> tuple[str, str]:
    """What -1 and 1 mean for a trait, in words."""
    if statement := all_statements().get(trait_id):
        return statement.opposite, statement.text
    if scale := _scales().get(trait_id):
        return scale.low, scale.high
    if trait_id.startswith("interests."):
        return "turns away from it", "seeks it out"
    return "not stated", "stated"
