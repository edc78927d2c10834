"""Take a catalogue in: its file is copied, and each of its rows noted with the book it is about."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from engine.cards import conditioning_text
from engine.catalogues import file as files
from engine.catalogues.entry import Entry
from engine.catalogues.folders import folder
from engine.catalogues.state import Catalogue, CatalogueLine, CatalogueRow
from engine.domain import Book
from engine.panes import find_pane
from engine.preview import DEFAULT_SAMPLING
from engine.sources.opening import InputFile, Watch, at_hand, unwatched
from engine.store import catalogues as rows
from engine.store import readers as reader_rows
from engine.store.database import Store, change, opened
from models.aside import written_aside
from models.chat import Sampling
from models.errors import BadInput
from models.room import check_disk

AT_ONCE = 1000
"""Rows stored in one go."""
_ID_DIGITS = 10
_COPY_BYTES = 1 << 20


def take_in(
    data_dir: Path,
    path: Path | None,
    reader_id: str,
    pane_id: str,
    columns: Mapping[str, str] | None = None,
    sampling: Sampling | None = None,
    watch: Watch = unwatched,
) -> CatalogueLine:
    """Make a catalogue of a file, in one change; one that is there already is given as it is.

    Its books are stored as `import books` does. A book with an accepted description for this reader
    by this pane's model is not written anew, unless its facts are other ones now.

    Args:
        path: None or `-`: standard input.
        columns: role to column or key, where the names do not tell.
        sampling: None: as it was, and `DEFAULT_SAMPLING` for a new one.
        watch: hears how many bytes of the file have been read, on this thread.

    Raises:
        BadInput: no such reader or pane, no profile, or the file is no catalogue.
    """
    pane = find_pane(data_dir, reader_id, pane_id)
    if pane.provider is None:
        raise BadInput(
            f"The pane {pane_id!r} writes nothing.", "Name one with a model: base, or tuned."
        )
    with opened(data_dir) as db:
        reader = reader_rows.find(db, reader_id)
    if pane.with_card:
        conditioning_text(data_dir, pane.card_of or reader.id)
    with at_hand(path, watch) as file:
        source_format = files.format_of(file)
        named = files.columns(file, source_format, columns or {})
        catalogue = Catalogue(
            _id_of(file, reader.id, pane.id, named),
            reader.id,
            pane.id,
            file.path.name if path and str(path) != "-" else file.name,
            source_format,
            named,
            sampling or DEFAULT_SAMPLING,
            datetime.now(UTC),
        )
        with opened(data_dir) as db:
            if not rows.has_catalogue(db, catalogue.id):
                _copy(file, folder(data_dir, catalogue.id))
                _store(db, catalogue, files.entries(file, source_format, named))
            elif sampling is not None:
                with change(db, "Change a catalogue's sampling"):
                    rows.set_sampling(db, catalogue.id, sampling)
            return rows.line_of(db, rows.find_catalogue(db, catalogue.id))


def _id_of(file: InputFile, reader_id: str, pane_id: str, named: Mapping[str, str]) -> str:
    """Of what the file holds, whatever it is called, and of who writes for whom."""
    with file.path.open("rb") as data:
        content = sha256()
        while block := data.read(_COPY_BYTES):
            content.update(block)
    parts = (content.hexdigest(), reader_id, pane_id, *(f"{k}={v}" for k, v in named.items()))
    return sha256("\0".join(parts).encode()).hexdigest()[:_ID_DIGITS]


def _copy(file: InputFile, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_disk(into, file.path.stat().st_size, "The copy of the catalogue")
    with written_aside(into / "original") as aside:
        aside.touch(mode=0o600)
        shutil.copyfile(file.path, aside)


def _store(db: Store, catalogue: Catalogue, entries: Iterator[Entry]) -> None:
    with change(db, "Take in a catalogue"):
        rows.add_catalogue(db, catalogue)
        finished = rows.accepted_of(db, catalogue.reader_id, catalogue.pane_id)
        first_places: dict[str, int] = {}
        while stretch := list(islice(entries, AT_ONCE)):
            new = [_row(db, entry, first_places, finished) for entry in stretch]
            rows.add_rows(db, catalogue.id, new)
            own = zip(stretch, new, strict=True)
            # Of a book that is there twice the first row counts.
            books = [entry.book for entry, row in own if entry.book and row.same_as is None]
            reader_rows.save_books(db, books)
        if not first_places:
            raise _nothing(catalogue, rows.rows_of(db, catalogue.id, "trouble", 1))


def _row(
    db: Store, entry: Entry, first_places: dict[str, int], finished: Mapping[str, int]
) -> CatalogueRow:
    book = entry.book
    if book is None:
        return CatalogueRow(entry.place, entry.line, "", "trouble", trouble=entry.trouble)
    row = CatalogueRow(entry.place, entry.line, book.title, "to_write", book.id)
    first = first_places.setdefault(book.id, entry.place)
    if first != entry.place:
        return replace(row, state="same", same_as=first)
    known = reader_rows.find_book(db, book.id) if book.id in finished else None
    if known is None or _told(known) != _told(book):
        return row
    return replace(row, state="accepted", description_id=finished[book.id])


def _told(book: Book) -> tuple[str, str, str]:
    """What a model is told of a book."""
    return book.title, book.author, book.description


def _nothing(catalogue: Catalogue, bad: Sequence[CatalogueRow]) -> BadInput:
    if not bad:
        return BadInput(f"{catalogue.name} has no row.", "Give a catalogue of one book or more.")
    where = f"Line {bad[0].line}: " if bad[0].line else ""
    return BadInput(
        f"No book of {catalogue.name} can be described. {where}{bad[0].trouble}",
        "A row needs a title and a description: what is written keeps to its facts.",
    )
