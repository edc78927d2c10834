"""Catalogues and their rows. How far a row is follows from what it has; no column says it twice."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import cast

from sqlite_utils import Database

from engine.catalogues.entry import CatalogueFormat
from engine.catalogues.state import STATES, Catalogue, CatalogueLine, CatalogueRow, RowState
from engine.store.database import Row, packed, put_all, rows
from engine.store.unpack import number, text
from models.chat import Sampling
from models.errors import BadInput

_WITH_STATE = """
select r.*, case
    when r.trouble != '' then 'trouble'
    when r.same_as is not null then 'same'
    when r.skipped then 'skipped'
    when r.description_id is null then 'to_write'
    when d.accepted_at is not null then 'accepted'
    else 'waiting' end as state
from catalogue_row r left join descriptions d on d.id = r.description_id
where r.catalogue_id = ?1
"""
_TO_WRITE = (
    "select place from catalogue_row where catalogue_id = ?1 and description_id is null "
    "and trouble = '' and same_as is null and not skipped "
    "and place not in (select value from json_each(?2)) order by place limit 1"
)


def add_catalogue(db: Database, new: Catalogue) -> None:
    """Store a catalogue, as yet without rows."""
    row = {
        **asdict(new),
        "columns": packed(dict(new.columns)),
        "sampling": packed(asdict(new.sampling)),
        "made_at": new.made_at.isoformat(),
    }
    db.table("catalogue").insert(row)


def add_rows(db: Database, catalogue_id: str, new: Iterable[CatalogueRow]) -> None:
    """Store rows of a catalogue."""
    put_all(
        db,
        "catalogue_row",
        (
            {
                "catalogue_id": catalogue_id,
                "place": row.place,
                "line": row.line,
                "book_id": row.book_id,
                "title": row.title,
                "trouble": row.trouble,
                "same_as": row.same_as,
                "description_id": row.description_id,
                "flags": row.flags,
            }
            for row in new
        ),
    )


def find_catalogue(db: Database, catalogue_id: str) -> Catalogue:
    """One catalogue, by its id or the unique beginning of it.

    Raises:
        BadInput: none or several begin so.
    """
    sql = "select * from catalogue where substr(id, 1, ?1) = ?2"
    found = rows(db, sql, len(catalogue_id), catalogue_id)
    if not catalogue_id or len(found) != 1:
        raise BadInput(
            f"{len(found) or 'No'} catalogues begin with {catalogue_id!r}.",
            "`persona-studio catalogue list` lists them, and c on the Preview screen.",
        )
    return _catalogue(found[0])


def has_catalogue(db: Database, catalogue_id: str) -> bool:
    """Whether there is a catalogue of this very id."""
    return bool(rows(db, "select 1 from catalogue where id = ?", catalogue_id))


def catalogues_of(db: Database, reader_id: str | None = None) -> list[Catalogue]:
    """A reader's catalogues, or all, the newest first."""
    sql = "select * from catalogue where ?1 is null or reader_id = ?1 order by made_at desc, id"
    return [_catalogue(row) for row in rows(db, sql, reader_id)]


def line_of(db: Database, catalogue: Catalogue) -> CatalogueLine:
    """A catalogue with how far it is."""
    found = rows(
        db,
        f"select state, count(*) n, sum(flags > 0) flagged from ({_WITH_STATE}) group by state",
        catalogue.id,
    )
    counts: Counter[RowState] = Counter(dict.fromkeys(STATES, 0))
    counts.update({cast(RowState, row["state"]): int(number(row["n"])) for row in found})
    flagged = next((row["flagged"] for row in found if row["state"] == "waiting"), 0)
    return CatalogueLine(catalogue, counts, int(number(flagged)))


def rows_of(
    db: Database, catalogue_id: str, state: RowState | None, limit: int = -1
) -> list[CatalogueRow]:
    """Rows of a catalogue: the waiting ones with most flags first, all others as in the file.

    Args:
        limit: the most there are to be; -1 for no limit.
    """
    order = "flags desc, place" if state == "waiting" else "place"
    found = rows(
        db,
        f"select * from ({_WITH_STATE}) where ?2 is null or state = ?2 order by {order} limit ?3",
        catalogue_id,
        state,
        limit,
    )
    return list(map(_row, found))


def find_row(db: Database, catalogue_id: str, place: int) -> CatalogueRow:
    """One row.

    Raises:
        BadInput: the catalogue has none in this place.
    """
    found = rows(db, f"{_WITH_STATE} and r.place = ?2", catalogue_id, place)
    if not found:
        raise BadInput(
            f"The catalogue {catalogue_id} has no row {place + 1}.",
            f"`persona-studio catalogue review {catalogue_id}` lists those that wait.",
        )
    return _row(found[0])


def next_to_write(db: Database, catalogue_id: str, but: Sequence[int] = ()) -> int | None:
    """The place of the first row without a description; None where all have one.

    Args:
        but: places that are passed over.
    """
    found = rows(db, _TO_WRITE, catalogue_id, packed(list(but)))
    return int(number(found[0]["place"])) if found else None


def give_description(
    db: Database, catalogue_id: str, place: int, description_id: int, flags: int
) -> None:
    """Note which description a row has now; one that was left as it was takes part again."""
    db.execute(
        "update catalogue_row set description_id = ?, flags = ?, skipped = 0 "
        "where catalogue_id = ? and place = ?",
        [description_id, flags, catalogue_id, place],
    )


def set_flags(db: Database, description_id: int, flags: int) -> None:
    """Note what the checks found in a description since it was edited."""
    db.execute(
        "update catalogue_row set flags = ? where description_id = ?", [flags, description_id]
    )


def set_skipped(db: Database, catalogue_id: str, places: Iterable[int], skipped: bool) -> None:
    """Let rows keep their original, or take part again."""
    db.execute(
        "update catalogue_row set skipped = ? where catalogue_id = ? "
        "and place in (select value from json_each(?))",
        [int(skipped), catalogue_id, packed(list(places))],
    )


def texts_of(db: Database, catalogue_id: str, everything: bool) -> Iterator[tuple[int, str]]:
    """What goes out, by place; a book that is there several times goes out with one text.

    Args:
        everything: also what nobody has accepted.
    """
    found = db.execute(
        "select r.place, coalesce(d.edited_text, d.text) as words from catalogue_row r "
        "join catalogue_row own on own.catalogue_id = r.catalogue_id "
        "and own.place = coalesce(r.same_as, r.place) "
        "join descriptions d on d.id = own.description_id "
        "where r.catalogue_id = ? and not own.skipped and r.trouble = '' "
        "and (? or d.accepted_at is not null)",
        [catalogue_id, int(everything)],
    )
    for place, words in found:
        yield int(place), text(words)


def accepted_of(db: Database, reader_id: str, pane_id: str) -> dict[str, int]:
    """Of each book the id of the newest description that was accepted."""
    found = rows(
        db,
        "select book_id, max(id) id from descriptions "
        "where reader_id = ? and pane_id = ? and accepted_at is not null group by book_id",
        reader_id,
        pane_id,
    )
    return {text(row["book_id"]): int(number(row["id"])) for row in found}


def set_sampling(db: Database, catalogue_id: str, sampling: Sampling) -> None:
    """Note how the texts to come are to be drawn."""
    told = packed(asdict(sampling))
    db.execute("update catalogue set sampling = ? where id = ?", [told, catalogue_id])


def remove_catalogue(db: Database, catalogue_id: str) -> None:
    """Delete a catalogue with its rows; its books and descriptions stay."""
    db.execute("delete from catalogue where id = ?", [catalogue_id])


@contextmanager
def beside_the_journal(db: Database) -> Iterator[None]:
    """One transaction that is none of the editor's changes: a model's work of hours would stand
    between them and what they want to undo."""
    db.execute("begin immediate")
    try:
        yield
        db.execute("commit")
    except BaseException:
        db.rollback()
        raise


def _catalogue(row: Row) -> Catalogue:
    return Catalogue(
        id=text(row["id"]),
        reader_id=text(row["reader_id"]),
        pane_id=text(row["pane_id"]),
        name=text(row["name"]),
        format=cast(CatalogueFormat, text(row["format"])),
        columns=json.loads(text(row["columns"])),
        sampling=Sampling(**json.loads(text(row["sampling"]))),
        made_at=datetime.fromisoformat(text(row["made_at"])),
    )


def _row(row: Row) -> CatalogueRow:
    same_as, description_id = (
        None if row[name] is None else int(number(row[name]))
        for name in ("same_as", "description_id")
    )
    return CatalogueRow(
        place=int(number(row["place"])),
        line=int(number(row["line"])),
        title=text(row["title"]),
        state=cast(RowState, text(row["state"])),
        book_id=None if row["book_id"] is None else text(row["book_id"]),
        trouble=text(row["trouble"]),
        same_as=same_as,
        description_id=description_id,
        flags=int(number(row["flags"])),
    )
