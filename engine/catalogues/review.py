"""What an editor does with the descriptions of a catalogue: read, accept, edit, leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.catalogues import file as files
from engine.catalogues.folders import folder
from engine.catalogues.state import Catalogue, CatalogueLine, CatalogueRow, RowState
from engine.description_checks import Flag
from engine.domain import Book, Description
from engine.past_descriptions import flags_of
from engine.private_file import private_file
from engine.shelf import find_book
from engine.store import catalogues as rows
from engine.store import readers as reader_rows
from engine.store.database import Store, change, opened
from engine.store.descriptions import find_description, save_edit
from models.errors import BadInput


@dataclass(frozen=True)
class Reviewed:
    """A row of a catalogue as an editor reads it."""

    row: CatalogueRow
    book: Book
    """With the publisher's description, which is what the new one was written from."""
    description: Description | None
    """None while there is none."""
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class HandedOut:
    """What a catalogue's file came out as."""

    catalogue: str
    file: str
    new: int
    """Rows with a new description."""
    rows: int


def catalogues(data_dir: Path, reader_id: str | None = None) -> list[CatalogueLine]:
    """A reader's catalogues, or all, the newest first.

    Raises:
        BadInput: there is no such reader.
    """
    with opened(data_dir) as db:
        own = reader_rows.find(db, reader_id).id if reader_id else None
        return [rows.line_of(db, one) for one in rows.catalogues_of(db, own)]


def catalogue_line(data_dir: Path, catalogue_id: str) -> CatalogueLine:
    """A catalogue by the beginning of its id, with how far it is.

    Raises:
        BadInput: none or several begin so.
    """
    with opened(data_dir) as db:
        return rows.line_of(db, rows.find_catalogue(db, catalogue_id))


def queue(
    data_dir: Path, catalogue_id: str, state: RowState = "waiting", limit: int = 100
) -> list[CatalogueRow]:
    """The rows in a state, of the waiting ones those first in which the checks found most.

    Raises:
        BadInput: no such catalogue.
    """
    with opened(data_dir) as db:
        return rows.rows_of(db, rows.find_catalogue(db, catalogue_id).id, state, limit)


def read_row(data_dir: Path, catalogue_id: str, place: int) -> Reviewed:
    """A row with its original, its new text, and what the checks find in that now.

    Raises:
        BadInput: no such row, or nothing can be written for it.
    """
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        row = _own_row(db, catalogue, place)
        description = (
            None if row.description_id is None else find_description(db, row.description_id)
        )
    if row.book_id is None:
        raise BadInput(f"Row {place + 1} cannot be described. {row.trouble}")
    flags = flags_of(data_dir, description) if description else ()
    return Reviewed(row, find_book(data_dir, row.book_id), description, flags)


def accept(data_dir: Path, catalogue_id: str, places: Sequence[int], accepted: bool = True) -> int:
    """Let descriptions stand as they are, or wait again; the number that were changed.

    Raises:
        BadInput: no such row, or one without a description.
    """
    now = datetime.now(UTC)
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        found = [_described(db, catalogue, place) for place in places]
        new = {one.id: one for one in found if (one.accepted_at is not None) != accepted}
        verb = "Accept" if accepted else "Take back"
        title = f"{verb} a description" if len(new) == 1 else f"{verb} {len(new)} descriptions"
        with change(db, title):
            for one in new.values():
                save_edit(db, replace(one, accepted_at=now if accepted else None))
            own = [_own_row(db, catalogue, place).place for place in places]
            rows.set_skipped(db, catalogue.id, own, False)
    return len(new)


def accept_unflagged(data_dir: Path, catalogue_id: str) -> int:
    """Accept all that waits and in which the checks found nothing; their number.

    Raises:
        BadInput: no such catalogue.
    """
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        waiting = rows.rows_of(db, catalogue.id, "waiting")
    plain = [row.place for row in waiting if not row.flags]
    return accept(data_dir, catalogue.id, plain) if plain else 0


def edit(
    data_dir: Path, catalogue_id: str, place: int, text: str, began: int | None = None
) -> None:
    """Put the editor's words in the place of a row's text, and accept them.

    Args:
        began: the id of the description that was being edited; None: whichever there is.

    Raises:
        BadInput: no such row, one without a description or with another by now, or no words.
    """
    if not text.strip():
        raise BadInput("A description cannot be empty.", "Leave the row instead: skip.")
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        found = _described(db, catalogue, place)
        own = _own_row(db, catalogue, place)
    if began is not None and found.id != began:
        raise BadInput(
            f"Row {place + 1} was written again meanwhile.", "Read the new text, and edit that."
        )
    words = None if text == found.text else text
    edited = replace(found, edited_text=words, accepted_at=datetime.now(UTC))
    flags = len(flags_of(data_dir, edited))
    with opened(data_dir) as db, change(db, "Edit a description"):
        save_edit(db, edited)
        rows.set_flags(db, edited.id, flags)
        rows.set_skipped(db, catalogue.id, [own.place], False)


def skip(data_dir: Path, catalogue_id: str, places: Sequence[int], skipped: bool = True) -> None:
    """Let rows keep their original description, or take part again.

    Raises:
        BadInput: no such row.
    """
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        own = [_own_row(db, catalogue, place).place for place in places]
        with change(db, "Skip a book" if skipped else "Take a book up again"):
            rows.set_skipped(db, catalogue.id, own, skipped)


def hand_out(
    data_dir: Path, catalogue_id: str, path: Path, everything: bool = False, replaces: bool = False
) -> HandedOut:
    """Write the catalogue's file again with the accepted descriptions, and nothing else changed.

    Args:
        everything: with what nobody has accepted too; a skipped book keeps its original.
        replaces: whether there may be a file already.

    Raises:
        BadInput: no such catalogue, or the place cannot be written.
    """
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        texts = dict(rows.texts_of(db, catalogue.id, everything))
        number = rows.line_of(db, catalogue).rows
    source = files.kept_file(folder(data_dir, catalogue.id), catalogue.name)
    with private_file(path, replaces) as target:
        files.write(source, catalogue.format, catalogue.columns, texts, target)
    return HandedOut(catalogue.id, str(path), len(texts), number)


def take_out(data_dir: Path, catalogue_id: str) -> Catalogue:
    """Take a catalogue out; its books and descriptions stay, and undo brings it back.

    Raises:
        BadInput: no such catalogue.
    """
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        with change(db, "Take a catalogue out"):
            rows.remove_catalogue(db, catalogue.id)
    return catalogue


def _own_row(db: Store, catalogue: Catalogue, place: int) -> CatalogueRow:
    """The row itself, or the earlier one with the same book."""
    row = rows.find_row(db, catalogue.id, place)
    return row if row.same_as is None else rows.find_row(db, catalogue.id, row.same_as)


def _described(db: Store, catalogue: Catalogue, place: int) -> Description:
    row = _own_row(db, catalogue, place)
    if row.description_id is None:
        raise BadInput(
            f"Row {place + 1} has no description yet.",
            row.trouble
            or f"`persona-studio catalogue write {catalogue.id}` writes what is missing.",
        )
    return find_description(db, row.description_id)
